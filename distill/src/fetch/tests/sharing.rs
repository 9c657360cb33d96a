//! Many who want the same, or much, at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

/// A server that has every file, whose bytes are its path, and takes its time.
fn slow_server() -> Server {
    Server::new(|request: &Request| {
        thread::sleep(Duration::from_millis(200));
        Reply::whole(request.target.as_bytes())
    })
}

#[test]
fn one_download_for_all_threads() {
    let server = slow_server();
    let scene = Scene::new();
    let source = source(b"/a", &[server.url("a")]);
    let present = thread::scope(|scope| {
        let fetches: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| scene.fetch(&source)))
            .collect();
        let arrivals = fetches
            .into_iter()
            .map(|fetch| fetch.join().unwrap().unwrap());
        arrivals
            .filter(|arrival| *arrival == Arrival::Present)
            .count()
    });
    assert_eq!(present, 4);
    assert_eq!(server.count(), 1);
}

#[test]
fn one_download_for_all_processes() {
    let server = slow_server();
    let scene = Scene::new();
    let source = source(b"/a", &[server.url("a")]);
    // Each fetcher locks by its own open file, as another process would.
    let fetch = || {
        let fetcher = Fetcher::new(scene.fetcher.settings().clone());
        fetcher.fetch(&source, &scene.store(), &scene.cancel, &scene.told)
    };
    thread::scope(|scope| {
        let fetches: Vec<_> = (0..5).map(|_| scope.spawn(fetch)).collect();
        for fetch in fetches {
            fetch.join().unwrap().unwrap();
        }
    });
    assert_eq!(server.count(), 1);
    assert_eq!(scene.told.count("waiting OtherProcess"), 4);
    assert_eq!(scene.left_over(), Vec::<String>::new());
}

#[test]
fn what_failed_is_not_tried_again_in_this_run() {
    let server = Server::new(|request: &Request| match request.number {
        0 => Reply::status(404),
        _ => Reply::whole(b"x"),
    });
    let scene = Scene::new();
    let source = source(b"x", &[server.url("a")]);
    let first = scene.fetch(&source).unwrap_err();
    let second = scene.fetch(&source).unwrap_err();
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(server.count(), 1);
    scene.again().fetch_right(&source, b"x");
}

#[test]
fn all_who_wait_hear_of_a_failure() {
    let server = Server::new(|_: &Request| {
        thread::sleep(Duration::from_millis(200));
        Reply::status(404)
    });
    let scene = Scene::new();
    let source = source(b"x", &[server.url("a")]);
    thread::scope(|scope| {
        let fetches: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| scene.fetch(&source)))
            .collect();
        for fetch in fetches {
            let error = fetch.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), FetchErrorKind::Unreachable);
        }
    });
    assert_eq!(server.count(), 1);
}

#[test]
fn not_more_than_allowed_at_once() {
    let most = std::sync::Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let server = Server::new({
        let most = std::sync::Arc::clone(&most);
        move |request: &Request| {
            let now = most.0.fetch_add(1, Ordering::SeqCst) + 1;
            most.1.fetch_max(now, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(50));
            most.0.fetch_sub(1, Ordering::SeqCst);
            Reply::whole(request.target.as_bytes())
        }
    });
    let scene = Scene::with(|settings| settings.parallel = 2);
    thread::scope(|scope| {
        for number in 0..8 {
            let path = format!("/{number}");
            let source = source(path.as_bytes(), &[server.url(&path[1..])]);
            let scene = &scene;
            scope.spawn(move || scene.fetch(&source).unwrap());
        }
    });
    assert_eq!(most.1.load(Ordering::SeqCst), 2);
    assert!(scene.told.count("waiting Turn") > 0);
}

#[test]
fn a_destination_that_fails_is_an_error_of_this_machine() {
    struct Full;
    impl Destination for Full {
        fn has(&self, _: &Digest) -> bool {
            false
        }
        fn keep(&self, _: &Digest, _: &Utf8Path) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let server = good_server(b"x");
    let scene = Scene::new();
    let source = source(b"x", &[server.url("a")]);
    let fetch = || scene.fetcher.fetch(&source, &Full, &scene.cancel, &());
    let error = fetch().unwrap_err();
    assert_eq!(error.to_string(), "cannot store `sample.bin`");
    assert_eq!(error.kind(), FetchErrorKind::Local);
    // The bytes are still here, so the next try needs no server.
    fetch().unwrap_err();
    assert_eq!(server.count(), 1);
}
