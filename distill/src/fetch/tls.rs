//! TLS: rustls with ring, and the certificates that this system trusts.

use std::sync::Arc;

use camino::Utf8PathBuf;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A configuration that trusts the certificates in the first of `files` that can be read. If none
/// can, nobody is trusted, and connections over TLS fail.
pub(super) fn config(files: &[Utf8PathBuf]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder
        .with_root_certificates(roots(files))
        .with_no_client_auth())
}

fn roots(files: &[Utf8PathBuf]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if let Some(certificates) = files
        .iter()
        .find_map(|file| CertificateDer::pem_file_iter(file).ok())
    {
        // One certificate that cannot be read does not spoil the others.
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    }
    roots
}
