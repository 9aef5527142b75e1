//! Pushes a frozen campaign to a provider, at most once.
//!
//! In: a [`Provider`], a [`PushRecord`] and a frozen campaign. Out: a
//! [`Pushed`], or a [`Proofed`].
//!
//! ```text
//! translate ─▶ find ─▶ upsert draft ─▶ content ─▶ read back, compare ─▶ checklist ─▶ Ready
//! Ready ─▶ read back, compare ─▶ find again ─▶ intend ─▶ send ─▶ status ─▶ settle
//! ```
//!
//! Every step before the send may be repeated without harm. The provider is
//! asked to send at most once for each recorded intent. An intent without a
//! recorded end is in doubt, and only the provider's answer or a person can
//! resolve it. Absent on purpose: HTTP, the terminal, and what nothing calls yet
//! (scheduling, cancelling, reports).

mod compare;
mod outcome;
mod record;

use crate::campaign::Campaign;
use crate::delivery::provider::{
    Draft, PreflightItem, PreflightLevel, Provider, ProviderError, Remote, RemoteId, RemoteState,
};
use crate::delivery::{InDoubt, Patience};
use crate::domain::{Clock, Digest, EmailAddress};
use compare::compare;

pub use outcome::{Proofed, PushError, Pushed};
pub use record::{PastSend, PushRecord, RecordError, SendEnd, SendIntent};

/// What a push works with.
pub struct Push<'a, P, R> {
    /// The provider to which the campaign goes.
    pub provider: &'a P,
    /// The record of earlier sends.
    pub record: &'a R,
    /// The time, for the record.
    pub clock: &'a dyn Clock,
    /// How often the state is read after a send, until it shows the send.
    pub patience: Patience,
}

/// The result of [`Push::prepare`].
#[derive(Debug)]
pub enum Prepared {
    /// The draft is complete, and waits for [`Push::send`].
    Ready(Box<Ready>),
    /// There is nothing to send.
    Settled(Pushed),
}

/// A draft that the provider has as it was frozen.
#[derive(Debug)]
pub struct Ready {
    /// The draft, as the provider has it.
    pub remote: Remote,
    /// The provider's checklist, without errors.
    pub checklist: Vec<PreflightItem>,
    draft: Draft,
    digest: Digest,
}

