//! Whether an issue may be sent now, and how the send of a campaign goes on.
//!
//! In: facts, and the order. Out: a step, or the reason why nothing is sent.
//! Deliberately absent: the store, the terminal, and the wording of a refusal.

use super::order::{Order, ProofRule, RepeatRule};
use crate::delivery::InDoubt;
use crate::domain::RouteKind;

/// An issue of which no campaign was frozen.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewIssue {
    /// Somebody called it off.
    pub(super) is_called_off: bool,
    /// Its front matter says `draft: true`.
    pub(super) is_draft: bool,
    /// The checks found errors that the order does not allow.
    pub(super) has_errors: bool,
    /// The same number, text or digest was sent under another slug.
    pub(super) was_sent_as_another: bool,
    /// The editors saw exactly these bytes.
    pub(super) is_proofed: bool,
}

/// Why a new issue is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotReady {
    CalledOff,
    Draft,
    Errors,
    SentAsAnother,
    NotProofed,
}

/// A campaign that was frozen.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrozenFacts {
    /// The issue file that was named is another issue of the same slug.
    pub(super) is_of_another_issue: bool,
    /// Somebody called it off.
    pub(super) is_called_off: bool,
    /// Its file says `draft: true`.
    pub(super) is_draft: bool,
    pub(super) is_finished: bool,
    /// Its file would be frozen with other bytes.
    pub(super) is_edited: bool,
    /// Nobody has it, and nobody is in doubt.
    pub(super) is_untouched: bool,
    /// How many recipients are in doubt.
    pub(super) in_doubt: u64,
    /// The route on which it was begun.
    pub(super) begun_on: RouteKind,
    /// The route that is configured.
    pub(super) route: RouteKind,
}

/// How the send of a frozen campaign goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Deliver what is left of it.
    Resume,
    /// Nobody has it, so the edited issue takes its place, as a new one.
    FreezeAnew,
    /// Send again to those whom the order names.
    Retry,
    /// It is finished: send nothing.
    AlreadySent,
    /// It is finished, but recipients are in doubt, and the order does not say
    /// what to do about them: ask, and send nothing unless the answer is yes.
    AskAboutDoubt,
    /// It was called off, and recipients in doubt do not get it again.
    SkipDoubt,
}

/// Why a frozen campaign does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// Its slug is that of another issue.
    SharedSlug,
    /// Somebody called it off.
    CalledOff,
    /// Its file says `draft: true`.
    Draft,
    /// It was begun on another route.
    OtherRoute,
    /// A retry is for a campaign that is finished.
    RetryOfUnfinished,
    /// A provider keeps the list, and knows no retry.
    RetryAtProvider,
}

/// Decides whether a new issue may be frozen and sent.
pub(super) fn decide_new(issue: &NewIssue, order: &Order) -> Result<(), NotReady> {
    if issue.is_called_off {
        Err(NotReady::CalledOff)
    } else if issue.is_draft {
        Err(NotReady::Draft)
    } else if issue.has_errors {
        Err(NotReady::Errors)
    } else if issue.was_sent_as_another && order.repeat == RepeatRule::Refuse {
        Err(NotReady::SentAsAnother)
    } else if !issue.is_proofed && order.proof == ProofRule::Required {
        Err(NotReady::NotProofed)
    } else {
        Ok(())
    }
}

/// Decides how the send of a frozen campaign goes on.
pub(super) fn decide_frozen(campaign: &FrozenFacts, order: &Order) -> Result<NextStep, Blocked> {
    let settles_doubt = order.in_doubt.is_some() && campaign.in_doubt > 0;
    let may_be_replaced = campaign.is_edited && campaign.is_untouched;
    if campaign.is_of_another_issue {
        Err(Blocked::SharedSlug)
    } else if campaign.is_called_off {
        let skips = settles_doubt && order.in_doubt == Some(InDoubt::Skip);
        if skips { Ok(NextStep::SkipDoubt) } else { Err(Blocked::CalledOff) }
    } else if !order.retry.is_empty() {
        decide_retry(campaign)
    } else if campaign.is_finished && campaign.in_doubt == 0 && !may_be_replaced {
        Ok(NextStep::AlreadySent)
    } else if campaign.is_finished && campaign.in_doubt > 0 && !settles_doubt {
        Ok(NextStep::AskAboutDoubt)
    } else if campaign.is_draft {
        Err(Blocked::Draft)
    } else if may_be_replaced {
        Ok(NextStep::FreezeAnew)
    } else if campaign.begun_on != campaign.route {
        Err(Blocked::OtherRoute)
    } else {
        Ok(NextStep::Resume)
    }
}

