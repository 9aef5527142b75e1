//! Providers: mailing-list services that take a whole campaign at once.
//!
//! In: the trait [`delivery::provider::Provider`](crate::delivery::provider::Provider).
//! Out: HTTP calls, and the answers in the types of the core. Absent on purpose:
//! the order of the calls, which [`delivery::push`](crate::delivery::push)
//! decides, and SMTP, which is a [`transport`](crate::transport).

pub mod mailchimp;
