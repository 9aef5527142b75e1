//! The file beside the store that tells whether the store is the one from which
//! was sent last.
//!
//! A store that was restored from a backup, copied without its write-ahead log,
//! or opened where its log is not beside it, does not know what was sent since.
//! Every row that is started gets the next number, in the transaction that
//! starts it, and then the number is written into `STORE.witness`. So a store
//! whose highest number is lower than that of its witness has lost something.
//! While a campaign is sent, the store's one file says that it is in use: a copy
//! of that file alone, which has no witness, is refused. Absent on purpose: a copy
//! of a store that was closed, or of the whole folder; nobody can tell it from
//! the original.
//!
//! The order makes a false alarm impossible after a kill: the store has the
//! number before the witness has it. After a loss of power the last starts may
//! be lost, but not a claim: so the witness also holds the number at the last
//! claim, and after another boot only that one counts.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::sender_lock::open_private;
use super::{SenderLock, Store, StoreError, StoreFault};

/// The end of the file's name.
const SUFFIX: &str = ".witness";

const CHECK: &str = "send from";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Witness {
    /// The store to which it belongs.
    id: String,
    /// The highest number that a loss of power cannot take back.
    durable: i64,
    boot_id: String,
    /// The highest number of that boot.
    number: i64,
}

/// What the store knows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StoreNumber {
    /// `None`: it was never sent from, except into the outbox.
    id: Option<String>,
    number: i64,
    /// A send has begun, and the store was not closed since.
    in_use: bool,
}

/// Why a store may not know what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MovedStore {
    /// It was copied while it was in use, and its witness is not beside it.
    NoWitness,
    /// Another store's witness is beside it.
    OtherWitness,
    /// Its witness knows of later starts.
    Older,
}

/// A witness that is written while a campaign is sent. There is one at a time,
/// because there is one sender.
#[derive(Debug, Default)]
pub(super) struct SendingWitness(Mutex<Option<OpenWitness>>);

#[derive(Debug)]
struct OpenWitness {
    file: File,
    witness: Witness,
    /// When the file was last written.
    written: Option<Instant>,
}

/// A fast send writes the file this often, and not with every group of starts. A
/// store that lost its log lost more than that.
const WRITE_EVERY: Duration = Duration::from_millis(20);

impl Witness {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let id = words.next()?.to_owned();
        let durable = words.next()?.parse().ok()?;
        let boot_id = words.next()?.to_owned();
        Some(Self { id, durable, boot_id, number: words.next()?.parse().ok()? })
    }

    /// The highest number that the store must have.
    fn least(&self, boot_id: &str) -> i64 {
        if self.boot_id == boot_id { self.durable.max(self.number) } else { self.durable }
    }

    /// Always the same length, so that it is overwritten whole.
    fn line(&self) -> String {
        format!("{} {:019} {} {:019}\n", self.id, self.durable, self.boot_id, self.number)
    }

    fn write(&self, file: &File) -> std::io::Result<()> {
        file.write_all_at(self.line().as_bytes(), 0)
    }
}

/// Compares the store with its witness.
fn judge(store: &StoreNumber, witness: Option<&Witness>, boot_id: &str) -> Result<(), MovedStore> {
    match (&store.id, witness) {
        (None, None) => Ok(()),
        // Made for a store that was then not sent from.
        (None, Some(witness)) if witness.least(boot_id) == 0 => Ok(()),
        // Whoever moves a store that was closed may leave its witness behind.
        (Some(_), None) if !store.in_use => Ok(()),
        (Some(_), None) => Err(MovedStore::NoWitness),
        (Some(id), Some(witness)) if *id == witness.id => {
            let is_older = store.number < witness.least(boot_id);
            if is_older { Err(MovedStore::Older) } else { Ok(()) }
        }
        (_, Some(_)) => Err(MovedStore::OtherWitness),
    }
}

impl SendingWitness {
    /// The number of the next start, if starts are numbered. The caller has its
    /// turn at the writing connection until the numbers are recorded.
    pub(super) fn next_number(&self) -> Option<i64> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|open| open.witness.number + 1)
    }

    /// The store has recorded starts up to this number.
    pub(super) fn record(&self, number: i64) {
        self.change(|open| {
            open.witness.number = number;
            open.written.is_none_or(|written| written.elapsed() >= WRITE_EVERY)
        });
    }

    /// All that the store has recorded until now is on the disk.
    pub(super) fn record_durable(&self) {
        self.change(|open| {
            open.witness.durable = open.witness.number;
            true
        });
    }

    /// Changes the witness, and writes it if `change` says so. One that cannot be
    /// written says less than it could, and never something wrong.
    fn change(&self, change: impl FnOnce(&mut OpenWitness) -> bool) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = open.as_mut() else { return };
        if change(open) {
            let _ = open.witness.write(&open.file);
            open.written = Some(Instant::now());
        }
    }
}

