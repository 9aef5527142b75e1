//! Connections: let in, bounded in number and time, and let out again.
//!
//! axum's own loop sets no time limit for headers and waits for the last
//! connection for ever, so this is our own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::limits::{PeerClient, ServeLimits};
use super::progress::{ConnectionProgress, micros_between};
use super::register::{Admission, ConnectionRegister};
use super::stream::WatchedStream;

/// The most bytes of one connection's headers that are held.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// How many bytes the kernel holds for a peer that does not read; it doubles the
/// number. A page has less than four kilobytes.
const SEND_BUFFER_BYTES: u32 = 16 * 1024;

/// How many connections wait in the kernel until they are accepted.
const BACKLOG: u32 = 4096;

/// How long requests under way may take once a stop was asked for.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// How soon it is tried again if no connection can be let in.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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

/// Listens at an address, with buffers and a queue that fit the pages.
///
/// # Errors
/// The address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connections are still being closed can be had again.
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves within the default limits.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Closed {
    serve_within(ServeLimits::default(), listener, router, shutdown).await
}

/// Answers requests until `shutdown` is ready; then takes no more, lets those
/// under way end for at most 20 seconds, and returns.
pub async fn serve_within(
    limits: ServeLimits,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Closed {
    let mut open = Open::new(limits);
    tokio::select! {
        () = open.let_in(&listener, &router) => {}
        () = shutdown => {}
    }
    drop(listener);
    open.let_out().await
}

/// The connections that are open. Dropping this drops them.
struct Open {
    limits: ServeLimits,
    began: Instant,
    connections: JoinSet<()>,
    register: ConnectionRegister<Id>,
    handles: std::collections::HashMap<Id, AbortHandle>,
    is_crowded: Arc<AtomicBool>,
    shutdown: GracefulShutdown,
}

impl Open {
    fn new(limits: ServeLimits) -> Self {
        Self {
            began: Instant::now(),
            connections: JoinSet::new(),
            register: ConnectionRegister::new(limits.clone()),
            handles: std::collections::HashMap::new(),
            is_crowded: Arc::default(),
            shutdown: GracefulShutdown::new(),
            limits,
        }
    }

    async fn let_in(&mut self, listener: &TcpListener, router: &Router) {
        let mut next = None;
        loop {
            if let Some((stream, client)) = next.take() {
                next = self.admit(stream, client, router);
            }
            let has_room = next.is_none()
                && self.connections.len() < self.limits.sockets()
                && self.register.has_room();
            tokio::select! {
                Some(ended) = self.connections.join_next_with_id() => self.forget(&ended),
                accepted = listener.accept(), if has_room => match accepted {
                    Ok((stream, peer)) => next = Some((stream, self.limits.client(peer.ip()))),
                    Err(error) => self.recover(&error).await,
                },
                // A connection whose peer does not receive its answer makes room
                // without an end.
                () = tokio::time::sleep(ACCEPT_PAUSE), if !has_room => {}
            }
        }
    }

    /// Returns the connection if all others have a request under way.
    fn admit(
        &mut self,
        stream: TcpStream,
        client: PeerClient,
        router: &Router,
    ) -> Option<(TcpStream, PeerClient)> {
        let now = micros_between(self.began, Instant::now());
        match self.register.admit(client, now) {
            Admission::Free => {}
            Admission::InsteadOf(other) => self.close(other),
            Admission::Later => return Some((stream, client)),
        }
        self.attend(stream, client, router);
        self.is_crowded.store(self.register.is_crowded(), Ordering::Relaxed);
        None
    }

    fn attend(&mut self, stream: TcpStream, client: PeerClient, router: &Router) {
        let progress = Arc::new(ConnectionProgress::new(self.began));
        let (header_time, requests) = match client {
            PeerClient::Proxy => (self.limits.proxy_header_time, self.limits.proxy_requests),
            PeerClient::Reader { .. } => (self.limits.header_time, self.limits.requests),
        };
        let desk = RequestDesk {
            router: TowerToHyperService::new(router.clone()),
            progress: Arc::clone(&progress),
            requests,
            is_crowded: Arc::clone(&self.is_crowded),
        };
        let stream = WatchedStream::new(stream, Arc::clone(&progress), self.limits.write_time);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .max_buf_size(MAX_HEADER_BYTES)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| desk.answer(request)),
            );
        let connection = self.shutdown.watch(connection);
        let handle = self.connections.spawn(async move {
            // How a connection ends is the far end's business, and its error
            // may quote what was sent.
            let _ = connection.await;
        });
        self.register.insert(handle.id(), client, progress);
        self.handles.insert(handle.id(), handle);
    }

    /// Ends a connection that waits for its peer.
    fn close(&mut self, id: Id) {
        self.register.remove(id);
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        self.register.remove(id);
        self.handles.remove(&id);
        self.is_crowded.store(self.register.is_crowded(), Ordering::Relaxed);
    }

    /// An error of `accept` is most often that no more files may be opened, for
    /// example because another part of the process has many open.
    async fn recover(&mut self, error: &io::Error) {
        tracing::warn!(cause = %error, "a connection could not be accepted");
        match self.register.least_useful() {
            Some(longest) => self.close(longest),
            None => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        tokio::task::yield_now().await;
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

/// What answers the requests of one connection.
struct RequestDesk {
    router: TowerToHyperService<Router>,
    progress: Arc<ConnectionProgress>,
    /// How many it may send.
    requests: u32,
    is_crowded: Arc<AtomicBool>,
}

impl RequestDesk {
    fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let number = self.progress.count_request();
        let is_last = number >= self.requests;
        let is_crowded = Arc::clone(&self.is_crowded);
        request.extensions_mut().insert(Arc::clone(&self.progress));
        let answer = self.router.call(request);
        async move {
            // Requests that follow one another without a pause wait for those of others.
            if number > 1 {
                tokio::task::yield_now().await;
            }
            let mut response = answer.await?;
            if is_last || is_crowded.load(Ordering::Relaxed) {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            Ok(response)
        }
    }
}
