//! Sending one issue: gathers the facts, decides, and carries out the step.

use std::path::Path;

use crate::audience::AudiencePlan;
use crate::delivery::push::{PastSend, PushError, PushRecord};
use crate::delivery::{InDoubt, Ledger, Tally};
use crate::domain::CampaignKey;
use crate::error::{Exit, Failure};
use crate::store::{FreezeError, FrozenCampaign, SenderLock, Standstill};
use crate::ui::{Answer, counted};

use super::Publisher;
use super::decide::{FrozenFacts, NewIssue, NextStep, decide_frozen, decide_new};
use super::differences::differences;
use super::identity;
use super::newsletter::ReadyIssue;
use super::order::{Consent, Order};
use super::plan::Plan;
use super::proofs::Proofs;
use super::refusal;
use super::report::SendReport;
use super::route::Route;
use super::standstill::stops_before;
use super::store_access::{audience_of_examples, examples_to_import, import_examples};

impl Publisher<'_> {
    /// Sends one issue, or resumes its campaign.
    ///
    /// # Errors
    /// The issue must not or cannot be sent; or the store, the route or the
    /// terminal failed.
    pub(crate) async fn send(&self, issue: &Path, order: &Order) -> Result<SendReport, Failure> {
        let lock = self.sender().await?;
        self.store.settle_called_off(&lock, self.context.clock.now()).await?;
        let ready = match self.newsletter.prepare(issue) {
            Ok(ready) => ready,
            Err(failure) => {
                let frozen = identity::frozen_from(self, issue, failure).await?;
                self.report_changes(&frozen, None);
                return self.resume(&lock, &frozen, None, order).await;
            }
        };
        match self.frozen(ready.campaign.key()).await? {
            Some(frozen) => self.resume(&lock, &frozen, Some(ready), order).await,
            None if !order.retry.is_empty() => Err(refusal::never_frozen(ready.campaign.key())),
            None => self.begin(&lock, ready, order).await,
        }
    }

    /// The campaign of that key. A trial does not count for a route that reaches
    /// people: a send forgets it.
    pub(super) async fn frozen(
        &self,
        key: &CampaignKey,
    ) -> Result<Option<FrozenCampaign>, Failure> {
        let frozen = self.store.campaign(key).await?;
        Ok(frozen.filter(|frozen| !frozen.summary.via.is_trial_for(self.route())))
    }

    /// Who gets an issue that is frozen now. Over the outbox, its own example
    /// subscribers stand in for an empty list; over other routes they do not count.
    pub(super) async fn audience(&self) -> Result<AudiencePlan, Failure> {
        if self.route().reaches_people() {
            return Ok(self.store.plan_audience_without_examples().await?);
        }
        match examples_to_import(&self.newsletter.config, self.store).await? {
            Some(list) => audience_of_examples(self.context, list).await,
            None => Ok(self.store.plan_audience().await?),
        }
    }

    /// Refuses an issue that nobody would get, before anything is forgotten for it.
    pub(super) fn must_have_recipients(
        &self,
        ready: &ReadyIssue,
        audience: &AudiencePlan,
    ) -> Result<(), Failure> {
        if audience.included > 0 || self.route().is_provider() {
            return Ok(());
        }
        let (campaign, excluded) = (ready.campaign.key().clone(), audience.clone());
        Err(FreezeError::EmptyAudience { campaign, excluded }.into())
    }

    /// Makes this the one sender. On a route that reaches people, the store must be
    /// the one from which was sent last.
    async fn sender(&self) -> Result<SenderLock, Failure> {
        let lock = self.store.lock_for_sending()?;
        if self.route().reaches_people() {
            self.store.begin_sending(&lock).await?;
        }
        Ok(lock)
    }

    /// Settles what a sender that was killed left of campaigns that were called
    /// off. Where another process sends, that one does it.
    pub(super) async fn settle_called_off(&self) -> Result<(), Failure> {
        if self.store.half_called_off().await?.is_empty() {
            return Ok(());
        }
        match self.store.lock_for_sending() {
            Ok(lock) => Ok(self.store.settle_called_off(&lock, self.context.clock.now()).await?),
            Err(error) if error.is_held_by_another() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Resumes a campaign by its key. Its issue file counts only while nobody has
    /// anything of it.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(crate) async fn resume_by_key(
        &self,
        key: &CampaignKey,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        let lock = self.sender().await?;
        match self.store.campaign(key).await? {
            Some(frozen) => {
                let file = identity::current_file(self.newsletter, &frozen);
                let ready = file.and_then(|file| self.newsletter.prepare(&file).ok());
                let ready = ready.filter(|ready| ready.campaign.key() == key);
                self.resume(&lock, &frozen, ready, order).await
            }
            None => {
                Err(Failure::new(Exit::StoreFault, format!("{key} is not in the store any more")))
            }
        }
    }

    /// Sends an issue that has no campaign yet.
    async fn begin(
        &self,
        lock: &SenderLock,
        mut ready: ReadyIssue,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        self.may_be_sent(&ready, order).await??;
        let config = &self.newsletter.config;
        let route = Route::from_config(self.context, &config.delivery.via)?;
        route.check(&ready.campaign)?;
        if self.route().reaches_people() {
            let audience = self.audience().await?;
            self.must_have_recipients(&ready, &audience)?;
            let to_send = audience.included;
            Plan::new(config, &ready.campaign, audience, to_send).print(&self.context.ui);
            self.ask_for_consent(order, "Send it?")?;
            self.forget_trials(lock).await?;
        } else if let Some(list) = examples_to_import(config, self.store).await? {
            import_examples(self.context, self.store, list).await?;
        }
        ready.provenance.allowed = order.allow.clone();
        route.begin(self, lock, &ready, order).await
    }

    /// Whether a new issue may be sent. The outer error is one of the store.
    pub(super) async fn may_be_sent(
        &self,
        ready: &ReadyIssue,
        order: &Order,
    ) -> Result<Result<(), Failure>, Failure> {
        let campaign = &ready.campaign;
        let (key, digest) = (campaign.key(), campaign.digest());
        let errors = ready.errors(&order.allow);
        let sent_as =
            self.store.already_sent_as(key, &ready.provenance, digest, self.route()).await?;
        let proofs = Proofs::read(self, key).await?;
        let facts = NewIssue {
            is_called_off: self.store.called_off_since(key).await?.is_some(),
            is_draft: ready.draft,
            has_errors: !errors.is_empty(),
            was_sent_as_another: !sent_as.is_empty(),
            is_proofed: proofs.include(digest),
        };
        let decided = decide_new(&facts, order);
        let zone = self.zone();
        Ok(decided.map_err(|why| refusal::not_ready(why, ready, errors, &sent_as, &proofs, zone)))
    }

    /// Goes on with a frozen campaign, unless it is finished.
    async fn resume(
        &self,
        lock: &SenderLock,
        frozen: &FrozenCampaign,
        ready: Option<ReadyIssue>,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        let (facts, tally) = self.frozen_facts(Some(lock), frozen, ready.as_ref()).await?;
        let step = decide_frozen(&facts, order).map_err(|why| {
            let file = ready.as_ref().map_or("", |ready| &ready.provenance.source_file);
            refusal::blocked(why, frozen, file, self.route(), self.zone())
        })?;
        let key = frozen.campaign.key();
        let ready = match (step, ready) {
            (NextStep::FreezeAnew, Some(ready)) => {
                self.context.ui.status(&format!(
                    "{key} was edited since it was frozen on {}, and nobody has it: it is \
                     frozen anew",
                    self.newsletter.local_time(frozen.summary.frozen_at)
                ));
                let instead_of = Some(frozen.summary.rows);
                return self.begin(lock, ReadyIssue { instead_of, ..ready }, order).await;
            }
            (_, ready) => ready,
        };
        if let Some(ready) = &ready {
            self.report_changes(frozen, Some(ready));
        }
        let in_doubt = match step {
            NextStep::Resume | NextStep::FreezeAnew => {
                return self.deliver_rest(lock, frozen, &tally, order).await;
            }
            NextStep::Retry => return self.retry(lock, frozen, &tally, order).await,
            NextStep::SkipDoubt => {
                let ledger = self.store.ledger(key, lock).await?;
                ledger.recover(InDoubt::Skip, self.context.clock.now()).await?;
                let tally = self.store.tally(frozen.summary.rows).await?;
                return Ok(SendReport::for_finished(frozen, tally, self.zone()));
            }
            NextStep::AlreadySent => InDoubt::Keep,
            NextStep::AskAboutDoubt => self.settle_doubt(frozen, order).await?,
        };
        if in_doubt == InDoubt::Resend {
            let consent = Consent::Given;
            let order = Order { in_doubt: Some(in_doubt), consent, ..order.clone() };
            return Box::pin(self.resume(lock, frozen, ready, &order)).await;
        }
        let zone = self.zone();
        Ok(SendReport::for_finished(frozen, tally, zone))
    }

    /// The facts about a frozen campaign, and its rows by state. Without the lock, as
    /// in a dry run, what a killed run left counts as if somebody may have it.
    pub(super) async fn frozen_facts(
        &self,
        lock: Option<&SenderLock>,
        frozen: &FrozenCampaign,
        ready: Option<&ReadyIssue>,
    ) -> Result<(FrozenFacts, Tally), Failure> {
        let is_edited =
            ready.is_some_and(|ready| ready.campaign.digest() != frozen.campaign.digest());
        // Only then does it matter what a run left that was killed.
        if let Some(lock) = lock.filter(|_| is_edited && !frozen.summary.via.is_provider()) {
            let ledger = self.store.ledger(frozen.campaign.key(), lock).await?;
            ledger.recover(InDoubt::Keep, self.context.clock.now()).await?;
        }
        let tally = self.store.tally(frozen.summary.rows).await?;
        let facts = FrozenFacts {
            is_of_another_issue: ready
                .is_some_and(|ready| identity::is_of_another_issue(self.newsletter, frozen, ready)),
            is_called_off: frozen.summary.cancelled_at.is_some(),
            is_draft: ready.is_some_and(|ready| ready.draft),
            is_finished: frozen.summary.finished_at.is_some(),
            is_edited,
            is_untouched: is_edited && self.is_untouched(frozen, &tally).await?,
            in_doubt: tally.unknown,
            begun_on: frozen.summary.via,
            route: self.route(),
        };
        Ok((facts, tally))
    }

    /// Whether nobody has anything of a campaign, and nobody is in doubt.
    async fn is_untouched(&self, frozen: &FrozenCampaign, tally: &Tally) -> Result<bool, Failure> {
        let (key, via) = (frozen.campaign.key(), frozen.summary.via);
        if via.is_provider() {
            let past = self.store.push_record(key, via).past().await;
            let past = past.map_err(PushError::Record)?;
            return Ok(frozen.summary.finished_at.is_none() && past == PastSend::Never);
        }
        Ok(tally.sent + tally.unknown + tally.started + tally.reserved == 0)
    }

    /// Sends a finished campaign again, to exactly those whom the order names.
    async fn retry(
        &self,
        lock: &SenderLock,
        frozen: &FrozenCampaign,
        tally: &Tally,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        let (key, ui) = (frozen.campaign.key(), &self.context.ui);
        let found = self.store.count_retry(frozen.summary.rows, &order.retry).await?;
        if found.rows == 0 {
            let classes: Vec<_> = order.retry.iter().map(|class| class.as_str()).collect();
            ui.status(&format!("{key} has no recipients who are {}", classes.join(" or ")));
            return Ok(SendReport::for_finished(frozen, *tally, self.zone()));
        }
        let route = Route::from_config(self.context, &self.newsletter.config.delivery.via)?;
        let recipients = counted(found.rows, "recipient");
        ui.status(&format!("{key} is sent again to {recipients}, and to nobody else"));
        if found.left_out > 0 {
            ui.warning(&format!(
                "{} of them are suppressed or unsubscribed, and get nothing; see `postrider subscribers show` and \
                 `unsuppress`",
                found.left_out
            ));
        }
        if frozen.summary.via.reaches_people() {
            self.ask_for_consent(order, &format!("Send it again to {recipients}?"))?;
        }
        self.store.reopen(key, &order.retry, lock).await?;
        // Those in doubt were not named, so they stay as they are.
        let order = Order { in_doubt: Some(InDoubt::Keep), ..order.clone() };
        route.resume(self, lock, frozen, &order).await
    }

    /// Delivers what is left of a frozen campaign.
    async fn deliver_rest(
        &self,
        lock: &SenderLock,
        frozen: &FrozenCampaign,
        tally: &Tally,
        order: &Order,
    ) -> Result<SendReport, Failure> {
        let key = frozen.campaign.key();
        let route = Route::from_config(self.context, &self.newsletter.config.delivery.via)?;
        self.context.ui.status(&format!(
            "{key} was begun on {}: {} of {} got it; resuming",
            self.newsletter.local_time(frozen.summary.frozen_at),
            tally.sent,
            frozen.summary.recipients
        ));
        if frozen.summary.via.reaches_people() {
            let question = format!("Send to the {} who are left?", tally.open());
            self.ask_for_consent(order, &question)?;
        }
        let stops = stops_before(frozen, order);
        self.store.mark_standstill(key, &Standstill { stops, ..Standstill::default() }).await?;
        route.resume(self, lock, frozen, order).await
    }

    /// Freezes an issue for everyone who may get it now.
    pub(super) async fn freeze(&self, ready: &ReadyIssue) -> Result<FrozenCampaign, Failure> {
        let now = self.context.clock.now();
        let (store, via) = (self.store, self.route());
        let (campaign, provenance) = (&ready.campaign, &ready.provenance);
        Ok(match ready.instead_of {
            None => store.freeze(campaign, provenance, via, now).await?,
            Some(old) => store.freeze_instead_of(old, campaign, provenance, via, now).await?,
        })
    }

    /// What becomes of the recipients in doubt. At a terminal it asks; elsewhere
    /// they stay in doubt.
    pub(super) async fn settle_doubt(
        &self,
        frozen: &FrozenCampaign,
        order: &Order,
    ) -> Result<InDoubt, Failure> {
        if let Some(choice) = order.in_doubt {
            return Ok(choice);
        }
        let tally = self.store.tally(frozen.summary.rows).await?;
        let in_doubt = tally.unknown + tally.started;
        if in_doubt == 0 {
            return Ok(InDoubt::Keep);
        }
        let question = format!(
            "{} in doubt: the message may or may not have arrived. Send it to them again? (No \
             leaves them.)",
            counted(in_doubt, "recipient")
        );
        match self.context.ui.ask(&question) {
            Answer::Yes => Ok(InDoubt::Resend),
            Answer::No | Answer::NoTerminal => Ok(InDoubt::Keep),
        }
    }

    /// Asks before people are mailed, unless consent was given.
    fn ask_for_consent(&self, order: &Order, question: &str) -> Result<(), Failure> {
        if order.consent == Consent::Given {
            return Ok(());
        }
        match self.context.ui.ask(question) {
            Answer::Yes => Ok(()),
            Answer::No => Err(Failure::new(Exit::Stopped, "nothing was sent: you answered no")),
            Answer::NoTerminal => {
                Err(Failure::new(Exit::Usage, "nothing was sent: there is no terminal to ask at")
                    .hint("Use `--yes` to send without a question."))
            }
        }
    }

    /// Campaigns into the outbox reached nobody, so they do not count as sent
    /// once the newsletter goes to people. Nothing is forgotten for a send that
    /// is refused.
    async fn forget_trials(&self, lock: &SenderLock) -> Result<(), Failure> {
        let newsletter = &self.newsletter.config.newsletter.slug;
        let forgotten = self.store.forget_trials(newsletter, lock).await?;
        let ui = &self.context.ui;
        if forgotten.campaigns > 0 {
            ui.status("from now on, campaigns into the outbox do not count as sent");
        }
        if forgotten.examples > 0 {
            ui.status(&format!(
                "removed {} of the outbox from the list, which this newsletter needs no more",
                counted(forgotten.examples, "example subscriber")
            ));
        }
        Ok(())
    }

    /// Warns that readers get the frozen bytes, and how the file differs from
    /// them. `None` is a file that cannot be used any more.
    pub(super) fn report_changes(&self, frozen: &FrozenCampaign, ready: Option<&ReadyIssue>) {
        let (ui, key) = (&self.context.ui, frozen.campaign.key());
        let at = self.newsletter.local_time(frozen.summary.frozen_at);
        let Some(ready) = ready else {
            ui.warning(&format!(
                "the file of {key} cannot be used any more; readers get what was frozen on {at}"
            ));
            return;
        };
        if ready.campaign.digest() != frozen.campaign.digest() {
            let changes = differences(frozen.campaign.manifest(), ready.campaign.manifest());
            ui.warning(&format!(
                "{key} was edited since it was frozen on {at}, and readers get what was frozen: {}",
                changes.join("; ")
            ));
        }
    }
}