impl Store {
    /// Whether this is the store from which was sent last, as far as that can be known.
    ///
    /// # Errors
    /// The store or its witness cannot be read.
    pub(crate) async fn moved(&self) -> Result<Option<MovedStore>, StoreError> {
        self.moved_with(&self.number().await?)
    }

    /// Refuses a store that was moved or restored, as a send does.
    ///
    /// # Errors
    /// [`StoreFault::Moved`], or the store or its witness cannot be read.
    pub(crate) async fn require_unmoved(&self) -> Result<(), StoreError> {
        self.require_unmoved_with(&self.number().await?)
    }

    /// Begins to send to people: from here on every start is numbered.
    ///
    /// # Errors
    /// [`StoreFault::Moved`], or the store or its witness cannot be read or written.
    pub(crate) async fn begin_sending(&self, lock: &SenderLock) -> Result<(), StoreError> {
        let store = self.number().await?;
        self.require_unmoved_with(&store)?;
        self.witness_as(store, lock).await
    }

    /// Takes the store as it is for the one from which is sent. Returns whether
    /// there was a doubt about it.
    ///
    /// # Errors
    /// The store or its witness cannot be read or written.
    pub(crate) async fn adopt(&self, lock: &SenderLock) -> Result<Option<MovedStore>, StoreError> {
        let store = self.number().await?;
        let moved = self.moved_with(&store)?;
        if moved.is_some() {
            self.witness_as(StoreNumber { id: None, ..store }, lock).await?;
        }
        Ok(moved)
    }

    fn moved_with(&self, store: &StoreNumber) -> Result<Option<MovedStore>, StoreError> {
        Ok(judge(store, self.read_witness()?.as_ref(), self.boot_id()).err())
    }

    fn require_unmoved_with(&self, store: &StoreNumber) -> Result<(), StoreError> {
        match self.moved_with(store)? {
            Some(moved) => Err(StoreError::new(CHECK, self.path(), StoreFault::Moved { moved })),
            None => Ok(()),
        }
    }

    /// Writes the witness of the store, with a new identifier if it has none.
    async fn witness_as(&self, store: StoreNumber, _: &SenderLock) -> Result<(), StoreError> {
        let failed = |error| StoreError::from_io(CHECK, self.path(), error);
        let StoreNumber { id, number, .. } = store;
        let number = number + 1;
        let path = self.shared.file.beside(SUFFIX);
        let is_new = id.is_none() || !path.exists();
        let file = open_private(&path).map_err(failed)?;
        let id = match id {
            Some(id) => id,
            None => self.new_id().await?,
        };
        let mut witness = Witness {
            id,
            durable: 0,
            boot_id: self.boot_id().replace(char::is_whitespace, "-"),
            number: 0,
        };
        if is_new {
            // It is on the disk before the store refers to it: a store without its witness is refused.
            file.set_len(0).map_err(failed)?;
            witness.write(&file).and_then(|()| file.sync_all()).map_err(failed)?;
            if let Some(folder) = path.parent() {
                File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            }
        }
        let write = sqlx::query("UPDATE witness SET id = ?1, floor = ?2, in_use = 1");
        self.execute(CHECK, write.bind(&witness.id).bind(number)).await?;
        // The one file says so before anything is sent.
        self.merge_log("PRAGMA wal_checkpoint(PASSIVE)").await;
        (witness.durable, witness.number) = (number, number);
        witness.write(&file).map_err(failed)?;
        let open = OpenWitness { file, witness, written: None };
        *self.shared.witness.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(open);
        Ok(())
    }

    /// Ends the numbering of starts, so that a copy of the store's one file is whole.
    pub(super) async fn end_sending(&self) {
        let open = self.shared.witness.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if open.is_some() {
            // If it fails, a copy without the witness is refused, and nothing else.
            let _ = self.execute(CHECK, sqlx::query("UPDATE witness SET in_use = 0")).await;
        }
    }