fn decide_retry(campaign: &FrozenFacts) -> Result<NextStep, Blocked> {
    if campaign.begun_on.is_provider() {
        Err(Blocked::RetryAtProvider)
    } else if !campaign.is_finished {
        Err(Blocked::RetryOfUnfinished)
    } else if campaign.is_draft {
        Err(Blocked::Draft)
    } else if campaign.begun_on != campaign.route {
        Err(Blocked::OtherRoute)
    } else {
        Ok(NextStep::Retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::order::{Consent, OrderGiver, RetryClass};

    fn order() -> Order {
        Order {
            given_by: OrderGiver::Person,
            consent: Consent::Given,
            proof: ProofRule::Required,
            repeat: RepeatRule::Refuse,
            allow: Vec::new(),
            in_doubt: None,
            retry: Vec::new(),
        }
    }

    #[test]
    fn a_new_issue_is_refused_for_the_first_reason_that_applies() {
        let waived = Order { proof: ProofRule::Waived, ..order() };
        let as_new = Order { repeat: RepeatRule::AsNew, ..order() };
        // called off, draft, errors, sent as another, proofed, order: expected
        for (called_off, is_draft, has_errors, was_sent_as_another, is_proofed, order, expected) in [
            (false, false, false, false, true, &order(), Ok(())),
            (false, true, true, true, false, &order(), Err(NotReady::Draft)),
            (false, true, true, true, false, &waived, Err(NotReady::Draft)),
            (false, false, true, true, false, &order(), Err(NotReady::Errors)),
            (false, false, true, true, false, &as_new, Err(NotReady::Errors)),
            (false, false, false, true, false, &order(), Err(NotReady::SentAsAnother)),
            (false, false, false, true, true, &waived, Err(NotReady::SentAsAnother)),
            (false, false, false, true, true, &as_new, Ok(())),
            (false, false, false, true, false, &as_new, Err(NotReady::NotProofed)),
            (false, false, false, false, false, &order(), Err(NotReady::NotProofed)),
            (false, false, false, false, false, &waived, Ok(())),
            (true, false, false, false, true, &as_new, Err(NotReady::CalledOff)),
            (true, true, true, true, false, &order(), Err(NotReady::CalledOff)),
        ] {
            let is_called_off = called_off;
            let issue =
                NewIssue { is_called_off, is_draft, has_errors, was_sent_as_another, is_proofed };
            assert_eq!(decide_new(&issue, order), expected, "{issue:?} {order:?}");
        }
    }

    const UNFINISHED: FrozenFacts = FrozenFacts {
        is_of_another_issue: false,
        is_called_off: false,
        is_draft: false,
        is_finished: false,
        is_edited: false,
        is_untouched: false,
        in_doubt: 0,
        begun_on: RouteKind::Smtp,
        route: RouteKind::Smtp,
    };
    const FINISHED: FrozenFacts = FrozenFacts { is_finished: true, ..UNFINISHED };
    const IN_DOUBT: FrozenFacts = FrozenFacts { in_doubt: 2, ..FINISHED };

    #[test]
    fn a_frozen_campaign_goes_on_on_its_own_route_until_it_is_finished() {
        use RouteKind::Outbox;
        let begun_on = |begun_on, facts| FrozenFacts { begun_on, ..facts };
        let other = |facts| FrozenFacts { is_of_another_issue: true, ..facts };
        let (resend, skip) = (Some(InDoubt::Resend), Some(InDoubt::Skip));
        // facts, --in-doubt: expected
        for (facts, choice, expected) in [
            (UNFINISHED, None, Ok(NextStep::Resume)),
            (FrozenFacts { in_doubt: 2, ..UNFINISHED }, None, Ok(NextStep::Resume)),
            (begun_on(Outbox, UNFINISHED), None, Err(Blocked::OtherRoute)),
            (FINISHED, None, Ok(NextStep::AlreadySent)),
            (begun_on(Outbox, FINISHED), None, Ok(NextStep::AlreadySent)),
            (IN_DOUBT, None, Ok(NextStep::AskAboutDoubt)),
            (FINISHED, resend, Ok(NextStep::AlreadySent)),
            (IN_DOUBT, resend, Ok(NextStep::Resume)),
            (IN_DOUBT, skip, Ok(NextStep::Resume)),
            (begun_on(Outbox, IN_DOUBT), resend, Err(Blocked::OtherRoute)),
            (other(UNFINISHED), None, Err(Blocked::SharedSlug)),
            (other(begun_on(Outbox, IN_DOUBT)), None, Err(Blocked::SharedSlug)),
        ] {
            let order = Order { in_doubt: choice, ..order() };
            assert_eq!(decide_frozen(&facts, &order), expected, "{facts:?} {choice:?}");
        }
    }

    #[test]
    fn a_campaign_that_was_called_off_or_is_a_draft_mails_nobody() {
        let off = |facts| FrozenFacts { is_called_off: true, ..facts };
        let draft = |facts| FrozenFacts { is_draft: true, ..facts };
        let edited = |facts| FrozenFacts {
            is_edited: true,
            is_untouched: true,
            is_called_off: true,
            ..facts
        };
        let (resend, skip) = (Some(InDoubt::Resend), Some(InDoubt::Skip));
        for (facts, choice, expected) in [
            (off(UNFINISHED), None, Err(Blocked::CalledOff)),
            (off(FINISHED), None, Err(Blocked::CalledOff)),
            (off(draft(FINISHED)), None, Err(Blocked::CalledOff)),
            (edited(UNFINISHED), None, Err(Blocked::CalledOff)),
            (off(IN_DOUBT), None, Err(Blocked::CalledOff)),
            (off(IN_DOUBT), resend, Err(Blocked::CalledOff)),
            (off(IN_DOUBT), skip, Ok(NextStep::SkipDoubt)),
            (off(FINISHED), skip, Err(Blocked::CalledOff)),
            (draft(UNFINISHED), None, Err(Blocked::Draft)),
            (draft(FINISHED), None, Ok(NextStep::AlreadySent)),
            (draft(IN_DOUBT), None, Ok(NextStep::AskAboutDoubt)),
            (draft(IN_DOUBT), resend, Err(Blocked::Draft)),
        ] {
            let order = Order { in_doubt: choice, ..order() };
            assert_eq!(decide_frozen(&facts, &order), expected, "{facts:?} {choice:?}");
            // Nothing of it is retried either.
            let order = Order { in_doubt: None, retry: vec![RetryClass::Rejected], ..order };
            assert!(decide_frozen(&facts, &order).is_err(), "{facts:?}");
        }
    }

    #[test]
    fn an_edited_issue_replaces_only_what_nobody_has() {
        let edited = |facts| FrozenFacts { is_edited: true, ..facts };
        let untouched = |facts| FrozenFacts { is_untouched: true, ..facts };
        let elsewhere = FrozenFacts { begun_on: RouteKind::Outbox, ..UNFINISHED };
        for (facts, expected) in [
            (edited(untouched(UNFINISHED)), Ok(NextStep::FreezeAnew)),
            (edited(UNFINISHED), Ok(NextStep::Resume)),
            (untouched(UNFINISHED), Ok(NextStep::Resume)),
            // Everybody was rejected, and the edited issue may be better.
            (edited(untouched(FINISHED)), Ok(NextStep::FreezeAnew)),
            (untouched(FINISHED), Ok(NextStep::AlreadySent)),
            (edited(FINISHED), Ok(NextStep::AlreadySent)),
            (edited(untouched(elsewhere)), Ok(NextStep::FreezeAnew)),
            (edited(elsewhere), Err(Blocked::OtherRoute)),
            (FrozenFacts { is_draft: true, ..edited(untouched(UNFINISHED)) }, Err(Blocked::Draft)),
        ] {
            assert_eq!(decide_frozen(&facts, &order()), expected, "{facts:?}");
        }
    }

    #[test]
    fn a_retry_is_for_a_finished_campaign_over_a_transport() {
        let order = Order { retry: vec![RetryClass::Expired], ..order() };
        let at_provider =
            FrozenFacts { begun_on: RouteKind::Mailchimp, route: RouteKind::Mailchimp, ..FINISHED };
        let edited = FrozenFacts { is_edited: true, is_untouched: true, ..FINISHED };
        let elsewhere = FrozenFacts { route: RouteKind::Outbox, ..FINISHED };
        for (facts, expected) in [
            (FINISHED, Ok(NextStep::Retry)),
            // Those who are in doubt are not named, so they stay as they are.
            (IN_DOUBT, Ok(NextStep::Retry)),
            // Exactly those who were named get what was frozen.
            (edited, Ok(NextStep::Retry)),
            (UNFINISHED, Err(Blocked::RetryOfUnfinished)),
            (at_provider, Err(Blocked::RetryAtProvider)),
            (elsewhere, Err(Blocked::OtherRoute)),
        ] {
            assert_eq!(decide_frozen(&facts, &order), expected, "{facts:?}");
        }
    }
}
