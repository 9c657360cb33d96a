//! Downloads that break off, and what is made of what is here.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use super::*;

/// Answers the first request as `first` says, later ones as `later` does.
fn server(
    bytes: &[u8],
    first: impl Fn(&[u8], &Request) -> Reply + Send + Sync + 'static,
    later: impl Fn(&[u8], &Request) -> Reply + Send + Sync + 'static,
) -> Server {
    let bytes = bytes.to_vec();
    Server::new(move |request: &Request| match request.number {
        0 => first(&bytes, request),
        _ => later(&bytes, request),
    })
}

#[test]
fn goes_on_where_it_broke_off() {
    let bytes = sample(500_000);
    let broken = |bytes: &[u8], _: &Request| {
        let reply = Reply::whole(bytes).header("ETag", "\"v1\"");
        reply.break_after(200_000)
    };
    let server = server(&bytes, broken, Reply::ranged);
    let scene = Scene::new();
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].offset(), Some(200_000));
    assert_eq!(requests[1].headers["if-range"], "\"v1\"");
}

#[test]
fn at_another_origin_too() {
    let bytes = sample(500_000);
    let broken = Server::new({
        let bytes = bytes.clone();
        move |_: &Request| {
            let reply = Reply::whole(&bytes).header("ETag", "\"mine\"");
            reply.break_after(100_000)
        }
    });
    let good = good_server(&bytes);
    let scene = Scene::new();
    let urls = [broken.url("a"), good.url("a")];
    scene.fetch_right(&source(&bytes, &urls), &bytes);
    let requests = good.requests();
    assert_eq!(requests[0].offset(), Some(100_000));
    assert!(!requests[0].headers.contains_key("if-range"));
}

#[test]
fn a_server_that_ignores_ranges_begins_again() {
    let bytes = sample(500_000);
    let broken = |bytes: &[u8], _: &Request| Reply::whole(bytes).break_after(200_000);
    let server = server(&bytes, broken, |bytes, _| Reply::whole(bytes));
    let scene = Scene::new();
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    assert_eq!(server.requests()[1].offset(), Some(200_000));
}

#[test]
fn a_server_that_does_not_say_which_part_it_sends_is_asked_for_all() {
    let bytes = sample(500_000);
    let broken = |bytes: &[u8], _: &Request| Reply::whole(bytes).break_after(200_000);
    let unnamed = |bytes: &[u8], request: &Request| match request.offset() {
        Some(offset) => Reply::unnamed_part(bytes, offset),
        None => Reply::whole(bytes),
    };
    let server = server(&bytes, broken, unnamed);
    let scene = Scene::new();
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    assert_eq!(server.count(), 3);
    // One that does so whatever it is asked is given up.
    let never = Server::new(|_: &Request| Reply::status(206));
    let other = source(b"other", &[never.url("a")]);
    let error = scene.fetch(&other).unwrap_err().to_string();
    assert!(error.contains("sent a part, but not which one"), "{error}");
    assert_eq!(never.count(), 1);
}

#[test]
fn a_server_that_sends_another_part_begins_again() {
    let bytes = sample(500_000);
    let broken = |bytes: &[u8], _: &Request| Reply::whole(bytes).break_after(200_000);
    let other = |bytes: &[u8], request: &Request| match request.offset() {
        Some(offset) => Reply::part(bytes, offset - 1),
        None => Reply::whole(bytes),
    };
    let server = server(&bytes, broken, other);
    let scene = Scene::new();
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    assert_eq!(server.count(), 3);
}

#[test]
fn breaks_do_not_count_as_long_as_it_gets_on() {
    let bytes = sample(1_000_000);
    let server = Server::new({
        let bytes = bytes.clone();
        move |request: &Request| {
            let left = bytes.len() - request.offset().unwrap_or(0);
            Reply::ranged(&bytes, request).break_after(left.min(100_000))
        }
    });
    let scene = Scene::with(|settings| settings.retry.attempts = 2);
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    assert_eq!(server.count(), 10);
}

#[test]
fn a_server_that_always_breaks_at_one_place_is_given_up() {
    let bytes = sample(300_000);
    let server = Server::new({
        let bytes = bytes.clone();
        move |_: &Request| Reply::whole(&bytes).break_after(150_000)
    });
    let scene = Scene::with(|settings| settings.retry.attempts = 3);
    let error = scene.fetch(&source(&bytes, &[server.url("a")]));
    assert_eq!(error.unwrap_err().kind(), FetchErrorKind::Unreachable);
    assert!(server.count() <= 4, "{}", server.count());
}

