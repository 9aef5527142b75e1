//! Providers: mailing-list services that take a whole campaign at once.
//!
//! In: what [`delivery::provider`](crate::delivery::provider) asks for. Out:
//! HTTP calls, and the provider's answers in the core's words. Absent on
//! purpose: the order of the calls, which is
//! [`delivery::push`](crate::delivery::push)'s, and SMTP, which is a
//! [`transport`](crate::transport)'s.

pub mod mailchimp;
