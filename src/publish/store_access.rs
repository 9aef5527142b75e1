//! Opens the store for a command. Which route is configured decides whether a
//! missing store may be created.

use std::fs::File;
use std::path::Path;

use crate::audience::csv::ListReader;
use crate::config::{Config, Via};
use crate::error::{Exit, Failure};
use crate::host::{Context, boot_id};
use crate::store::{EXAMPLE_ORIGIN, OpenMode, Store};

/// Opens the store, does the work, and closes the store even if the work
/// failed, so that its one file is complete and can be copied.
pub(crate) async fn with_store<T>(
    context: &Context,
    config: &Config,
    mode: OpenMode,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let crate::config::StoreLocation::Sqlite(path) = &config.store;
    let store = Store::open(path, mode, &boot_id(context.random.as_ref())).await?;
    let done = work(&store).await;
    store.close().await;
    done
}

/// As [`with_store`], for `send` and `due`. Only for the outbox, which reaches
/// nobody, a missing store is created: on other routes a volume that is not
/// mounted would look like an empty list.
pub(crate) async fn with_store_for_sending<T>(
    context: &Context,
    config: &Config,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Via::Outbox(outbox) = &config.delivery.via else {
        return with_store(context, config, OpenMode::MustExist, work).await;
    };
    with_store(context, config, OpenMode::CreateIfMissing, async |store| {
        // An earlier proof or a failed send may have created an empty store.
        if let Some(list) = outbox.subscribers.as_deref()
            && store.stats().await?.total == 0
        {
            import_first(context, store, list).await?;
        }
        work(store).await
    })
    .await
}

/// Opens a CSV file and reads its header.
pub(crate) fn read_list(path: &Path) -> Result<ListReader<File>, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::from_error(
            Exit::InputUnreadable,
            format!("cannot import {}", path.display()),
            error,
        )
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    ListReader::new(file).map_err(|error| unreadable(&error))
}

/// Imports the outbox's own list into an empty store: all rows or none, because
/// the next command takes a list that is not empty for the whole list.
async fn import_first(context: &Context, store: &Store, list: &Path) -> Result<(), Failure> {
    let reader = read_list(list)?;
    let summary = store
        .import_whole(reader, EXAMPLE_ORIGIN, context.clock.now(), |row| {
            context.ui.warning(&format!("{}:{}: {}", list.display(), row.line, row.reason));
            Ok(())
        })
        .await?;
    context.ui.status(&format!(
        "imported {} subscribers from {} into {}",
        summary.added,
        list.display(),
        store.path().display()
    ));
    Ok(())
}
