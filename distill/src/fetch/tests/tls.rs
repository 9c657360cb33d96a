//! Whom we trust.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::objects::Found;
use crate::plan::{Object, PlanHash, Tree};

/// A server that has these bytes, whose certificate only it has signed, and that certificate.
fn self_signed(bytes: &'static [u8]) -> (Server, String) {
    self_signed_with(move |_: &Request| Reply::whole(bytes))
}

fn self_signed_with(
    handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Server, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let server = Server::with_tls(Arc::new(config), handler);
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

/// A scene with a cache that is reached over TLS, which sends everybody on to `plain`.
fn sent_on(plain: &Server) -> (Scene, Server, tempfile::TempDir) {
    let to = plain.url("");
    let (server, pem) = self_signed_with(move |request: &Request| {
        Reply::status(302).header("Location", format!("{to}{}", &request.target[1..]))
    });
    let dir = tempfile::tempdir().unwrap();
    let file = Utf8PathBuf::from_path_buf(dir.path().join("ca.pem")).unwrap();
    fs::write(&file, pem).unwrap();
    let base = server.url("");
    let cache = LookupCache::new("over TLS", move |key: &Key| {
        Some(Found::Url(format!("{base}{}", key.path())))
    });
    let scene = Scene::with(|settings| {
        settings.ca_certificates = vec![file];
        settings.caches.push(Cache::new(Arc::new(cache)));
    });
    (scene, server, dir)
}

#[test]
fn what_a_cache_says_over_tls_is_not_believed_over_http() {
    let plan = PlanHash(Hash::of("plan"));
    let object = Object::Tree(Tree::new().hash());
    let plain = Server::new(move |_: &Request| Reply::whole(format!("{object}\n").as_bytes()));
    let (scene, server, _dir) = sent_on(&plain);
    let known = scene.fetcher.records(&[plan], &scene.cancel, &scene.told);
    assert!(known.is_empty());
    assert_eq!((plain.count(), server.count()), (0, 1));
    let line = "gave up `over TLS` redirects from `https` to `http`";
    assert_eq!(scene.told.count(line), 1, "{:?}", scene.told.lines());
}

#[test]
fn what_has_a_pin_may_come_over_anything() {
    let plain = good_server(b"pinned");
    let (scene, server, _dir) = sent_on(&plain);
    // From the cache, and from an origin: mirrors of free software do send from TLS to HTTP.
    scene.fetch_right(&source(b"pinned", &[]), b"pinned");
    let scene = scene.again();
    let pinned = source(b"pinned", &[server.url("a")]);
    fs::remove_file(scene.store().path(&pinned.digest)).unwrap();
    scene.fetch_right(&pinned, b"pinned");
    assert_eq!(plain.count(), 2);
}
