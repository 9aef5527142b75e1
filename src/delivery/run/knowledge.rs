//! What the workers of a run know together.

use std::collections::HashMap;
use std::time::Duration;

use crate::delivery::connections::Connections;
use crate::delivery::pace::Pace;
use crate::delivery::state::{self, Judgement, ReplySubject, RowHistory};
use crate::delivery::streak::Streak;
use crate::delivery::{Attempt, Outcome, Phase, Reserved, RowId};
use crate::domain::Timestamp;

use super::Work;

/// What all workers know together.
pub(super) struct RunState {
    pub(super) pace: Pace,
    pub(super) streak: Streak,
    pub(super) connections: Connections,
    /// How many workers are at work.
    pub(super) at_work: usize,
    /// What happened at single rows in this run.
    rows: HashMap<RowId, RowTrouble>,
    /// Domains at which the server puts recipients off, since it accepted one there.
    domains: HashMap<String, DomainTrouble>,
    accepted: u64,
    attempts: u32,
    breaks: u32,
    /// The same at the rows that the server accepted in the end.
    healthy: RowTrouble,
    /// Messages in a row without a reply, and how many are too many. When a server
    /// dies, each connection may leave one, and that proves nothing yet.
    pub(super) silences: u32,
    pub(super) too_many_silences: u32,
    /// The last reply that was no acceptance, masked.
    pub(super) last_refusal: String,
}

/// What happened at one row in this run.
#[derive(Debug, Default)]
struct RowTrouble {
    breaks: u32,
    put_off: u32,
    attempts: u32,
}

/// What happened to the recipients of one domain.
#[derive(Debug, Default)]
struct DomainTrouble {
    /// How often one was put off after another domain's was accepted.
    put_off: u32,
    /// How many messages the run had sent at the last one.
    accepted: u64,
}

/// A domain at which so many recipients were put off, while those of others were
/// accepted, has a limit of its own. It must not slow down the others.
const DOMAIN_LIMIT: u32 = 3;

impl RunState {
    pub(super) fn new(work: &Work) -> Self {
        let connections = u32::try_from(work.connections).unwrap_or(u32::MAX);
        Self {
            pace: Pace::new(work.connections, work.rate),
            streak: Streak::default(),
            connections: Connections::default(),
            at_work: 0,
            rows: HashMap::new(),
            domains: HashMap::new(),
            accepted: 0,
            attempts: 0,
            breaks: 0,
            healthy: RowTrouble::default(),
            silences: 0,
            too_many_silences: connections.saturating_mul(2).saturating_add(1),
            last_refusal: String::new(),
        }
    }

    /// Lets one more worker in, if the pace has room for it.
    pub(super) fn let_in(&mut self, now: Duration) -> bool {
        let has_room = self.at_work < self.pace.width(now);
        self.at_work += usize::from(has_room);
        has_room
    }

    /// The server accepted a message for a recipient at that domain. Returns
    /// whether more workers may go to work now.
    pub(super) fn accept(&mut self, domain: &str, now: Duration) -> bool {
        self.accepted += 1;
        if !self.domains.is_empty() {
            self.domains.remove(domain);
        }
        self.pace.accept(now)
    }

    /// Whether the server puts off this domain alone. One more of it was put off.
    fn count_domain(&mut self, domain: &str) -> bool {
        let trouble = self.domains.entry(domain.to_owned()).or_default();
        trouble.put_off += u32::from(trouble.put_off == 0 || self.accepted > trouble.accepted);
        trouble.accepted = self.accepted;
        trouble.put_off > DOMAIN_LIMIT
    }

    /// The server takes fewer connections than there are workers at work.
    pub(super) fn narrow(&mut self, now: Duration) {
        self.pace.narrow(self.at_work.saturating_sub(1), now);
    }

    /// Judges an attempt and counts what it says about the row, the connections
    /// and the pace. `has_proved_itself` is the connection's, the
    /// message took the time from `begun` to `ended`.
    pub(super) fn judge(
        &mut self,
        row: &Reserved,
        attempt: &Attempt,
        has_proved_itself: bool,
        (begun, ended): (Duration, Duration),
        now: Timestamp,
    ) -> Judgement {
        self.attempts = self.attempts.saturating_add(1);
        let mut history = self.history(row, attempt, has_proved_itself);
        let mut judgement = state::judge(attempt, history, now);
        let mut is_about_domain = false;
        if matches!(judgement.about, ReplySubject::Pace(_))
            && self.count_domain(row.address.domain())
        {
            history.put_off = u32::MAX;
            judgement = state::judge(attempt, history, now);
            is_about_domain = true;
        }
        match judgement.about {
            // A connection that was of use may break for many good reasons.
            ReplySubject::Connection if has_proved_itself => {}
            ReplySubject::Connection => self.connections.broke_early(),
            _ => self.connections.answered(!has_proved_itself),
        }
        if let ReplySubject::Pace(meaning) = judgement.about {
            self.rows.entry(row.row).or_default().put_off += u32::from(self.accepted > 0);
            if !is_about_domain {
                self.pace.refuse(meaning, begun, ended);
            }
        }
        match judgement.outcome {
            Outcome::Unknown => self.silences += 1,
            Outcome::Pending => {}
            _ => self.silences = 0,
        }
        judgement
    }

    /// Healthy rows leave no trace, so that a large list costs no memory.
    fn history(
        &mut self,
        row: &Reserved,
        attempt: &Attempt,
        has_proved_itself: bool,
    ) -> RowHistory {
        // Before its first reply over a used connection, the server has closed
        // that after the message before, or because it was idle.
        let is_habit = has_proved_itself && attempt.phase() == Some(Phase::MailFrom);
        let breaks = attempt.breaks_connection() && !is_habit;
        self.breaks += u32::from(breaks);
        if breaks {
            self.rows.entry(row.row).or_default().breaks += 1;
        }
        if matches!(attempt, Attempt::Accepted(_)) {
            let trouble = self.rows.remove(&row.row).unwrap_or_default();
            self.healthy.breaks += trouble.breaks;
            self.healthy.attempts = self.healthy.attempts.saturating_add(trouble.attempts + 1);
        }
        let Some(trouble) = self.rows.get_mut(&row.row) else {
            return RowHistory { attempts: row.attempts, ..RowHistory::default() };
        };
        trouble.attempts += 1;
        // Rows at which connections break are compared with those that got through.
        let (other_breaks, other_attempts) = match self.healthy.attempts {
            0 => (self.breaks - trouble.breaks, self.attempts.saturating_sub(trouble.attempts)),
            attempts => (self.healthy.breaks, attempts),
        };
        RowHistory {
            attempts: row.attempts,
            put_off: trouble.put_off,
            breaks_connections: breaks
                && state::breaks_connections(trouble.breaks, other_breaks, other_attempts),
        }
    }
}
