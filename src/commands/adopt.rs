//! `postrider adopt`: takes a store that was moved or restored.

use clap::Args;

use crate::config::{Config, Root};
use crate::error::{Exit, Failure};
use crate::host::{Context, block_on};
use crate::publish::store_access::with_store;
use crate::store::{MovedStore, OpenMode, Store, StoreFault};

/// Take the store as it is, after it was moved or restored from a backup
///
/// `send` and `due` refuse a store that may not know whom it has mailed. First
/// compare `postrider status` with the log of the relay: whoever is not recorded
/// as sent gets the mail.
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
                "{path} is the store to send from; whoever it does not record as sent gets the mail"
            ),
            None => format!("{path} is the store to send from already; nothing was changed"),
        });
        Ok(Exit::Done)
    }))
}

/// What `status` says about a store that `send` refuses.
pub(super) fn warning(store: &Store, moved: MovedStore) -> String {
    let path = store.path().display();
    format!("`send` and `due` refuse the store {path}: {}", StoreFault::Moved { moved })
}