    /// What the store knows of itself. It reads every row of the ledger once.
    async fn number(&self) -> Result<StoreNumber, StoreError> {
        let (id, number, in_use) = sqlx::query_as(
            "SELECT id, max(floor, (SELECT coalesce(max(start_number), 0) FROM recipients)), in_use
             FROM witness",
        )
        .fetch_one(self.readers())
        .await
        .map_err(self.fault(CHECK))?;
        Ok(StoreNumber { id, number, in_use })
    }

    async fn new_id(&self) -> Result<String, StoreError> {
        sqlx::query_scalar("SELECT lower(hex(randomblob(16)))")
            .fetch_one(self.readers())
            .await
            .map_err(self.fault(CHECK))
    }

    fn read_witness(&self) -> Result<Option<Witness>, StoreError> {
        let text = match File::open(self.shared.file.beside(SUFFIX)) {
            Ok(file) => read_line(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
        };
        let text = text.map_err(|error| StoreError::from_io(CHECK, self.path(), error))?;
        // One that is no witness proves nothing, like one that is not there.
        Ok(Witness::parse(&text))
    }
}

fn read_line(file: File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.take(1000).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a file is mounted by itself, as `docker run -v FILE:FILE` does. Then
/// the files beside it are others than those beside the same file elsewhere.
pub(super) fn is_mounted_alone(path: &Path) -> bool {
    let Some(folder) = path.parent() else { return false };
    match (mount_number(path), mount_number(folder)) {
        (Some(file), Some(folder)) => file != folder,
        _ => false,
    }
}

/// The mount to which a path leads; `None` where the system does not say.
#[cfg(target_os = "linux")]
fn mount_number(path: &Path) -> Option<u64> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
    let is_known = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
    is_known.then_some(found.stx_mnt_id)
}

#[cfg(not(target_os = "linux"))]
fn mount_number(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_the_one_if_its_witness_knows_no_later_start() {
        let witness = |id: &str, durable, boot_id: &str, number| {
            Some(Witness { id: id.into(), durable, boot_id: boot_id.into(), number })
        };
        for (id, number, beside, expected) in [
            (None, 0, None, None),
            (Some("a"), 9, None, None),
            (None, 0, witness("a", 0, "boot", 0), None),
            (None, 0, witness("a", 1, "boot", 1), Some(MovedStore::OtherWitness)),
            (Some("a"), 9, witness("b", 1, "boot", 1), Some(MovedStore::OtherWitness)),
            (Some("a"), 9, witness("a", 5, "boot", 9), None),
            // Killed between the store and the witness.
            (Some("a"), 12, witness("a", 5, "boot", 9), None),
            (Some("a"), 8, witness("a", 5, "boot", 9), Some(MovedStore::Older)),
            // A loss of power took back the last starts, and no claim.
            (Some("a"), 5, witness("a", 5, "earlier", 9), None),
            (Some("a"), 4, witness("a", 5, "earlier", 9), Some(MovedStore::Older)),
        ] {
            let store = StoreNumber { id: id.map(str::to_owned), number, in_use: false };
            let judged = judge(&store, beside.as_ref(), "boot").err();
            assert_eq!(judged, expected, "{store:?} {beside:?}");
            let used = StoreNumber { in_use: true, ..store };
            let expected =
                if beside.is_none() { id.map(|_| MovedStore::NoWitness) } else { expected };
            assert_eq!(
                judge(&used, beside.as_ref(), "boot").err(),
                expected,
                "{used:?} {beside:?}"
            );
        }
    }

    #[test]
    fn a_witness_reads_back_and_keeps_its_length() {
        let small = Witness { id: "ab".into(), durable: 0, boot_id: "boot".into(), number: 1 };
        let large = Witness { durable: i64::MAX, number: i64::MAX, ..small.clone() };
        assert_eq!(small.line().len(), large.line().len());
        for witness in [small, large] {
            assert_eq!(Witness::parse(&witness.line()), Some(witness));
        }
        for text in ["", "a", "a 1 b", "a x b 1", "\0\0\0"] {
            assert_eq!(Witness::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_file_in_its_folder_is_not_mounted_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        std::fs::write(&file, "").unwrap();
        assert!(!is_mounted_alone(&file));
        assert!(is_mounted_alone(Path::new("/proc")), "a folder that is a mount of its own");
    }
}