impl<P: Provider, R: PushRecord> Push<'_, P, R> {
    /// Does every step before the send. Nobody receives anything. An earlier send
    /// that is in doubt stays unknown, unless the provider reports that it is being
    /// sent. With [`InDoubt::Resend`], it is sent again if the provider reports
    /// that it is a draft or does not exist.
    ///
    /// # Errors
    /// See [`PushError`]; all of it may be repeated.
    pub async fn prepare(
        &self,
        campaign: &Campaign,
        in_doubt: InDoubt,
    ) -> Result<Prepared, PushError> {
        let draft = self.provider.translate(campaign)?;
        match self.record.past().await? {
            PastSend::Never => {}
            PastSend::Sent(SendIntent { remote, digest, .. }) => {
                let settled = Pushed::AlreadySent { remote, digest: Some(digest) };
                return Ok(Prepared::Settled(settled));
            }
            PastSend::InDoubt(intent) => {
                if let Some(settled) = self.resolve(intent, in_doubt).await? {
                    return Ok(Prepared::Settled(settled));
                }
            }
        }
        let existing = self.provider.find(&draft.key).await?;
        if let Some(remote) = not_a_draft(existing.as_ref()) {
            return Ok(Prepared::Settled(left_as_it_is(remote)));
        }
        let remote = self.upload(&draft, existing).await?;
        let checklist = self.provider.preflight(&remote.id).await?;
        if checklist.iter().any(|item| item.level == PreflightLevel::Error) {
            return Err(PushError::NotReady { remote, checklist });
        }
        let ready = Ready { remote, draft, digest: campaign.digest(), checklist };
        Ok(Prepared::Ready(Box::new(ready)))
    }

    /// Sends what was prepared, at most once.
    ///
    /// # Errors
    /// See [`PushError`]. Except for [`PushError::Unrecorded`], nothing was sent.
    pub async fn send(&self, ready: Box<Ready>) -> Result<Pushed, PushError> {
        let Ready { remote, draft, digest, .. } = *ready;
        self.verify(&remote, &draft).await?;
        // Two runs at the same time may each have created a draft. Both find both here.
        match self.provider.find(&draft.key).await? {
            Some(found) if found.id == remote.id && found.state == RemoteState::Draft => {}
            Some(found) if found.id == remote.id => return Ok(left_as_it_is(&found)),
            found => return Err(PushError::Replaced { expected: remote, found }),
        }
        let intent = SendIntent { remote: remote.id, digest, at: self.clock.now() };
        self.record.intend(&intent).await?;
        let answer = self.provider.send(&intent.remote).await;
        let seen = match &answer {
            Err(ProviderError::Unreachable { .. }) => Ok(RemoteState::Draft),
            Err(ProviderError::Refused { .. }) => self.provider.status(&intent.remote).await,
            Ok(()) | Err(_) => self.watch(&intent.remote).await,
        };
        match judge(&intent.remote, answer, seen) {
            Verdict::Ended(pushed) => {
                self.settle(&intent, SendEnd::Sent, pushed.clone()).await?;
                Ok(pushed)
            }
            Verdict::Open(pushed) => Ok(pushed),
            Verdict::NotSent(error) => {
                self.record.settle(&intent, SendEnd::NotSent, self.clock.now()).await?;
                Err(error.into())
            }
        }
    }

    /// Uploads the draft, and has the provider send it to the editors as a test.
    ///
    /// # Errors
    /// See [`PushError`]. A test that may have gone out is not repeated.
    pub async fn proof(
        &self,
        campaign: &Campaign,
        to: &[EmailAddress],
    ) -> Result<Proofed, PushError> {
        let draft = self.provider.translate(campaign)?;
        if let PastSend::InDoubt(SendIntent { remote, .. }) = self.record.past().await? {
            return Err(PushError::InDoubt { remote });
        }
        let existing = self.provider.find(&draft.key).await?;
        if let Some(remote) = not_a_draft(existing.as_ref()) {
            return Ok(Proofed::LeftAlone { remote: remote.clone() });
        }
        let remote = self.upload(&draft, existing).await?;
        let checklist = self.provider.preflight(&remote.id).await?;
        self.provider.send_test(&remote.id, to).await?;
        Ok(Proofed::Tested { remote, checklist })
    }

    /// Settles an earlier send by what the provider reports. `None` means that
    /// the campaign may be sent again.
    async fn resolve(
        &self,
        intent: SendIntent,
        in_doubt: InDoubt,
    ) -> Result<Option<Pushed>, PushError> {
        let remote = intent.remote.clone();
        match self.provider.status(&remote).await {
            Ok(state) if state.is_on_its_way() => {
                let pushed = Pushed::Sent { remote, state: Some(state) };
                self.settle(&intent, SendEnd::Sent, pushed.clone()).await?;
                Ok(Some(pushed))
            }
            Ok(RemoteState::Draft | RemoteState::Gone) if in_doubt == InDoubt::Resend => Ok(None),
            seen => Ok(Some(Pushed::Unknown { remote, seen })),
        }
    }

    /// Creates or updates the draft, and checks that it arrived unchanged.
    async fn upload(&self, draft: &Draft, existing: Option<Remote>) -> Result<Remote, PushError> {
        let remote = self.provider.upsert_draft(draft, existing.as_ref()).await?;
        self.provider.put_content(&remote.id, draft).await?;
        self.verify(&remote, draft).await?;
        Ok(remote)
    }

    /// Compares the draft with the one that the provider has.
    async fn verify(&self, remote: &Remote, draft: &Draft) -> Result<(), PushError> {
        let found = self.provider.read_back(&remote.id).await?;
        compare(draft, &found)
            .map_err(|difference| PushError::Differs { remote: remote.clone(), difference })
    }

    /// Reads the state until it shows the send. The provider has repeated its
    /// calls already, so the first error ends this.
    async fn watch(&self, remote: &RemoteId) -> Result<RemoteState, ProviderError> {
        let mut tried = 1;
        loop {
            let state = self.provider.status(remote).await?;
            if state.is_on_its_way() {
                return Ok(state);
            }
            match self.patience.wait_after(tried, None) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Ok(state),
            }
            tried += 1;
        }
    }

    async fn settle(
        &self,
        intent: &SendIntent,
        end: SendEnd,
        pushed: Pushed,
    ) -> Result<(), PushError> {
        self.record
            .settle(intent, end, self.clock.now())
            .await
            .map_err(|source| PushError::Unrecorded { pushed, source })
    }
}

