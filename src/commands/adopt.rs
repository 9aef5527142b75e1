//! `postrider adopt`: takes a store that was moved or restored.

use clap::Args;

use crate::config::{Config, Root};
use crate::error::{Exit, Failure};
use crate::host::{Context, block_on};
use crate::publish::store_access::with_store;
use crate::store::{OpenMode, Store, StoreFault};

/// Take the store as it is, after it was moved or restored from a backup
///
/// `send` and `due` refuse a store that may not know whom it has mailed. First
/// compare `postrider status` with the log of the relay: afterwards, a send mails
/// every recipient whom the store does not record as sent.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Adopts the store. It does not ask, because nobody is mailed.
pub(crate) fn run(context: &Context, _: &Arguments) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    block_on(with_store(context, &config, OpenMode::MustExist, async |store| {
        let lock = store.lock_for_sending()?;
        let path = store.path().display();
        context.ui.status(&match store.adopt(&lock).await? {
            Some(_) => format!(
                "{path} is now the store to send from; a send mails every recipient whom it does not \
                 record as sent"
            ),
            None => format!("{path} is already the store to send from; nothing was changed"),
        });
        Ok(Exit::Done)
    }))
}

/// Warns of a store that `send` and `due` refuse.
///
/// # Errors
/// The store or its witness cannot be read.
pub(super) async fn warn_of_moved(
    context: &Context,
    config: &Config,
    store: &Store,
) -> Result<(), Failure> {
    if config.delivery.via.kind().reaches_people()
        && let Some(moved) = store.moved().await?
    {
        let (path, fault) = (store.path().display(), StoreFault::Moved { moved });
        context.ui.warning(&format!("`send` and `due` refuse the store {path}: {fault}"));
        context.ui.hint(fault.advice());
    }
    Ok(())
}