#[test]
fn the_next_run_goes_on() {
    let bytes = sample(500_000);
    let server = good_server(&bytes);
    let scene = Scene::new();
    let source = source(&bytes, &[server.url("a")]);
    scene.leave_partial(&source.digest, &bytes[..123_456]);
    scene.fetch_right(&source, &bytes);
    assert_eq!(server.requests()[0].offset(), Some(123_456));
    assert_eq!(server.count(), 1);
}

#[test]
fn what_is_complete_needs_no_server() {
    let bytes = sample(1000);
    let scene = Scene::new();
    let source = source(&bytes, &[]);
    scene.leave_partial(&source.digest, &bytes);
    scene.fetch_right(&source, &bytes);
}

#[test]
fn wrong_bytes_from_an_earlier_run_are_thrown_away() {
    let bytes = sample(500_000);
    let server = good_server(&bytes);
    for left in [vec![0; 1000], vec![0; 500_000], vec![0; 600_000]] {
        let scene = Scene::new();
        let source = source(&bytes, &[server.url("a")]);
        scene.leave_partial(&source.digest, &left);
        let before = server.count();
        scene.fetch_right(&source, &bytes);
        assert_eq!(server.count(), before + 2, "{}", left.len());
        assert_eq!(scene.told.count("gave up"), 0);
    }
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let bytes = sample(500_000);
    let silent = |bytes: &[u8], _: &Request| Reply::whole(bytes).hang_after(200_000);
    let server = server(&bytes, silent, Reply::ranged);
    let scene = Scene::new();
    scene.fetch_right(&source(&bytes, &[server.url("a")]), &bytes);
    assert!(scene.told.lines()[1].ends_with("sent nothing for 0.7 s"));
    assert_eq!(server.requests()[1].offset(), Some(200_000));
}

#[test]
fn a_server_that_never_answers_is_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a", listener.local_addr().unwrap());
    let scene = Scene::with(|settings| settings.retry.attempts = 1);
    let error = scene.fetch(&source(b"x", &[url])).unwrap_err();
    assert!(
        error.to_string().contains("sent nothing for 0.7 s"),
        "{error}"
    );
}

#[test]
fn cancelling_is_quick_and_keeps_what_is_here() {
    let bytes = sample(500_000);
    let silent = |bytes: &[u8], _: &Request| Reply::whole(bytes).hang_after(200_000);
    let server = server(&bytes, silent, Reply::ranged);
    let scene = Scene::with(|settings| settings.stall_timeout = Duration::from_secs(60));
    let source = source(&bytes, &[server.url("a")]);
    let begin = Instant::now();
    let error = thread::scope(|scope| {
        let fetch = scope.spawn(|| scene.fetch(&source));
        while *scene.told.most_bytes.lock().unwrap() < 200_000 {
            thread::sleep(Duration::from_millis(5));
        }
        scene.cancel.store(true, Ordering::Relaxed);
        fetch.join().unwrap().unwrap_err()
    });
    assert_eq!(error.kind(), FetchErrorKind::Cancelled);
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_eq!(
        fs::metadata(scene.partial(&source.digest)).unwrap().len(),
        200_000
    );
    scene.again().fetch_right(&source, &bytes);
    assert_eq!(server.requests()[1].offset(), Some(200_000));
}

#[test]
fn cancelling_ends_a_long_wait() {
    let server = Server::new(|_: &Request| Reply::status(503));
    let scene = Scene::with(|settings| {
        settings.retry.first_wait = Duration::from_secs(600);
        settings.retry.longest_wait = Duration::from_secs(600);
    });
    let (fetcher, cancel) = (&scene.fetcher, &scene.cancel);
    let source = source(b"x", &[server.url("a")]);
    let error = thread::scope(|scope| {
        let fetch = scope.spawn(|| fetcher.fetch(&source, &scene.store(), cancel, &()));
        while server.count() == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        cancel.store(true, Ordering::Relaxed);
        fetch.join().unwrap().unwrap_err()
    });
    assert_eq!(error.kind(), FetchErrorKind::Cancelled);
}
