//! Which bytes the editors saw, and the sending of a proof.

use crate::campaign::Campaign;
use crate::domain::{CampaignKey, Digest, EmailAddress};
use crate::error::Failure;
use crate::source::Severity;
use crate::store::Proof;

use super::Publisher;
use super::differences::differences;
use super::newsletter::ReadyIssue;
use super::report::SendReport;
use super::route::Route;

impl Publisher<'_> {
    /// Sends one copy to each editor, and records what they saw. A proof that
    /// did not reach all of them is not recorded.
    ///
    /// # Errors
    /// The issue cannot be rendered, the route failed, or the store cannot be written.
    pub(crate) async fn proof(
        &self,
        ready: &ReadyIssue,
        editors: &[EmailAddress],
    ) -> Result<SendReport, Failure> {
        // Editors may want to see an issue that must not be sent yet.
        for finding in ready.findings.iter().filter(|f| f.severity == Severity::Error) {
            self.context.ui.finding(finding);
        }
        let campaign = &ready.campaign;
        let attempt = self.store.next_proof_attempt(campaign.key()).await?;
        let route = Route::from_config(self.context, &self.newsletter.config.delivery.via)?;
        route.proof(self, campaign, attempt, editors).await?;
        let proof = Proof {
            key: campaign.key().clone(),
            digest: campaign.digest(),
            manifest: campaign.canonical().to_owned(),
            source_hash: ready.provenance.source_hash.clone(),
            theme_hash: ready.provenance.theme_hash.clone(),
            subject: ready.subject().as_str().to_owned(),
            via: self.route(),
            editors: u32::try_from(editors.len()).unwrap_or(u32::MAX),
            attempt,
            at: self.context.clock.now(),
        };
        self.store.record_proof(&proof).await?;
        Ok(SendReport::for_proof(campaign, self.route(), attempt, editors.len()))
    }
}

/// The recorded proofs of an issue.
pub(super) struct Proofs {
    /// Those that count, the newest first.
    counting: Vec<Proof>,
    /// There are proofs into the outbox, which reached nobody.
    pub(super) reached_nobody: bool,
}

impl Proofs {
    pub(super) async fn read(
        publisher: &Publisher<'_>,
        key: &CampaignKey,
    ) -> Result<Self, Failure> {
        let proofs = publisher.store.proofs(key).await?;
        let counts =
            |proof: &Proof| proof.via.reaches_people() || !publisher.route().reaches_people();
        let (counting, trials): (Vec<_>, Vec<_>) = proofs.into_iter().partition(counts);
        Ok(Self { counting, reached_nobody: !trials.is_empty() })
    }

    /// Whether the editors saw the bytes of that digest.
    pub(super) fn include(&self, digest: Digest) -> bool {
        self.counting.iter().any(|proof| proof.digest == digest)
    }

    pub(super) fn latest(&self) -> Option<&Proof> {
        self.counting.first()
    }
}

/// What differs between the bytes that were proofed and those that would be sent.
pub(super) fn changes_since(proof: &Proof, ready: &ReadyIssue) -> Vec<String> {
    let before = Campaign::thaw(proof.key.clone(), proof.manifest.clone(), proof.digest);
    let mut changes = match &before {
        Ok(before) => differences(before.manifest(), ready.campaign.manifest()),
        Err(_) => Vec::new(),
    };
    if proof.source_hash != ready.provenance.source_hash {
        changes.push("the issue file was edited".to_owned());
    }
    if proof.theme_hash != ready.provenance.theme_hash {
        changes.push("the theme was edited, or `[theme]` in postrider.toml".to_owned());
    }
    if changes.is_empty() {
        changes.push("the bytes differ, in no part that can be shown".to_owned());
    }
    changes
}
