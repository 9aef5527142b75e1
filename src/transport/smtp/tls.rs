//! TLS for a connection: rustls with aws-lc-rs, given explicitly, so that no
//! other part of the process has to install it.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::settings::{Authorities, SettingsError};
use crate::domain::{MailServer, SmtpSecurity};

/// [`SmtpSecurity`] with its TLS connector. A plain connection loads no
/// certificate authorities, because a small container may have none.
pub(super) enum Protection {
    Plain,
    StartTls(TlsConnector),
    ImplicitTls(TlsConnector),
}

impl Protection {
    /// Loads the certificate authorities once for all connections.
    pub(super) fn new(
        security: SmtpSecurity,
        authorities: &Authorities,
    ) -> Result<Self, SettingsError> {
        Ok(match security {
            SmtpSecurity::Plain => Self::Plain,
            SmtpSecurity::StartTls => Self::StartTls(connector(authorities)?),
            SmtpSecurity::ImplicitTls => Self::ImplicitTls(connector(authorities)?),
        })
    }
}

/// Why the handshake failed.
pub(super) enum HandshakeError {
    /// The connection broke. Another try may succeed.
    Broken(String),
    /// The two ends do not agree, so another try fails too.
    Unacceptable(String),
}

fn connector(authorities: &Authorities) -> Result<TlsConnector, SettingsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let refused = |cause: String| SettingsError::Authorities { cause };
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?;
    let config = match authorities {
        Authorities::System => {
            let verifier = system_verifier(provider).map_err(|error| refused(error.to_string()))?;
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Authorities::Pem(pem) => {
            builder.with_root_certificates(roots(pem).map_err(refused)?).with_no_client_auth()
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Rustls calls every verifier but its own dangerous. This one trusts the
/// authorities of the operating system, and checks the name.
fn system_verifier(
    provider: Arc<CryptoProvider>,
) -> Result<Arc<rustls_platform_verifier::Verifier>, rustls::Error> {
    rustls_platform_verifier::Verifier::new(provider).map(Arc::new)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("not a PEM file: {error}"))?;
        roots.add(certificate).map_err(|error| format!("a certificate is damaged: {error}"))?;
    }
    if roots.is_empty() { Err("the PEM file holds no certificate".to_owned()) } else { Ok(roots) }
}

/// Performs the TLS handshake, and checks that the certificate is for the configured host.
pub(super) async fn handshake(
    connector: &TlsConnector,
    stream: TcpStream,
    server: &MailServer,
) -> Result<TlsStream<TcpStream>, HandshakeError> {
    let name = ServerName::try_from(server.host().as_str().to_owned()).map_err(|_| {
        HandshakeError::Unacceptable(format!(
            "no certificate can name {:?}",
            server.host().as_str()
        ))
    })?;
    connector.connect(name, stream).await.map_err(|error| explain(&error, server))
}

fn explain(error: &std::io::Error, server: &MailServer) -> HandshakeError {
    let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        return HandshakeError::Broken(error.to_string());
    };
    HandshakeError::Unacceptable(match inner {
        rustls::Error::InvalidCertificate(problem) => format!(
            "the server's certificate is not accepted for {:?} ({problem}); give the host by the name in its certificate, or the authority that signed it",
            server.host().as_str(),
        ),
        rustls::Error::InvalidMessage(_) => {
            "what the server sent is not TLS; smtps:// is usually port 465, and smtp:// (STARTTLS) port 587".to_owned()
        }
        other => format!("the server and we found no common TLS ({other})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_that_are_none_are_refused() {
        for pem in [
            &b""[..],
            b"hello",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\n!",
        ] {
            let refused = connector(&Authorities::Pem(pem.to_vec()));
            assert!(matches!(refused, Err(SettingsError::Authorities { .. })), "{pem:?}");
        }
    }
}
