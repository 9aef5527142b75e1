//! A ledger in memory, with the rules of the real one.

use std::sync::Mutex;

use crate::delivery::{
    Claim, Closing, Doubt, Expiry, Fate, InDoubt, Ledger, LedgerError, Outcome, RejectClass,
    Reserved, RowId, Settlement, Tally,
};
use crate::domain::{EmailAddress, SubscriberId, Timestamp};

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum State {
    Pending,
    Reserved,
    Started,
    Done(Outcome),
    Rejected(Fate),
}

struct Row {
    address: EmailAddress,
    state: State,
    attempts: u32,
    first_at: Option<Timestamp>,
    /// Its place among the rows that are pending, and when it was deferred.
    order: Timestamp,
}

pub(super) struct MemoryLedger {
    rows: Mutex<Vec<Row>>,
}

impl MemoryLedger {
    /// Rows for email addresses, or for local parts at one domain.
    pub(super) fn for_locals(locals: &[&str]) -> Self {
        let row = |local: &&str| Row {
            address: EmailAddress::parse(local)
                .or_else(|_| EmailAddress::parse(&format!("{local}@example.org")))
                .unwrap(),
            state: State::Pending,
            attempts: 0,
            first_at: None,
            order: Timestamp::UNIX_EPOCH,
        };
        Self { rows: Mutex::new(locals.iter().map(row).collect()) }
    }

    pub(super) fn state(&self, row: usize) -> State {
        self.rows.lock().unwrap()[row].state
    }

    pub(super) fn len(&self) -> usize {
        self.rows.lock().unwrap().len()
    }

    /// How many addresses are suppressed.
    pub(super) fn suppressed(&self) -> usize {
        let suppresses = State::Rejected(Fate::Rejected(RejectClass::Mailbox));
        self.rows.lock().unwrap().iter().filter(|row| row.state == suppresses).count()
    }

    fn end(&self, closing: &Closing) {
        let mut rows = self.rows.lock().unwrap();
        let row = &mut rows[closing.row.0 as usize];
        assert_eq!(row.state, State::Started, "only what was started can end");
        row.attempts += u32::from(closing.outcome != Outcome::Pending);
        row.order = closing.at;
        row.state = match closing.outcome {
            Outcome::Pending => State::Pending,
            outcome => State::Done(outcome),
        };
        if matches!(closing.outcome, Outcome::Deferred(_)) {
            row.first_at.get_or_insert(closing.at);
        }
    }
}

impl Ledger for MemoryLedger {
    async fn recover(&self, _: InDoubt, now: Timestamp) -> Result<Doubt, LedgerError> {
        for row in self.rows.lock().unwrap().iter_mut() {
            if let State::Done(Outcome::Deferred(due)) = &mut row.state
                && row.order > now
            {
                *due = now + due.duration_since(row.order);
                row.order = now;
                row.first_at = row.first_at.map(|at| at.min(now));
            }
        }
        Ok(Doubt::default())
    }

    async fn claim(&self, limit: usize, now: Timestamp) -> Result<Claim, LedgerError> {
        let mut rows = self.rows.lock().unwrap();
        let place = |row: &Row| match row.state {
            State::Done(Outcome::Deferred(due)) => (due <= now).then_some((0, due)),
            State::Pending => Some((1, row.order)),
            _ => None,
        };
        let mut due: Vec<_> =
            rows.iter().enumerate().filter_map(|(n, row)| Some((place(row)?, n))).collect();
        due.sort_unstable();
        let mut claim = Claim::default();
        for (_, number) in due.into_iter().take(limit) {
            let row = &mut rows[number];
            row.state = State::Reserved;
            claim.reserved.push(Reserved {
                row: RowId(number as i64),
                subscriber: SubscriberId(number as i64),
                address: row.address.clone(),
                first_name: String::new(),
                last_name: String::new(),
                attempts: row.attempts,
            });
        }
        Ok(claim)
    }

    async fn start(&self, row: RowId, previous: Option<Closing>) -> Result<(), LedgerError> {
        previous.iter().for_each(|closing| self.end(closing));
        self.rows.lock().unwrap()[row.0 as usize].state = State::Started;
        Ok(())
    }

    async fn close(&self, closing: Closing) -> Result<(), LedgerError> {
        self.end(&closing);
        Ok(())
    }

    async fn release(&self, released: Vec<RowId>) -> Result<(), LedgerError> {
        for row in released {
            self.rows.lock().unwrap()[row.0 as usize].state = State::Pending;
        }
        Ok(())
    }

    async fn settle(&self, settled: Vec<Settlement>, _: Timestamp) -> Result<(), LedgerError> {
        let mut rows = self.rows.lock().unwrap();
        for settlement in settled {
            let row = &mut rows[settlement.row.0 as usize];
            if !matches!(row.state, State::Done(Outcome::Deferred(_))) {
                continue;
            }
            row.state = match settlement.fate {
                Fate::Restored => State::Pending,
                fate => State::Rejected(fate),
            };
            if settlement.fate == Fate::Restored {
                row.attempts -= 1;
                row.first_at = row.first_at.filter(|_| row.attempts > 0);
            }
        }
        Ok(())
    }

    async fn has_other_domain(&self, domain: &str) -> Result<bool, LedgerError> {
        Ok(self.rows.lock().unwrap().iter().any(|row| row.address.domain() != domain))
    }

    async fn tally(&self) -> Result<Tally, LedgerError> {
        let mut tally = Tally::default();
        for row in self.rows.lock().unwrap().iter() {
            *match row.state {
                State::Pending | State::Done(Outcome::Pending) => &mut tally.pending,
                State::Reserved => &mut tally.reserved,
                State::Started => &mut tally.started,
                State::Done(Outcome::Sent) => &mut tally.sent,
                State::Done(Outcome::Deferred(_)) => &mut tally.deferred,
                State::Rejected(Fate::Rejected(RejectClass::Expired)) => &mut tally.expired,
                State::Rejected(_) => &mut tally.rejected,
                State::Done(Outcome::Unknown) => &mut tally.unknown,
            } += 1;
        }
        Ok(tally)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, LedgerError> {
        let rows = self.rows.lock().unwrap();
        let due = rows.iter().filter_map(|row| match row.state {
            State::Done(Outcome::Deferred(due)) => Some(due),
            _ => None,
        });
        Ok(due.min())
    }

    async fn expire(&self, expiry: Expiry, _: Timestamp) -> Result<u64, LedgerError> {
        let mut expired = 0;
        for row in self.rows.lock().unwrap().iter_mut() {
            let is_over = row.attempts >= expiry.attempts
                && row.first_at.is_some_and(|at| at <= expiry.first_tried_by);
            if is_over && matches!(row.state, State::Done(Outcome::Deferred(_))) {
                row.state = State::Rejected(Fate::Rejected(RejectClass::Expired));
                expired += 1;
            }
        }
        Ok(expired)
    }
}
