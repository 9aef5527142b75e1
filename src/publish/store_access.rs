//! Opens the store for a command. Which route is configured decides whether a
//! missing store may be created.

use std::fs::File;
use std::path::Path;

use crate::audience::AudiencePlan;
use crate::audience::csv::ListReader;
use crate::config::{Config, Via};
use crate::error::{Exit, Failure};
use crate::host::{Context, boot_id};
use crate::store::{EXAMPLE_ORIGIN, OpenMode, Store};

use super::order::Effect;

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
/// mounted would look like an empty list. A dry run creates none that stays.
pub(crate) async fn with_store_for_sending<T>(
    context: &Context,
    config: &Config,
    effect: Effect,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let crate::config::StoreLocation::Sqlite(path) = &config.store;
    match (&config.delivery.via, effect) {
        (Via::Outbox(_), Effect::Real) => {
            with_store(context, config, OpenMode::CreateIfMissing, work).await
        }
        (Via::Outbox(_), Effect::Shown) if !path.exists() => {
            with_passing_store(context, work).await
        }
        _ => with_store(context, config, OpenMode::MustExist, work).await,
    }
}

/// Does the work with an empty store that is removed afterwards.
async fn with_passing_store<T>(
    context: &Context,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::from_error(Exit::StoreFault, "cannot make a temporary folder", &error)
    })?;
    let path = folder.path().join("store.sqlite3");
    let boot = boot_id(context.random.as_ref());
    let store = Store::open(&path, OpenMode::CreateIfMissing, &boot).await?;
    let done = work(&store).await;
    store.close().await;
    done
}

/// The outbox's own list, if the list in the store is empty: an earlier proof or
/// a failed send may have created an empty store.
pub(super) async fn examples_to_import<'c>(
    config: &'c Config,
    store: &Store,
) -> Result<Option<&'c Path>, Failure> {
    let Via::Outbox(outbox) = &config.delivery.via else { return Ok(None) };
    let is_empty = store.stats().await?.total == 0;
    Ok(outbox.subscribers.as_deref().filter(|_| is_empty))
}

/// Who would get an issue after [`import_examples`].
pub(super) async fn audience_of_examples(
    context: &Context,
    list: &Path,
) -> Result<AudiencePlan, Failure> {
    with_passing_store(context, async |store| {
        let reader = read_list(list)?;
        store.import_whole(reader, EXAMPLE_ORIGIN, context.clock.now(), |_| Ok(())).await?;
        Ok(store.plan_audience().await?)
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
pub(super) async fn import_examples(
    context: &Context,
    store: &Store,
    list: &Path,
) -> Result<(), Failure> {
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
