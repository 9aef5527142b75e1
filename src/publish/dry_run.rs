//! What a send would do, without doing it.

use std::path::Path;

use crate::error::Failure;

use super::Publisher;
use super::decide::{NextStep, decide_frozen};
use super::newsletter::ReadyIssue;
use super::order::Order;
use super::plan::Plan;
use super::refusal;
use super::report::others;

impl Publisher<'_> {
    /// What a send would do, and everything that keeps the issue from being sent.
    ///
    /// # Errors
    /// The issue cannot be read, or the store cannot.
    pub(crate) async fn dry_run(
        &self,
        issue: &Path,
        order: &Order,
    ) -> Result<(Plan, Result<(), Failure>), Failure> {
        let ready = self.newsletter.prepare(issue)?;
        let Some(frozen) = self.frozen(ready.campaign.key()).await? else {
            return self.dry_run_of_new(&ready, order).await;
        };
        let (facts, tally) = self.frozen_facts(None, &frozen, Some(&ready)).await?;
        let step = decide_frozen(&facts, order).map_err(|why| {
            let file = &ready.provenance.source_file;
            refusal::blocked(why, &frozen, file, self.route(), self.zone())
        })?;
        let key = frozen.campaign.key();
        if step == NextStep::FreezeAnew {
            self.context.ui.status(&format!(
                "{key} was edited since it was frozen, and nobody has it: it would be frozen anew"
            ));
            return self.dry_run_of_new(&ready, order).await;
        }
        self.report_changes(&frozen, Some(&ready));
        self.context.ui.status(&format!(
            "{key} is frozen: {} of {} got it{}",
            tally.sent,
            frozen.summary.recipients,
            others(&tally)
        ));
        let mut audience = self.audience().await?;
        audience.included = frozen.summary.recipients;
        let to_send = match step {
            NextStep::Retry => {
                let count = self.store.count_retry(frozen.summary.rows, &order.retry).await?;
                (count.rows - count.left_out).max(0) as u64
            }
            _ => tally.open(),
        };
        let config = &self.newsletter.config;
        Ok((Plan::new(config, &frozen.campaign, audience, to_send), Ok(())))
    }

    async fn dry_run_of_new(
        &self,
        ready: &ReadyIssue,
        order: &Order,
    ) -> Result<(Plan, Result<(), Failure>), Failure> {
        let audience = self.audience().await?;
        let may_be_sent = self.may_be_sent(ready, order).await?;
        let may_be_sent = may_be_sent.and_then(|()| self.must_have_recipients(ready, &audience));
        let to_send = audience.included;
        let plan = Plan::new(&self.newsletter.config, &ready.campaign, audience, to_send);
        Ok((plan, may_be_sent))
    }

    /// Why a new issue would be refused, if it would. The outer error is one of
    /// the store.
    pub(super) async fn refusal_of(
        &self,
        issue: &Path,
        order: &Order,
    ) -> Result<Option<Failure>, Failure> {
        Ok(match self.newsletter.prepare(issue) {
            Ok(ready) => match self.may_be_sent(&ready, order).await? {
                Ok(()) => self.must_have_recipients(&ready, &self.audience().await?).err(),
                Err(failure) => Some(failure),
            },
            Err(failure) => Some(failure),
        })
    }
}
