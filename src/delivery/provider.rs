//! A provider takes a whole campaign at once and sends it to its own list. The
//! implementations are in [`provider`](crate::provider).
//!
//! In: a frozen campaign. Out: the campaign that the provider has, in terms
//! that fit every provider. Absent on purpose: what [`push`](super::push) does
//! not call yet, which is scheduling, cancelling and reports.

mod error;
mod remote;

use std::fmt;
use std::future::Future;

use crate::campaign::Campaign;
use crate::domain::{CampaignKey, EmailAddress};

pub use error::{PlanError, Problem, ProviderError};
pub use remote::{PreflightItem, PreflightLevel, Remote, RemoteId, RemoteState};

/// A mailing-list provider, set up for one list of one account.
///
/// A method repeats its calls as long as nothing can be done twice. Then it
/// returns a [`ProviderError`].
pub trait Provider: Send + Sync {
    /// The campaign as the provider's draft, with merge tags in place of the
    /// slots. Nothing is called.
    ///
    /// # Errors
    /// The provider would lose or change a part of the campaign, add its own
    /// footer, or read a text as a merge tag.
    fn translate(&self, campaign: &Campaign) -> Result<Draft, PlanError>;

    /// The campaign with exactly this key, in any state.
    fn find(
        &self,
        key: &CampaignKey,
    ) -> impl Future<Output = Result<Option<Remote>, ProviderError>> + Send;

    /// Creates the draft, or updates the settings of `existing`. If no answer
    /// to a creation came, it looks for the draft before it repeats the call.
    fn upsert_draft(
        &self,
        draft: &Draft,
        existing: Option<&Remote>,
    ) -> impl Future<Output = Result<Remote, ProviderError>> + Send;

    /// Uploads the html and the text in one call.
    fn put_content(
        &self,
        id: &RemoteId,
        draft: &Draft,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// The draft as the provider has it now.
    fn read_back(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<ReadBack, ProviderError>> + Send;

    /// The provider's own checklist before a send.
    fn preflight(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<Vec<PreflightItem>, ProviderError>> + Send;

    /// Sends the html and the text of the draft to these addresses. A call that
    /// may have been carried out is never repeated.
    fn send_test(
        &self,
        id: &RemoteId,
        to: &[EmailAddress],
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Sends the campaign to the whole list, now. A call that may have been
    /// carried out is never repeated: the error is [`ProviderError::Unclear`].
    fn send(&self, id: &RemoteId) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// The state of the campaign.
    fn status(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<RemoteState, ProviderError>> + Send;
}

/// A campaign in the form that a provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub struct Draft {
    /// The key by which the campaign is found again.
    pub key: CampaignKey,
    pub subject: String,
    /// The line that mail programs show after the subject; may be empty.
    pub preheader: String,
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
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub struct ReadBack {
    pub subject: String,
    pub preheader: String,
    pub from_name: String,
    /// The address in `From` and `Reply-To`, as the provider writes it.
    pub reply_to: MaskedAddress,
    pub reach: Reach,
    pub html: String,
    pub text: String,
}

/// The part of the list that a draft would go to.
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

/// An address as a provider writes it, which may be invalid. `Debug` masks it.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedAddress(pub String);

impl fmt::Debug for MaskedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
