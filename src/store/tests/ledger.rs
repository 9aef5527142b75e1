use super::*;
use crate::delivery::{
    Closing, Doubt, Expiry, Fate, InDoubt, Ledger, Outcome, RejectClass, Reserved, RowId, RowState,
    Settlement, Tally,
};
use crate::domain::{SubscriberId, SuppressionReason};
use crate::store::cancellations::HALF_CALLED_OFF;
use crate::store::group::WRITE_CHANGES;
use crate::store::ledger::{CLAIM_DUE, CLAIM_PENDING, EXPIRE, NEXT_DUE, SETTLE};
use crate::store::recovery::SET_CLOCK_BACK;
use crate::store::{OutcomeRow, SqliteLedger};

async fn open_ledger(store: &Store) -> SqliteLedger {
    store.ledger(&key("one"), &store.lock_for_sending().unwrap()).await.unwrap()
}

async fn ledger_of(temporary: &Temporary, count: usize) -> (Store, SqliteLedger) {
    let store = temporary.open().await;
    import(&store, &readers(count)).await;
    freeze(&store, "one").await;
    let ledger = open_ledger(&store).await;
    (store, ledger)
}

/// Opens the ledger again as after the death of a process: the rows are as they were, and the lock is free.
async fn after_death(temporary: &Temporary, ledger: SqliteLedger, boot_id: &str) -> SqliteLedger {
    drop(ledger);
    open_ledger(&temporary.open_in_boot(boot_id).await).await
}

fn closing(row: RowId, outcome: Outcome) -> Closing {
    Closing { row, outcome, note: "250 ok".into(), at: at(5) }
}

async fn claim(ledger: &SqliteLedger, limit: usize) -> Vec<Reserved> {
    ledger.claim(limit, at(1)).await.unwrap().reserved
}

async fn rows_in(store: &Store, state: RowState) -> Vec<OutcomeRow> {
    let frozen = store.campaign(&key("one")).await.unwrap().unwrap();
    store.outcomes(frozen.summary.rows, state).await.unwrap()
}

#[tokio::test]
async fn rows_are_reserved_once_in_their_order() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 5).await;
    let first = claim(&ledger, 2).await;
    let second = claim(&ledger, 10).await;
    let addresses: Vec<_> = first.iter().chain(&second).map(|row| row.address.as_str()).collect();
    let expected: Vec<_> = (0..5).map(|n| format!("reader{n}@example.org")).collect();
    assert_eq!(addresses, expected);
    assert_eq!((first[1].first_name.as_str(), first[1].attempts), ("R1", 0));
    assert!(claim(&ledger, 10).await.is_empty());
    assert_eq!(ledger.tally().await.unwrap(), Tally { reserved: 5, ..Tally::default() });
}

#[tokio::test]
async fn an_attempt_goes_from_start_to_outcome() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 5).await;
    let rows: Vec<_> = claim(&ledger, 5).await.iter().map(|row| row.row).collect();
    ledger.start(rows[0], None).await.unwrap();
    ledger.start(rows[1], Some(closing(rows[0], Outcome::Sent))).await.unwrap();
    ledger.start(rows[2], Some(closing(rows[1], Outcome::Deferred(at(60))))).await.unwrap();
    ledger.start(rows[3], Some(closing(rows[2], Outcome::Deferred(at(60))))).await.unwrap();
    let fate = Fate::Rejected(RejectClass::Other);
    ledger.settle(vec![Settlement { row: rows[2], fate }], at(5)).await.unwrap();
    ledger.start(rows[4], Some(closing(rows[3], Outcome::Unknown))).await.unwrap();
    ledger.close(closing(rows[4], Outcome::Pending)).await.unwrap();
    let tally = ledger.tally().await.unwrap();
    let one_each =
        Tally { pending: 1, sent: 1, deferred: 1, rejected: 1, unknown: 1, ..Tally::default() };
    assert_eq!(tally, one_each);
    assert_eq!(ledger.next_due().await.unwrap(), Some(at(60)));
    let refused = rows_in(&store, RowState::Rejected).await;
    assert_eq!((refused[0].class.as_str(), refused[0].note.as_str()), ("other", "250 ok"));
    assert!(format!("{refused:?}").contains("…@example.org"));
    assert!(!format!("{refused:?}").contains("reader"));
    assert_eq!(store.suppression(&address(&refused[0].address)).await.unwrap(), None);
    // An attempt of which nothing left does not count, and the deferred row waits until it is due.
    let again = claim(&ledger, 9).await;
    assert_eq!((again.len(), again[0].row, again[0].attempts), (1, rows[4], 0));
    let due = ledger.claim(9, at(60)).await.unwrap().reserved;
    assert_eq!((due.len(), due[0].row, due[0].attempts), (1, rows[1], 1));
}

