//! `postrider serve`: the unsubscribe page and `/healthz`.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;

use crate::config::{Config, Root};
use crate::delivery::StopWish;
use crate::error::{Exit, Failure};
use crate::host::{Context, block_on, listen_for_signals, open_file_limit};
use crate::publish::store_access;
use crate::store::OpenMode;
use crate::web::{self, Closed, Masthead, Pages, ServeLimits};

/// Serve the public pages: one-click unsubscribe and /healthz
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Address and port to listen on; put a proxy with TLS in front of it
    #[arg(long, default_value = "127.0.0.1:8025", value_name = "ADDR:PORT")]
    listen: SocketAddr,
}

/// Serves until a signal asks it to stop.
pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let root = Root::find(context.root.as_deref(), &context.environment)?;
    let config = Config::load(&root, &context.environment, None)?;
    block_on(store_access::with_store(context, &config, OpenMode::MustExist, async |store| {
        let keys = store.signing_keys(context.random.as_ref(), context.clock.now()).await?;
        let newsletter = &config.newsletter;
        let masthead = Masthead {
            name: newsletter.name.clone(),
            language: newsletter.language.to_string(),
            direction: newsletter.direction,
        };
        let (list, clock) = (store.clone(), Arc::clone(&context.clock));
        let router = web::router(Pages { masthead, keys, list, clock });
        let cannot_listen = |error: std::io::Error| {
            Failure::from_error(
                Exit::Usage,
                format!("cannot listen on {}", arguments.listen),
                &error,
            )
            .hint("Another process may have the port: choose one with `--listen`.")
        };
        let listener = web::listen(arguments.listen).map_err(cannot_listen)?;
        let bound = listener.local_addr().map_err(cannot_listen)?;
        // Listen for signals before saying so: the reader of that line may stop us at once.
        let mut stop = listen_for_signals()?;
        context.ui.status(&format!("listening on http://{bound}"));
        let shutdown = async move {
            let _ = stop.wait_for(|wish| *wish > StopWish::GoOn).await;
        };
        let mut limits = ServeLimits::for_open_files(open_file_limit());
        if let Some(proxies) = &config.trusted_proxies {
            limits.proxies.clone_from(proxies);
        }
        match web::serve_within(limits, listener, router, shutdown).await {
            Closed::Drained => context.ui.status("every request was answered"),
            Closed::CutShort { connections } => {
                context.ui.warning(&format!("{connections} open connections were dropped"));
            }
        }
        Ok(Exit::Done)
    }))
}
