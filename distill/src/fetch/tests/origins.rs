//! Which origins are tried, in which order, how often.

use std::net::TcpListener;
use std::time::Instant;

use super::*;
use crate::plan::{MirrorFamily, RelPath};

#[test]
fn the_first_origin_that_has_it() {
    let bytes = sample(300_000);
    let server = good_server(&bytes);
    let scene = Scene::new();
    let url = server.url("a");
    let arrival = scene.fetch(&source(&bytes, &[url.clone(), server.url("b")]));
    let expected = Arrival::Fetched {
        from: url.clone().into(),
        bytes: 300_000,
    };
    assert_eq!(arrival.unwrap(), expected);
    assert_eq!(
        scene.told.lines(),
        [format!("started {url}"), "finished 300000".to_owned()]
    );
    assert_eq!(*scene.told.most_bytes.lock().unwrap(), 300_000);
    assert_eq!(server.count(), 1);
    let request = &server.requests()[0];
    assert_eq!(request.headers["accept-encoding"], "identity");
    assert!(request.headers["user-agent"].starts_with("distill/"));
}

#[test]
fn what_is_there_is_not_fetched() {
    let bytes = sample(10);
    let server = good_server(&bytes);
    let scene = Scene::new();
    let source = source(&bytes, &[server.url("a")]);
    scene.fetch_right(&source, &bytes);
    assert_eq!(scene.fetch(&source).unwrap(), Arrival::Present);
    assert_eq!(server.count(), 1);
}

#[test]
fn an_empty_file_is_a_file() {
    let server = good_server(b"");
    let scene = Scene::new();
    scene.fetch_right(&source(b"", &[server.url("empty")]), b"");
}

#[test]
fn sha256_pins() {
    let server = good_server(b"abc");
    let scene = Scene::new();
    let mut source = source(b"", &[server.url("abc")]);
    let pin = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    source.digest = pin.parse().unwrap();
    scene.fetch_right(&source, b"abc");
}

#[test]
fn wrong_bytes_are_refused_and_the_next_origin_tried() {
    let (bytes, wrong) = (sample(100_000), sample(99_999));
    let server = Server::new({
        let bytes = bytes.clone();
        move |request: &Request| match request.target.as_str() {
            "/wrong" => Reply::whole(&wrong),
            _ => Reply::whole(&bytes),
        }
    });
    let scene = Scene::new();
    let source = source(&bytes, &[server.url("wrong"), server.url("right")]);
    scene.fetch_right(&source, &bytes);
    let got = Digest::from(Hash::of(sample(99_999)));
    let complaint = format!(
        "gave up `{}` has other bytes: got `{got}`, expected `{}`",
        server.url("wrong"),
        source.digest
    );
    assert_eq!(scene.told.lines()[1], complaint);
    assert_eq!(server.count(), 2);
}

#[test]
fn missing_and_forbidden_are_not_tried_twice() {
    let server = Server::new(|request: &Request| match request.target.as_str() {
        "/missing" => Reply::status(404),
        "/forbidden" => Reply::status(403),
        _ => Reply::whole(b"here"),
    });
    let scene = Scene::new();
    let urls = ["missing", "forbidden", "here"].map(|path| server.url(path));
    scene.fetch_right(&source(b"here", &urls), b"here");
    assert_eq!(server.count(), 3);
    let error = scene.fetch(&source(b"other", &urls[..2])).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Unreachable);
    assert_eq!(server.count(), 5);
}

#[test]
fn a_busy_server_is_tried_again() {
    let server = Server::new(|request: &Request| match request.number {
        0 => Reply::status(503),
        1 => Reply::status(429),
        _ => Reply::whole(b"at last"),
    });
    let scene = Scene::new();
    scene.fetch_right(&source(b"at last", &[server.url("a")]), b"at last");
    assert_eq!(server.count(), 3);
    assert_eq!(scene.told.count("retry"), 2);
}

#[test]
fn not_for_ever() {
    let server = Server::new(|_: &Request| Reply::status(500));
    let scene = Scene::with(|settings| settings.retry.attempts = 3);
    let error = scene.fetch(&source(b"x", &[server.url("a")])).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Unreachable);
    assert_eq!(server.count(), 3);
}

#[test]
fn other_origins_come_before_a_second_try() {
    let server = Server::new(|request: &Request| match request.target.as_str() {
        "/busy" => Reply::status(503),
        _ => Reply::whole(b"x"),
    });
    let scene = Scene::new();
    let urls = [server.url("busy"), server.url("other")];
    scene.fetch_right(&source(b"x", &urls), b"x");
    assert_eq!(server.count(), 2);
}