#[tokio::test]
async fn a_row_that_returned_to_pending_goes_behind_those_not_tried_yet() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 3).await;
    let row = claim(&ledger, 1).await[0].row;
    ledger.start(row, None).await.unwrap();
    ledger.close(closing(row, Outcome::Pending)).await.unwrap();
    let claimed = claim(&ledger, 3).await;
    assert_eq!(claimed.iter().map(|row| row.row.0).collect::<Vec<_>>(), [2, 3, 1]);
}

#[tokio::test]
async fn deferred_rows_that_are_due_go_first() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 4).await;
    let row = claim(&ledger, 1).await[0].row;
    ledger.start(row, None).await.unwrap();
    ledger.close(closing(row, Outcome::Deferred(at(30)))).await.unwrap();
    let claimed = ledger.claim(2, at(30)).await.unwrap().reserved;
    assert_eq!(claimed.iter().map(|row| row.row.0).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_recipient_who_unsubscribes_after_the_freeze_is_withdrawn_with_the_reason() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 6).await;
    store.unsubscribe(SubscriberId(1), "t", at(1)).await.unwrap();
    let second = address("reader1@example.org");
    store.suppress(&second, SuppressionReason::Complaint, "t", at(1)).await.unwrap();
    let claimed = ledger.claim(3, at(2)).await.unwrap();
    assert_eq!(claimed.withdrawn, 2);
    assert_eq!(claimed.reserved.iter().map(|row| row.row.0).collect::<Vec<_>>(), [3, 4, 5]);
    let withdrawn = rows_in(&store, RowState::Withdrawn).await;
    let reasons: Vec<_> = withdrawn.iter().map(|row| row.class.as_str()).collect();
    assert_eq!(reasons, ["unsubscribed", "suppressed"]);
    assert_eq!(ledger.tally().await.unwrap().total(), 6);
}

#[tokio::test]
async fn a_row_in_another_state_is_an_error_and_stays_as_it_is() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 3).await;
    let rows: Vec<_> = claim(&ledger, 2).await.iter().map(|row| row.row).collect();
    assert!(ledger.start(RowId(3), None).await.is_err());
    assert!(ledger.start(RowId(99), None).await.is_err());
    assert!(ledger.close(closing(rows[0], Outcome::Sent)).await.is_err());
    ledger.start(rows[0], None).await.unwrap();
    let error = ledger.start(rows[0], None).await.unwrap_err();
    assert!(error.to_string().contains("row 1 cannot become started"), "{error}");
    ledger.close(closing(rows[0], Outcome::Sent)).await.unwrap();
    let fate = Fate::Rejected(RejectClass::Mailbox);
    ledger.settle(vec![Settlement { row: rows[0], fate }], at(6)).await.unwrap();
    assert!(ledger.release(vec![rows[0]]).await.is_err());
    let expected = Tally { pending: 1, reserved: 1, sent: 1, ..Tally::default() };
    assert_eq!(ledger.tally().await.unwrap(), expected);
    assert_eq!(store.suppression(&address("reader0@example.org")).await.unwrap(), None);
    // The outcome is recorded even if the start that came with it is refused.
    ledger.start(rows[1], None).await.unwrap();
    assert!(ledger.start(rows[0], Some(closing(rows[1], Outcome::Sent))).await.is_err());
    assert_eq!(ledger.tally().await.unwrap().sent, 2);
}

#[tokio::test]
async fn released_rows_are_pending_again() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 3).await;
    let rows = claim(&ledger, 3).await.iter().map(|row| row.row).collect();
    ledger.release(rows).await.unwrap();
    ledger.release(Vec::new()).await.unwrap();
    assert_eq!(ledger.tally().await.unwrap().pending, 3);
    assert_eq!(claim(&ledger, 3).await.len(), 3);
}

