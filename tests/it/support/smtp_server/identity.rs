//! A certificate with its key, made for one test, and TLS with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// Who the server says it is.
#[derive(Clone)]
pub struct Identity {
    certificate: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// A self-signed certificate for one name.
    pub fn of(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Self { certificate: made.cert.pem(), config: Arc::new(config) }
    }

    /// The certificate, for a client that is to trust it.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        cut: Arc<AtomicBool>,
    ) -> Option<TlsStream<Cuttable>> {
        let stream = Cuttable { stream, cut, broken: false };
        TlsAcceptor::from(self.config.clone()).accept(stream).await.ok()
    }
}

/// A connection that breaks in the middle of the next write once it is told to.
pub struct Cuttable {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
    broken: bool,
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.cut.load(Ordering::SeqCst) {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        if !self.broken {
            self.broken = true;
            let _ = Pin::new(&mut self.stream).poll_write(cx, &bytes[..bytes.len() / 2]);
        }
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
