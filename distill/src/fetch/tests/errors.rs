//! What a person reads when nothing worked.

use super::*;
use crate::plan::RelPath;

/// The message, with the port of the server taken out.
fn message(error: &FetchError, server: &Server) -> String {
    error.to_string().replace(&server.url(""), "http://server/")
}

#[test]
fn every_origin_is_named_with_its_reason() {
    let server = Server::new(|request: &Request| match request.target.as_str() {
        "/wrong" => Reply::whole(b"something else"),
        "/part" => Reply::whole(b"something else").break_after(3),
        _ => Reply::status(404),
    });
    let scene = Scene::with(|settings| {
        settings.retry.attempts = 1;
        settings.debian = vec![server.url("debian").into()];
    });
    let mut source = source(b"x", &["wrong", "part"].map(|path| server.url(path)));
    let pool = RelPath::new("pool/main/s/sample/sample_1.orig.tar.gz").unwrap();
    source.origins.push(Origin::Debian(pool));
    source
        .origins
        .push(Origin::Url("http://127.0.0.1:1/nobody/listens".to_owned()));
    source.origins.push(Origin::File("/no/such/file".into()));
    let error = scene.fetch(&source).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::HashMismatch);
    insta::assert_snapshot!(message(&error, &server));
}

#[test]
fn offline() {
    let server = good_server(b"x");
    let scene = Scene::with(|settings| settings.offline = true);
    let error = scene.fetch(&source(b"x", &[server.url("a")])).unwrap_err();
    insta::assert_snapshot!(message(&error, &server));
}

#[test]
fn no_origin_at_all() {
    let error = Scene::new().fetch(&source(b"x", &[])).unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_partial_directory_that_cannot_be_made() {
    let scene = Scene::new();
    fs::write(scene.root().join("partial"), "a file").unwrap();
    let error = scene.fetch(&source(b"x", &[])).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Local);
    let path = scene.root().join("partial");
    assert_eq!(error.to_string(), format!("cannot write `{path}`"));
}

#[test]
fn a_proxy_that_is_no_address() {
    let scene = Scene::with(|settings| settings.proxies.all = Some("http://[".into()));
    let server = good_server(b"x");
    let error = scene.fetch(&source(b"x", &[server.url("a")])).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Local);
    assert!(
        error
            .to_string()
            .starts_with("cannot prepare for the network: ")
    );
}
