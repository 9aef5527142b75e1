//! The words that every room shares: addresses, header text, identifiers,
//! subscribers, and the two things the core is handed instead of fetching
//! them, the time and randomness.
//!
//! Nothing here reads a file, a clock or the environment. Every type is
//! parsed once, at the border, and cannot be wrong afterwards.

mod address;
mod direction;
mod foreign_text;
mod header_text;
mod ids;
mod language;
mod mail_server;
mod nearest;
mod number;
mod route;
mod subscriber;
mod world;

pub use address::{AddressError, EmailAddress, Mailbox};
pub use direction::Direction;
pub use foreign_text::{safe_text, without_local_part};
pub use header_text::{HeaderText, HeaderTextError, ends_line, turns_text};
pub use ids::{CampaignKey, Digest, Slug, SlugError};
pub(crate) use language::readable_tags;
pub use language::{LanguageTag, LanguageTagError};
pub use mail_server::{Host, HostError, MailServer, MailServerError, SmtpSecurity};
pub(crate) use nearest::{misspelled, nearest};
pub use number::grouped;
pub use route::RouteKind;
pub use subscriber::{Subscriber, SubscriberId, SubscriptionStatus, SuppressionReason};
pub use world::{Clock, Random, Timestamp};
