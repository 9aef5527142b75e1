//! What Postrider promises, a file for each feature.

mod mailchimp;
mod support;