#[test]
fn servers_say_how_long_to_wait() {
    let server = Server::new(|request: &Request| match request.number {
        0 => Reply::status(503).header("Retry-After", "1"),
        _ => Reply::whole(b"x"),
    });
    let scene = Scene::new();
    let begin = Instant::now();
    scene.fetch_right(&source(b"x", &[server.url("a")]), b"x");
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[test]
fn but_not_for_hours() {
    let server = Server::new(|_: &Request| Reply::status(429).header("Retry-After", "7200"));
    let scene = Scene::new();
    let begin = Instant::now();
    scene.fetch(&source(b"x", &[server.url("a")])).unwrap_err();
    assert_eq!(server.count(), 1);
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn redirects_are_followed() {
    let bytes = sample(5000);
    let server = Server::new({
        let bytes = bytes.clone();
        move |request: &Request| match request.target.as_str() {
            "/a" => Reply::status(302).header("Location", "/b"),
            "/b" => Reply::status(301).header("Location", "/c"),
            _ => Reply::whole(&bytes),
        }
    });
    Scene::new().fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
}

#[test]
fn but_not_in_circles() {
    let server = Server::new(|_: &Request| Reply::status(302).header("Location", "/a"));
    let scene = Scene::new();
    scene.fetch(&source(b"x", &[server.url("a")])).unwrap_err();
    let url = server.url("a");
    assert_eq!(
        scene.told.lines()[1],
        format!("gave up `{url}` redirects too often")
    );
    assert_eq!(server.count(), 11);
}

#[test]
fn mirrors_and_debians_pool() {
    let server = Server::new(|request: &Request| match request.target.as_str() {
        "/two/debian/pool/x.tar" | "/gnu/a/b.tar" => Reply::whole(b"x"),
        _ => Reply::status(404),
    });
    let scene = Scene::with(|settings| {
        settings.debian = ["one", "two"]
            .map(|part| server.url(&format!("{part}/debian")).into())
            .to_vec();
        let gnu = vec![server.url("gnu/").into()];
        settings.mirrors.insert(MirrorFamily::Gnu, gnu);
    });
    let pool = Origin::Debian(RelPath::new("pool/x.tar").unwrap());
    let gnu = Origin::Mirror(MirrorFamily::Gnu, "a/b.tar".to_owned());
    for origin in [pool, gnu] {
        let source = Source::new(Hash::of("x"), origin);
        scene.fetch_right(&source, b"x");
        fs::remove_file(scene.store().path(&source.digest)).unwrap();
    }
}

#[test]
fn files_of_this_machine() {
    let bytes = sample(1_000_000);
    let scene = Scene::new();
    let path = scene.root().join("local.tar");
    fs::write(&path, &bytes).unwrap();
    let missing = Origin::File(scene.root().join("missing.tar"));
    let source = Source::new(Hash::of(&bytes), missing).or(Origin::File(path.clone()));
    scene.fetch_right(&source, &bytes);
    assert!(path.exists(), "the original is left alone");
    assert!(scene.told.lines()[1].contains("missing.tar` cannot be read"));
}

/// The address of a port on which nobody listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_host_that_is_down_is_asked_last_from_then_on() {
    let server = Server::new(|request: &Request| Reply::whole(request.target.as_bytes()));
    let scene = Scene::new();
    let down = closed_port();
    for (path, tries_of_the_dead) in [("one", 1), ("two", 1), ("three", 1)] {
        let urls = [format!("{down}/{path}"), server.url(path)];
        let bytes = format!("/{path}");
        scene.fetch_right(&source(bytes.as_bytes(), &urls), bytes.as_bytes());
        let started = scene.told.count(&format!("started {down}"));
        assert_eq!(started, tries_of_the_dead, "{path}");
    }
    // And once, if there is nothing else.
    let before = scene.told.count("started");
    scene
        .fetch(&source(b"x", &[format!("{down}/x")]))
        .unwrap_err();
    assert_eq!(scene.told.count("started"), before + 1);
}

#[test]
fn proxies_are_used_but_not_for_exceptions() {
    let proxy = Server::new(|request: &Request| Reply::whole(request.target.as_bytes()));
    let server = good_server(b"direct");
    let scene = Scene::with(|settings| {
        settings.proxies = Proxies {
            http: Some(proxy.url("").into()),
            none: Some("127.0.0.1,other.invalid".to_owned()),
            ..Proxies::default()
        };
    });
    let url = "http://upstream.invalid/x".to_owned();
    scene.fetch_right(
        &source(url.as_bytes(), std::slice::from_ref(&url)),
        url.as_bytes(),
    );
    scene.fetch_right(&source(b"direct", &[server.url("a")]), b"direct");
    assert_eq!(proxy.count(), 1);
}

#[test]
fn a_star_means_no_proxy_for_anybody() {
    let server = good_server(b"direct");
    for none in ["*", "other.invalid, *"] {
        let scene = Scene::with(|settings| {
            settings.proxies = Proxies {
                http: Some(closed_port().into()),
                all: Some(closed_port().into()),
                none: Some(none.to_owned()),
                ..Proxies::default()
            };
        });
        scene.fetch_right(&source(b"direct", &[server.url("a")]), b"direct");
    }
}

#[test]
fn a_proxy_that_is_down_is_named() {
    let proxy = closed_port();
    let scene = Scene::with(|settings| {
        settings.proxies.all =
            Some(format!("http://me:secret@{}", &proxy["http://".len()..]).into());
    });
    let error = scene.fetch(&source(b"x", &["http://a.example/x".to_owned()]));
    let error = error.unwrap_err().to_string();
    let named = format!("with the proxy `{proxy}");
    assert!(
        error.contains("`http://a.example/x` cannot be reached: "),
        "{error}"
    );
    assert!(
        error.contains(&named) && !error.contains("secret"),
        "{error}"
    );
}

#[test]
fn offline_means_this_machine_only() {
    let server = good_server(b"x");
    let scene = Scene::with(|settings| settings.offline = true);
    let remote = source(b"x", &[server.url("a")]);
    let error = scene.fetch(&remote).unwrap_err();
    assert!(error.to_string().contains("was not tried: offline\nhint: "));
    assert_eq!(error.kind(), FetchErrorKind::Unreachable);
    let scene = scene.again();
    let path = scene.root().join("x");
    fs::write(&path, "x").unwrap();
    scene.fetch_right(&remote.or(Origin::File(path)), b"x");
    assert_eq!(server.count(), 0);
}
