//! The store as commands use it: opened by the rules of the way to the readers.

use std::path::Path;

use crate::audience::csv::ListReader;
use crate::config::{Config, Via};
use crate::delivery::LedgerError;
use crate::error::{Exit, Failure};
use crate::store::{ImportError, OpenMode, Store, StoreError};

use super::Context;
use super::host::boot_id;

/// Opens the store for `send` and `due`. Only the outbox, which mails nobody,
/// may make one: over a relay an unmounted volume would look like an empty list.
pub(super) async fn open_for_sending(context: &Context, config: &Config) -> Result<Store, Failure> {
    match &config.delivery.via {
        Via::Smtp(_) | Via::Mailchimp(_) => open(context, config, OpenMode::MustExist).await,
        Via::Outbox(outbox) => {
            let crate::config::Store::Sqlite(path) = &config.store;
            let is_new = !path.exists();
            let store = open(context, config, OpenMode::CreateIfMissing).await?;
            if let Some(list) = outbox.subscribers.as_deref().filter(|_| is_new) {
                import_first(context, &store, list).await?;
            }
            Ok(store)
        }
    }
}

/// Opens the store.
pub(super) async fn open(
    context: &Context,
    config: &Config,
    mode: OpenMode,
) -> Result<Store, Failure> {
    let crate::config::Store::Sqlite(path) = &config.store;
    Ok(Store::open(path, mode, &boot_id(context.random.as_ref())).await?)
}

async fn import_first(context: &Context, store: &Store, list: &Path) -> Result<(), Failure> {
    let what = || format!("cannot import {}", list.display());
    let file = std::fs::File::open(list)
        .map_err(|error| Failure::of(Exit::InputUnreadable, what(), &error))?;
    let reader = ListReader::new(file)
        .map_err(|error| Failure::of(Exit::InputUnreadable, what(), &error))?;
    let origin = format!("import of {}", list.display());
    let summary = store
        .import(reader, &origin, context.clock.now(), |row| {
            context.ui.warning(&format!("{}:{}: {}", list.display(), row.line, row.reason));
            Ok(())
        })
        .await?;
    context.ui.status(&format!(
        "made the store {} and imported {} subscribers from {}",
        store.path().display(),
        summary.added,
        list.display()
    ));
    Ok(())
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::HeldByAnother { .. } => Exit::Held,
            _ => Exit::StoreFault,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            error => Self::new(Exit::InputUnreadable, error.to_string()),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(Exit::StoreFault, error.to_string())
            .hint("Nothing more is sent. Mend the store, and run the same command: it resumes.")
    }
}
