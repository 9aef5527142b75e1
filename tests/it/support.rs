//! Shared helpers of the tests: newsletters, servers, rendering.

pub mod any_bytes;
pub mod fake_mailchimp;
pub mod given_clock;
pub mod mail_rules;
pub mod newsletter;
pub mod postfix;
pub mod rendering;
pub mod serving;
pub mod small_disk;
pub mod smtp_server;
pub mod visible_words;