#[tokio::test]
async fn after_the_death_of_a_process_started_rows_are_in_doubt() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 5).await;
    let rows: Vec<_> = claim(&ledger, 4).await.iter().map(|row| row.row).collect();
    ledger.start(rows[0], None).await.unwrap();
    ledger.start(rows[1], Some(closing(rows[0], Outcome::Sent))).await.unwrap();
    let ledger = after_death(&temporary, ledger, "boot-1").await;
    let doubt = ledger.recover(InDoubt::Keep, at(9)).await.unwrap();
    assert_eq!(doubt, Doubt { in_doubt: 1, returned: 2 });
    let expected = Tally { sent: 1, unknown: 1, pending: 3, ..Tally::default() };
    assert_eq!(ledger.tally().await.unwrap(), expected);
    // A row in doubt stays so through any number of recoveries, until somebody decides.
    let again = ledger.recover(InDoubt::Keep, at(10)).await.unwrap();
    assert_eq!(again, Doubt { in_doubt: 1, returned: 0 });
}

#[tokio::test]
async fn after_a_loss_of_power_every_reserved_row_is_in_doubt() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 5).await;
    let rows: Vec<_> = claim(&ledger, 4).await.iter().map(|row| row.row).collect();
    ledger.start(rows[0], None).await.unwrap();
    ledger.start(rows[1], Some(closing(rows[0], Outcome::Sent))).await.unwrap();
    let ledger = after_death(&temporary, ledger, "boot-2").await;
    let doubt = ledger.recover(InDoubt::Keep, at(9)).await.unwrap();
    assert_eq!(doubt, Doubt { in_doubt: 3, returned: 0 });
    let unknown = rows_in(&store, RowState::Unknown).await;
    assert!(unknown[0].note.contains("the server may have it"));
    let expected = Tally { sent: 1, unknown: 3, pending: 1, ..Tally::default() };
    assert_eq!(ledger.tally().await.unwrap(), expected);
}

#[tokio::test]
async fn rows_in_doubt_are_settled_as_the_caller_decides() {
    for (in_doubt, pending, withdrawn) in [(InDoubt::Resend, 2, 0), (InDoubt::Skip, 1, 1)] {
        let temporary = Temporary::new();
        let (store, ledger) = ledger_of(&temporary, 2).await;
        let row = claim(&ledger, 1).await[0].row;
        ledger.start(row, None).await.unwrap();
        ledger.close(closing(row, Outcome::Unknown)).await.unwrap();
        let ledger = after_death(&temporary, ledger, "boot-1").await;
        let doubt = ledger.recover(in_doubt, at(9)).await.unwrap();
        assert_eq!(doubt, Doubt { in_doubt: 1, returned: 0 });
        let tally = ledger.tally().await.unwrap();
        assert_eq!((tally.pending, tally.withdrawn, tally.total()), (pending, withdrawn, 2));
        let skipped = rows_in(&store, RowState::Withdrawn).await;
        assert!(skipped.iter().all(|row| row.class == "in-doubt"));
        assert_eq!(ledger.recover(in_doubt, at(9)).await.unwrap(), Doubt::default());
    }
}

#[tokio::test]
async fn only_rows_that_had_their_time_and_their_attempts_expire() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 4).await;
    let rows: Vec<_> = claim(&ledger, 2).await.iter().map(|row| row.row).collect();
    ledger.start(rows[0], None).await.unwrap();
    ledger.close(closing(rows[0], Outcome::Deferred(at(60)))).await.unwrap();
    let tried_at = closing(rows[0], Outcome::Unknown).at;
    let expiry = |first_tried_by, attempts| Expiry { first_tried_by, attempts };
    let too_early = tried_at - std::time::Duration::from_secs(1);
    assert_eq!(ledger.expire(expiry(too_early, 1), at(9)).await.unwrap(), 0);
    assert_eq!(ledger.expire(expiry(tried_at, 2), at(9)).await.unwrap(), 0);
    assert_eq!(ledger.expire(expiry(tried_at, 1), at(9)).await.unwrap(), 1);
    // Rows that were never tried do not grow old.
    let expected = Tally { pending: 2, reserved: 1, expired: 1, ..Tally::default() };
    assert_eq!(ledger.tally().await.unwrap(), expected);
    assert_eq!(ledger.next_due().await.unwrap(), None);
    let expired = rows_in(&store, RowState::Rejected).await;
    assert_eq!(expired[0].class, "expired");
    assert!(expired[0].note.ends_with("250 ok"));
}

