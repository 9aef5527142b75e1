//! Whether an issue may be sent now, and how the send of a campaign goes on.
//!
//! In: facts, and the order. Out: a step, or the reason why nothing is sent.
//! Deliberately absent: the store, the terminal, and the wording of a refusal.

use super::order::{Order, ProofRule, RepeatRule};
use crate::domain::RouteKind;

/// An issue of which no campaign was frozen.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewIssue {
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
    pub(super) is_finished: bool,
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
    /// It is finished: send nothing.
    AlreadySent,
    /// It is finished, but recipients are in doubt, and the order does not say
    /// what to do about them: ask, and send nothing unless the answer is yes.
    AskAboutDoubt,
}

/// Why a frozen campaign does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    /// Its slug is that of another issue.
    SharedSlug,
    /// It was begun on another route.
    OtherRoute,
}

/// Decides whether a new issue may be frozen and sent.
pub(super) fn decide_new(issue: &NewIssue, order: &Order) -> Result<(), NotReady> {
    if issue.is_draft {
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
    if campaign.is_of_another_issue {
        Err(Blocked::SharedSlug)
    } else if campaign.is_finished && campaign.in_doubt == 0 {
        Ok(NextStep::AlreadySent)
    } else if campaign.is_finished && !settles_doubt {
        Ok(NextStep::AskAboutDoubt)
    } else if campaign.begun_on != campaign.route {
        Err(Blocked::OtherRoute)
    } else {
        Ok(NextStep::Resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::InDoubt;
    use crate::publish::order::{Consent, OrderGiver};

    fn order() -> Order {
        Order {
            given_by: OrderGiver::Person,
            consent: Consent::Given,
            proof: ProofRule::Required,
            repeat: RepeatRule::Refuse,
            allow: Vec::new(),
            in_doubt: None,
        }
    }

    #[test]
    fn a_new_issue_is_refused_for_the_first_reason_that_applies() {
        let waived = Order { proof: ProofRule::Waived, ..order() };
        let as_new = Order { repeat: RepeatRule::AsNew, ..order() };
        // draft, errors, sent as another, proofed, order: expected
        for (is_draft, has_errors, was_sent_as_another, is_proofed, order, expected) in [
            (false, false, false, true, &order(), Ok(())),
            (true, true, true, false, &order(), Err(NotReady::Draft)),
            (true, true, true, false, &waived, Err(NotReady::Draft)),
            (false, true, true, false, &order(), Err(NotReady::Errors)),
            (false, true, true, false, &as_new, Err(NotReady::Errors)),
            (false, false, true, false, &order(), Err(NotReady::SentAsAnother)),
            (false, false, true, true, &waived, Err(NotReady::SentAsAnother)),
            (false, false, true, true, &as_new, Ok(())),
            (false, false, true, false, &as_new, Err(NotReady::NotProofed)),
            (false, false, false, false, &order(), Err(NotReady::NotProofed)),
            (false, false, false, false, &waived, Ok(())),
        ] {
            let issue = NewIssue { is_draft, has_errors, was_sent_as_another, is_proofed };
            assert_eq!(decide_new(&issue, order), expected, "{issue:?} {order:?}");
        }
    }

    #[test]
    fn a_frozen_campaign_goes_on_on_its_own_route_until_it_is_finished() {
        use RouteKind::{Outbox, Smtp};
        // another issue, finished, in doubt, begun on, configured, --in-doubt: expected
        for (is_of_another_issue, is_finished, in_doubt, begun_on, route, choice, expected) in [
            (false, false, 0, Smtp, Smtp, None, Ok(NextStep::Resume)),
            (false, false, 2, Smtp, Smtp, None, Ok(NextStep::Resume)),
            (false, false, 0, Outbox, Smtp, None, Err(Blocked::OtherRoute)),
            (false, true, 0, Smtp, Smtp, None, Ok(NextStep::AlreadySent)),
            (false, true, 0, Outbox, Smtp, None, Ok(NextStep::AlreadySent)),
            (false, true, 2, Smtp, Smtp, None, Ok(NextStep::AskAboutDoubt)),
            (false, true, 0, Smtp, Smtp, Some(InDoubt::Resend), Ok(NextStep::AlreadySent)),
            (false, true, 2, Smtp, Smtp, Some(InDoubt::Resend), Ok(NextStep::Resume)),
            (false, true, 2, Smtp, Smtp, Some(InDoubt::Skip), Ok(NextStep::Resume)),
            (false, true, 2, Outbox, Smtp, Some(InDoubt::Resend), Err(Blocked::OtherRoute)),
            (true, false, 0, Smtp, Smtp, None, Err(Blocked::SharedSlug)),
            (true, true, 2, Outbox, Smtp, None, Err(Blocked::SharedSlug)),
        ] {
            let facts = FrozenFacts { is_of_another_issue, is_finished, in_doubt, begun_on, route };
            let order = Order { in_doubt: choice, ..order() };
            assert_eq!(decide_frozen(&facts, &order), expected, "{facts:?} {choice:?}");
        }
    }
}
