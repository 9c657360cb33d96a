//! Whom we trust.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;

use super::*;

/// A server whose certificate only it has signed, and that certificate.
fn self_signed(bytes: &'static [u8]) -> (Server, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let server = Server::with_tls(Arc::new(config), move |_: &Request| Reply::whole(bytes));
    (server, made.cert.pem())
}

#[test]
fn certificates_of_the_settings() {
    let (server, pem) = self_signed(b"secret");
    let dir = tempfile::tempdir().unwrap();
    let file = Utf8PathBuf::from_path_buf(dir.path().join("ca.pem")).unwrap();
    fs::write(&file, pem).unwrap();
    let files = vec!["/no/such/file.pem".into(), file];
    let scene = Scene::with(|settings| settings.ca_certificates = files);
    scene.fetch_right(&source(b"secret", &[server.url("a")]), b"secret");
}

#[test]
fn nobody_else() {
    let (server, _) = self_signed(b"secret");
    for files in [vec![], Settings::new("/nowhere").ca_certificates] {
        let scene = Scene::with(|settings| settings.ca_certificates = files);
        let error = scene.fetch(&source(b"secret", &[server.url("a")]));
        let FetchError::Unavailable { attempts, .. } = error.unwrap_err() else {
            panic!("another error");
        };
        // Trying again would not help.
        assert_eq!(scene.told.count("started"), 1);
        assert!(
            matches!(attempts[0].reason, Reason::Certificate(_)),
            "{attempts:?}"
        );
    }
}