#[tokio::test]
async fn a_refused_row_is_rejected_suppressed_or_as_if_it_had_not_been_tried() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 5).await;
    let rows = claim(&ledger, 5).await;
    for row in &rows {
        ledger.start(row.row, None).await.unwrap();
        ledger.close(closing(row.row, Outcome::Deferred(at(60)))).await.unwrap();
    }
    let fates = [
        Fate::Rejected(RejectClass::Mailbox),
        Fate::RejectedOnce,
        Fate::Rejected(RejectClass::Other),
        Fate::Restored,
    ];
    let settled: Vec<_> =
        rows.iter().zip(fates).map(|(row, fate)| Settlement { row: row.row, fate }).collect();
    ledger.settle(settled.clone(), at(9)).await.unwrap();
    // A row that is not deferred any more stays as it is.
    ledger.settle(settled, at(10)).await.unwrap();
    let expected = Tally { pending: 1, deferred: 1, rejected: 3, ..Tally::default() };
    assert_eq!(ledger.tally().await.unwrap(), expected);
    for (row, suppressed) in rows.iter().zip([true, false, false, false]) {
        let reason = store.suppression(&row.address).await.unwrap();
        assert_eq!(reason, suppressed.then_some(SuppressionReason::HardBounce));
    }
    assert_eq!(store.plan_audience().await.unwrap().included, 4);
    let again = claim(&ledger, 9).await;
    assert_eq!((again.len(), again[0].row, again[0].attempts), (1, rows[3].row, 0));
}

#[tokio::test]
async fn a_row_that_was_deferred_under_a_clock_that_was_ahead_waits_no_longer_than_meant() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 1).await;
    let row = claim(&ledger, 1).await[0].row;
    ledger.start(row, None).await.unwrap();
    let year = at(365 * 24 * 3600);
    let note = "451 later".to_owned();
    let outcome = Outcome::Deferred(year + std::time::Duration::from_secs(300));
    ledger.close(Closing { row, outcome, note, at: year }).await.unwrap();
    ledger.recover(InDoubt::Keep, at(9)).await.unwrap();
    assert_eq!(ledger.next_due().await.unwrap(), Some(at(309)));
    // Its first attempt was not in the future either.
    let expiry = Expiry { first_tried_by: at(9), attempts: 1 };
    assert_eq!(ledger.expire(expiry, at(9)).await.unwrap(), 1);
}

#[tokio::test]
async fn the_ledger_knows_whether_other_domains_are_on_the_list() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 2).await;
    assert!(!ledger.has_other_domain("example.org").await.unwrap());
    assert!(ledger.has_other_domain("ample.org").await.unwrap());
}

