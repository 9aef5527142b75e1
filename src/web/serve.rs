//! Connections: let in, bounded in number and time, and let out again.
//!
//! axum's own loop sets no time limit for headers and waits for the last
//! connection for ever, so this is our own.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How many connections are open at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 512;

/// How long a request's headers may take, and how long an idle connection is kept.
const HEADER_TIME: Duration = Duration::from_secs(15);

/// The most bytes of one connection's headers that are held.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// How long requests under way may take once a stop was asked for.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// After an error of the listener, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Every request was answered.
    Drained,
    /// Some connections were still open after 20 seconds and were dropped.
    CutShort {
        /// How many.
        connections: usize,
    },
}

/// Answers requests until `shutdown` is ready; then takes no more, lets those
/// under way end for at most 20 seconds, and returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Closed {
    let mut open = Open { connections: JoinSet::new(), shutdown: GracefulShutdown::new() };
    tokio::select! {
        () = open.let_in(&listener, &router) => {}
        () = shutdown => {}
    }
    drop(listener);
    open.let_out().await
}

/// The connections that are open. Dropping this drops them.
struct Open {
    connections: JoinSet<()>,
    shutdown: GracefulShutdown,
}

impl Open {
    async fn let_in(&mut self, listener: &TcpListener, router: &Router) {
        loop {
            tokio::select! {
                Some(_) = self.connections.join_next() => {}
                accepted = listener.accept(), if self.connections.len() < MAX_CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => self.attend(stream, router.clone()),
                        Err(error) => {
                            tracing::warn!(cause = %error, "a connection could not be accepted");
                            tokio::time::sleep(ACCEPT_PAUSE).await;
                        }
                    }
                }
            }
        }
    }

    fn attend(&mut self, stream: TcpStream, router: Router) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let connection = self.shutdown.watch(connection);
        self.connections.spawn(async move {
            // How a connection ends is the far end's business, and its error
            // may quote what was sent.
            let _ = connection.await;
        });
    }

    async fn let_out(mut self) -> Closed {
        let ended = async {
            self.shutdown.shutdown().await;
            while self.connections.join_next().await.is_some() {}
        };
        match tokio::time::timeout(DRAIN_TIME, ended).await {
            Ok(()) => Closed::Drained,
            Err(_) => Closed::CutShort { connections: self.connections.len() },
        }
    }
}
