//! No user name and no password of an address comes into any text, whatever was written.

use std::sync::Arc;

use super::*;
use crate::objects::Found;
use crate::plan::{MirrorFamily, PlanHash, RelPath};

/// Addresses of all kinds, all with the same user and the same password in several spellings.
const WRITTEN: [&str; 32] = [
    "http://hugo:sesamecret@127.0.0.1:1/debian",
    "http://hugo:sesamecret@127.0.0.1:x/debian",
    "http://hugo:sesame/cret@127.0.0.1:1/debian",
    "http://hugo:12/sesamecret@127.0.0.1:1/debian",
    "http://hugo:12?sesamecret@127.0.0.1:1/debian",
    "http://hugo:12#sesamecret@127.0.0.1:1/debian",
    "http://hugo:sesame@cret@127.0.0.1:1/debian",
    "http://hugo:sesame@cret/sesamecret@127.0.0.1:1/debian",
    "http://hugo:sesame,cret@127.0.0.1:1/debian",
    "http://hugo:12,sesamecret@127.0.0.1:1/debian",
    "http://hugo:sesame\\cret@127.0.0.1:1/debian",
    "http://hugo:sesame%cret@127.0.0.1:1/debian",
    "http://hugo:sesame[cret@127.0.0.1:1/debian",
    "http://hugo:sesamecret%40127.0.0.1:1/debian",
    "http://hugo:sesamecret@",
    "http://hugo:sesamecret@/debian",
    "http://hugo:sesamecret",
    "http://hugo:sesamecret/debian",
    "http:/hugo:sesamecret@127.0.0.1:1/debian",
    "http:hugo:sesamecret@127.0.0.1:1/debian",
    "http//hugo:sesamecret@127.0.0.1:1/debian",
    "http:///hugo:sesamecret@127.0.0.1:1/debian",
    "://hugo:sesamecret@127.0.0.1:1/debian",
    "//hugo:sesamecret@127.0.0.1:1/debian",
    "hugo:sesamecret@127.0.0.1:1/debian",
    "hugo:sesamecret@http://127.0.0.1:1/debian",
    "hugo:sesamecret",
    "sesamecret@127.0.0.1:1/debian",
    "https://sesamecret@127.0.0.1:1/debian",
    "ftp://hugo:sesamecret@127.0.0.1:1/debian",
    "sftp://hugo:sesamecret@127.0.0.1/debian",
    "mirror://hugo:sesamecret@127.0.0.1/debian",
];

fn check(written: &str, text: &str) {
    for secret in ["hugo", "sesame", "cret"] {
        assert!(
            !text.contains(secret),
            "of `{written}` this is told: {text}"
        );
    }
}

/// What is told while `source` is fetched, and in the end, and of the settings.
fn told(source: &Source, change: impl FnOnce(&mut Settings)) -> String {
    let scene = Scene::with(|settings| {
        settings.retry.attempts = 1;
        settings.mirrors.clear();
        settings.debian.clear();
        settings.caches.clear();
        change(settings);
    });
    let (cancel, told) = (&scene.cancel, &scene.told);
    let arrival = scene.fetch(source);
    let plan = PlanHash(Hash::of("plan"));
    let output = scene.fetcher.records(&[plan], cancel, told);
    let settings = scene.fetcher.settings();
    let error = arrival.as_ref().err().map(ToString::to_string);
    format!(
        "{error:?} {arrival:?} {output:?} {settings:?} {:?}",
        told.lines()
    )
}

#[test]
fn of_origins() {
    for written in WRITTEN {
        let source = Source::new(Hash::of("x"), Origin::Url(written.to_owned()));
        check(written, &source.file_name);
        check(written, &told(&source, |_| {}));
    }
}

#[test]
fn of_mirrors() {
    let pool = RelPath::new("pool/x.tar").unwrap();
    let pool = Source::new(Hash::of("x"), Origin::Debian(pool));
    let gnu = Source::new(Hash::of("x"), Origin::Mirror(MirrorFamily::Gnu, "x".into()));
    for written in WRITTEN {
        let list = parse_mirror_list(written);
        check(written, &format!("{list:?} {}", list.len()));
        check(
            written,
            &told(&pool, |settings| settings.prefer_debian(list)),
        );
        let bases = vec![Address::from(written)];
        check(
            written,
            &told(&gnu, |settings| {
                settings.mirrors.insert(MirrorFamily::Gnu, bases);
            }),
        );
    }
}

#[test]
fn of_apts_configuration() {
    for written in WRITTEN {
        let line = parse_apt_list(&format!("deb {written} trixie main"));
        let paragraph = parse_apt_sources(&format!("Types: deb\nURIs: {written}\nSuites: sid\n"));
        check(written, &format!("{line:?} {paragraph:?}"));
    }
}

#[test]
fn of_proxies() {
    let upstream = source(b"x", &["http://upstream.invalid/x".to_owned()]);
    for written in WRITTEN {
        let proxy = Some(Address::from(written));
        let text = told(&upstream, |settings| settings.proxies.http = proxy);
        check(written, &text);
    }
}

#[test]
fn of_caches() {
    // A name may be two words with a colon: only what can be an address is taken for one.
    for written in WRITTEN
        .into_iter()
        .filter(|written| *written != "hugo:sesamecret")
    {
        let found = move |_: &Key| Some(Found::Url(written.to_owned()));
        let cache = LookupCache::new(written, found);
        check(
            written,
            &format!("{cache:?} {:?}", found(&Key::Blob(Hash::of("x").into()))),
        );
        let text = told(&source(b"x", &[]), |settings| {
            settings.caches.push(Cache::new(Arc::new(cache)));
        });
        check(written, &text);
    }
}

#[test]
fn of_a_redirect() {
    let server = Server::new(|request: &Request| match request.target.as_str() {
        "/a" => Reply::status(302).header("Location", "http://hugo:sesamecret@127.0.0.1:1/x"),
        "/b" => Reply::status(302).header("Location", "ftp://hugo:sesamecret@127.0.0.1:1/x"),
        _ => Reply::status(302).header("Location", "http://hugo:sesamecret@127.0.0.1:x/x"),
    });
    let urls = ["a", "b", "c"].map(|path| server.url(path));
    check("a redirect", &told(&source(b"x", &urls), |_| {}));
}
