//! How the suites come by the bytes behind an answer.

use std::io::{self, Read};

use super::super::Found;

/// Reads bytes that are on a server.
pub type Fetch = fn(&str) -> io::Result<Box<dyn Read + Send>>;

/// The bytes behind an answer.
pub(super) fn bytes(found: Found, fetch: Fetch) -> Vec<u8> {
    let opened = match found {
        Found::Url(url) => fetch(&url),
        found => found.open(),
    };
    let mut bytes = Vec::new();
    let read = opened.and_then(|mut from| from.read_to_end(&mut bytes));
    read.expect("what a backend says that it has can be read");
    bytes
}