#[tokio::test]
async fn each_of_many_workers_gets_the_result_of_its_change() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 400).await;
    let ledger = std::sync::Arc::new(ledger);
    let rows = claim(&ledger, 400).await;
    let workers = rows.chunks(25).map(|rows| {
        let (ledger, rows): (_, Vec<_>) = (ledger.clone(), rows.iter().map(|r| r.row).collect());
        tokio::spawn(async move {
            let mut previous = None;
            for row in rows {
                ledger.start(row, previous).await.unwrap();
                previous = Some(closing(row, Outcome::Sent));
            }
            ledger.close(previous.unwrap()).await.unwrap();
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    assert_eq!(ledger.tally().await.unwrap(), Tally { sent: 400, ..Tally::default() });
}

#[tokio::test]
async fn a_start_is_written_even_if_its_worker_has_ended() {
    let temporary = Temporary::new();
    let (_, ledger) = ledger_of(&temporary, 1).await;
    let row = claim(&ledger, 1).await[0].row;
    {
        let mut start = Box::pin(ledger.start(row, None));
        let waker = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert!(start.as_mut().poll(waker).is_pending());
    }
    ledger.close(closing(row, Outcome::Unknown)).await.unwrap();
    assert_eq!(ledger.tally().await.unwrap().unknown, 1);
}

#[tokio::test]
async fn a_full_disk_stops_the_ledger_and_changes_no_row() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 400).await;
    let rows = claim(&ledger, 400).await;
    for row in &rows {
        ledger.start(row.row, None).await.unwrap();
    }
    opening::limit_pages(&store).await;
    let long = "x".repeat(8_000);
    let mut closed = 0;
    let error = loop {
        let note = long.clone();
        let closing = Closing { note, ..closing(rows[closed].row, Outcome::Sent) };
        match ledger.close(closing).await {
            Ok(()) => closed += 1,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("the disk is full"), "{error}");
    let tally = ledger.tally().await.unwrap();
    assert_eq!((tally.sent, tally.started), (closed as u64, 400 - closed as u64));
}

#[tokio::test]
async fn claiming_reads_an_index_and_a_group_goes_to_its_rows() {
    let temporary = Temporary::new();
    let (store, _ledger) = ledger_of(&temporary, 10).await;
    for sql in [CLAIM_DUE, CLAIM_PENDING, NEXT_DUE, EXPIRE, SET_CLOCK_BACK] {
        let plan = plan(&store, sql).await;
        assert!(plan.contains("recipients_claimable"), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    let half_called_off = plan(&store, HALF_CALLED_OFF).await;
    assert!(half_called_off.contains("USING INDEX campaigns_half_called_off"), "{half_called_off}");
    for sql in [WRITE_CHANGES, SETTLE] {
        let plan = plan(&store, sql).await;
        assert!(plan.contains("SEARCH recipients USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
    }
}

async fn plan(store: &Store, sql: &str) -> String {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(store.readers()).await.unwrap();
    rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn claims_and_recoveries_are_flushed_to_the_disk_and_starts_are_not() {
    let temporary = Temporary::new();
    let (store, ledger) = ledger_of(&temporary, 2).await;
    let (flushed, unflushed) = (2, 1);
    assert_eq!(store.writer().synchronous().await, flushed);
    let row = claim(&ledger, 1).await[0].row;
    assert_eq!(store.writer().synchronous().await, flushed);
    ledger.start(row, None).await.unwrap();
    assert_eq!(store.writer().synchronous().await, unflushed);
    store.unsubscribe(SubscriberId(2), "t", at(2)).await.unwrap();
    assert_eq!(store.writer().synchronous().await, flushed);
    ledger.close(closing(row, Outcome::Sent)).await.unwrap();
    assert_eq!(store.writer().synchronous().await, unflushed);
    ledger.recover(InDoubt::Keep, at(3)).await.unwrap();
    assert_eq!(store.writer().synchronous().await, flushed);
}

/// After any sequence of calls, every row is in exactly one state.
#[tokio::test]
async fn the_states_add_up_to_the_audience_after_any_history() {
    for seed in 1..=6_u64 {
        let temporary = Temporary::new();
        let (store, mut ledger) = ledger_of(&temporary, 60).await;
        let mut random = Xorshift(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (mut reserved, mut started) = (Vec::new(), Vec::new());
        let (mut now, mut sent, mut boot) = (10, 0, 1);
        for _ in 0..150 {
            now += 1;
            match random.below(10) {
                0..=2 => {
                    let claim = ledger.claim(random.below(8) as usize, at(now)).await.unwrap();
                    reserved.extend(claim.reserved.iter().map(|row| row.row));
                }
                3..=5 => {
                    let Some(row) = reserved.pop() else { continue };
                    ledger.start(row, None).await.unwrap();
                    started.push(row);
                }
                6..=7 => {
                    let Some(row) = started.pop() else { continue };
                    let outcome = match random.below(6) {
                        0 | 1 => Outcome::Deferred(at(now + 5)),
                        2 => Outcome::Unknown,
                        3 => Outcome::Pending,
                        _ => Outcome::Sent,
                    };
                    sent += u64::from(outcome == Outcome::Sent);
                    ledger.close(closing(row, outcome)).await.unwrap();
                    let fate = match random.below(4) {
                        0 => Fate::Rejected(RejectClass::Mailbox),
                        1 => Fate::Restored,
                        _ => continue,
                    };
                    ledger.settle(vec![Settlement { row, fate }], at(now)).await.unwrap();
                }
                8 => {
                    let reader = SubscriberId(random.below(60) as i64 + 1);
                    store.unsubscribe(reader, "t", at(now)).await.unwrap();
                }
                _ => {
                    boot += random.below(2);
                    ledger = after_death(&temporary, ledger, &format!("boot-{boot}")).await;
                    let decisions = [InDoubt::Keep, InDoubt::Resend, InDoubt::Skip];
                    let decision = decisions[random.below(3) as usize];
                    ledger.recover(decision, at(now)).await.unwrap();
                    reserved.clear();
                    started.clear();
                }
            }
            let tally = ledger.tally().await.unwrap();
            assert_eq!(tally.total(), 60, "seed {seed}: {tally:?}");
            assert_eq!(tally.reserved, reserved.len() as u64, "seed {seed}");
            assert_eq!(tally.started, started.len() as u64, "seed {seed}");
            assert_eq!(tally.sent, sent, "seed {seed}");
        }
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
