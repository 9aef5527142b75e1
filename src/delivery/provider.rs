//! A provider takes a whole campaign at once, and mails its own list. Who
//! implements it lives in [`provider`](crate::provider).
//!
//! In: a frozen campaign. Out: what stands at the provider, in words that fit
//! every provider. Only the verbs that [`push`](super::push) calls are here:
//! to schedule, to cancel and to fetch reports come with the commands that
//! need them.

mod error;
mod remote;

use std::fmt;
use std::future::Future;

use crate::campaign::Campaign;
use crate::domain::{CampaignKey, EmailAddress};

pub use error::{Call, Part, PlanError, Problem, ProviderError};
pub use remote::{PreflightItem, PreflightLevel, Remote, RemoteId, RemoteState};

/// A mailing-list provider, set up for one list of one account.
///
/// Every verb is tried as often as it may be tried without doing anything
/// twice; a [`ProviderError`] is what is left after that.
pub trait Provider: Send + Sync {
    /// Its name, as people know it.
    fn name(&self) -> &'static str;

    /// What it cannot do. [`plan`](super::push::plan) refuses a campaign that needs it.
    fn limits(&self) -> &'static [ProviderLimit];

    /// The campaign in the provider's own words, with its merge tags where the
    /// slots are. Nothing is sent anywhere.
    ///
    /// # Errors
    /// The campaign holds something that cannot be said in those words.
    fn translate(&self, campaign: &Campaign) -> Result<Draft, PlanError>;

    /// The campaign that bears exactly this key, in whatever state it is.
    fn find(
        &self,
        key: &CampaignKey,
    ) -> impl Future<Output = Result<Option<Remote>, ProviderError>> + Send;

    /// Creates the draft, or brings the settings of `existing` up to date.
    /// After a creation of which no answer came, it looks before it repeats.
    fn upsert_draft(
        &self,
        draft: &Draft,
        existing: Option<&Remote>,
    ) -> impl Future<Output = Result<Remote, ProviderError>> + Send;

    /// Puts both parts in one call.
    fn put_content(
        &self,
        id: &RemoteId,
        draft: &Draft,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// What stands there now.
    fn read_back(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<ReadBack, ProviderError>> + Send;

    /// The provider's own checklist before a send.
    fn preflight(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<Vec<PreflightItem>, ProviderError>> + Send;

    /// Sends both forms of the draft to these addresses. Never repeated once
    /// it may have been done.
    fn send_test(
        &self,
        id: &RemoteId,
        to: &[EmailAddress],
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Sends the campaign to the whole list, now. Never repeated once it may
    /// have been done: then the error is [`ProviderError::Unclear`].
    fn send(&self, id: &RemoteId) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// In which state the campaign is.
    fn status(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<RemoteState, ProviderError>> + Send;
}

/// What a provider cannot do. A campaign that needs it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderLimit {
    /// The provider makes the text part out of the html.
    OwnTextPart,
    /// One address serves as `From` and as `Reply-To`.
    OneAddress,
    /// The provider sends no further fixed headers.
    NoHeaders,
    /// The provider sends no campaign without a name in `From`.
    FromNameRequired,
    /// The provider sends html and text alone, without images in the mail.
    NoAttachments,
}

/// A campaign in a provider's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is found by again.
    pub key: CampaignKey,
    /// The subject.
    pub subject: String,
    /// The line that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// The name in `From`.
    pub from_name: String,
    /// The address in `From` and `Reply-To`.
    pub reply_to: EmailAddress,
    /// The html with merge tags.
    pub html: String,
    /// The text with merge tags, lines ending in LF.
    pub text: String,
}

/// What [`Provider::read_back`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    /// The subject.
    pub subject: String,
    /// The preheader.
    pub preheader: String,
    /// The name in `From`.
    pub from_name: String,
    /// The address in `From` and `Reply-To`, in the provider's spelling.
    pub reply_to: MaskedAddress,
    /// To whom it would go.
    pub reach: Reach,
    /// The html.
    pub html: String,
    /// The text.
    pub text: String,
}

/// To whom a draft would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// To the whole of the list that was configured.
    WholeList,
    /// To a part of that list.
    Segment,
    /// To another list.
    OtherList,
}

/// An address as a provider spells it, which need not be one. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedAddress(pub String);

impl fmt::Debug for MaskedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