/// The result of one request to send.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The campaign is sent.
    Ended(Pushed),
    /// It is not known whether the campaign is sent; the intent stays open.
    Open(Pushed),
    /// The campaign is not sent.
    NotSent(ProviderError),
}

/// Combines the provider's answer to the send with the state that it reported
/// afterwards. A refusal is believed. Without an answer, nothing is assumed.
fn judge(
    remote: &RemoteId,
    answer: Result<(), ProviderError>,
    seen: Result<RemoteState, ProviderError>,
) -> Verdict {
    let remote = remote.clone();
    match (answer, seen) {
        (_, Ok(state)) if state.is_on_its_way() => {
            Verdict::Ended(Pushed::Sent { remote, state: Some(state) })
        }
        (Ok(()), Ok(RemoteState::Scheduled)) => {
            Verdict::Ended(Pushed::Sent { remote, state: Some(RemoteState::Scheduled) })
        }
        (Ok(()), Err(_)) => Verdict::Ended(Pushed::Sent { remote, state: None }),
        (Err(error @ (ProviderError::Refused { .. } | ProviderError::Unreachable { .. })), _) => {
            Verdict::NotSent(error)
        }
        (_, seen) => Verdict::Open(Pushed::Unknown { remote, seen }),
    }
}

fn not_a_draft(remote: Option<&Remote>) -> Option<&Remote> {
    remote.filter(|remote| remote.state != RemoteState::Draft)
}

fn left_as_it_is(remote: &Remote) -> Pushed {
    if remote.state.is_on_its_way() {
        Pushed::AlreadySent { remote: remote.id.clone(), digest: None }
    } else {
        Pushed::LeftAlone { remote: remote.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::provider::Problem;

    #[test]
    fn a_refusal_is_believed_and_without_an_answer_nothing_is_assumed() {
        let id = || RemoteId::parse("c0ffee").unwrap();
        let call = || "Test: sending (POST /send)".to_owned();
        let unclear = || ProviderError::Unclear { call: call(), cause: "cut".into() };
        let unreachable = || ProviderError::Unreachable { call: call(), cause: "busy".into() };
        let problem = Problem {
            status: 400,
            title: "No".into(),
            detail: String::new(),
            instance: String::new(),
            fields: Vec::new(),
        };
        let refused =
            || ProviderError::Refused { call: call(), problem: Box::new(problem.clone()) };
        let sent = |state| Verdict::Ended(Pushed::Sent { remote: id(), state });
        let open = |seen| Verdict::Open(Pushed::Unknown { remote: id(), seen });
        use RemoteState::{Cancelled, Draft, Gone, Scheduled, Sending, Sent};
        for (answer, seen, expected) in [
            (Ok(()), Ok(Sending), sent(Some(Sending))),
            (Ok(()), Ok(Scheduled), sent(Some(Scheduled))),
            (Ok(()), Err(unreachable()), sent(None)),
            (Ok(()), Ok(Draft), open(Ok(Draft))),
            (Ok(()), Ok(Cancelled), open(Ok(Cancelled))),
            (Err(unclear()), Ok(Sent), sent(Some(Sent))),
            (Err(unclear()), Ok(Draft), open(Ok(Draft))),
            (Err(unclear()), Ok(Scheduled), open(Ok(Scheduled))),
            (Err(unclear()), Ok(Gone), open(Ok(Gone))),
            (Err(unclear()), Err(unreachable()), open(Err(unreachable()))),
            (Err(refused()), Ok(Draft), Verdict::NotSent(refused())),
            (Err(refused()), Err(unreachable()), Verdict::NotSent(refused())),
            (Err(refused()), Ok(Sending), sent(Some(Sending))),
            (Err(unreachable()), Ok(Draft), Verdict::NotSent(unreachable())),
        ] {
            assert_eq!(judge(&id(), answer.clone(), seen.clone()), expected, "{answer:?} {seen:?}");
        }
    }
}
