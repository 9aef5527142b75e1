//! What every store promises, tried on real files.

mod list;
mod opening;

use std::path::PathBuf;

use super::{OpenMode, Store};
use crate::audience::csv::ListReader;
use crate::domain::{EmailAddress, Timestamp};

/// A store in a folder of its own, which goes when this is dropped.
struct Temporary {
    folder: tempfile::TempDir,
}

impl Temporary {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("data/list.sqlite")
    }

    async fn open(&self) -> Store {
        self.open_in_boot("boot-1").await
    }

    /// While an earlier store is open, this is what a crash leaves behind.
    async fn open_in_boot(&self, boot_id: &str) -> Store {
        Store::open(&self.path(), OpenMode::CreateIfMissing, boot_id).await.unwrap()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn import(store: &Store, file: &str) -> super::ImportSummary {
    let list = ListReader::new(file.as_bytes()).unwrap();
    store.import(list, "a test", at(0), |_| Ok(())).await.unwrap()
}

/// `email,first_name` for readers 0 to `count`.
fn readers(count: usize) -> String {
    let rows = (0..count).map(|n| format!("reader{n}@example.org,R{n}\n"));
    std::iter::once("email,first_name\n".to_owned()).chain(rows).collect()
}
