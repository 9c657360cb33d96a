//! What contents have to do.

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::super::{BackendError, Content, Contents, Outgoing};
use super::read::{Fetch, bytes};
use crate::plan::{Digest, Hash, Sha256};

/// One thing that is expected, tried on an empty backend.
type Check = fn(&dyn Contents, Fetch);

pub(super) const CHECKS: [Check; 9] = [
    has_a_name,
    has_nothing_at_first,
    gives_what_was_written,
    knows_digests_of_both_kinds,
    answers_for_many_at_once,
    refuses_other_bytes,
    refuses_bytes_of_another_length,
    keeps_nothing_of_what_cannot_be_read,
    serves_several_threads,
];

fn content(bytes: &[u8]) -> Content {
    Content::sized(Hash::of(bytes), bytes.len() as u64)
}

/// Bytes that no short pattern repeats.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn put(on: &dyn Contents, bytes: &[u8]) -> Content {
    let content = content(bytes);
    on.write(vec![Outgoing::bytes(content, bytes)])
        .expect("right bytes are taken");
    content
}

fn is_missing(on: &dyn Contents, content: Content) -> bool {
    let missing = on.missing(&[content]).expect("it answers");
    let read = on.read(&[content]).expect("it answers");
    assert!(
        read.is_empty() || !missing.contains(&content),
        "it gives what it says is missing: {content:?}"
    );
    read.is_empty()
}

fn get(on: &dyn Contents, content: Content, fetch: Fetch) -> Vec<u8> {
    let missing = on.missing(&[content]).expect("it answers");
    assert_eq!(missing, BTreeSet::new(), "it has what it says is missing");
    let mut found = on.read(&[content]).expect("it answers");
    let found = found.remove(&content).expect("it has what was written");
    bytes(found, fetch)
}

fn has_a_name(on: &dyn Contents, _: Fetch) {
    assert!(!on.name().is_empty(), "messages need a name");
}

fn has_nothing_at_first(on: &dyn Contents, _: Fetch) {
    assert!(is_missing(on, content(b"never written")));
    assert!(is_missing(on, content(b"")));
    assert!(on.missing(&[]).expect("it answers").is_empty());
    assert!(on.read(&[]).expect("it answers").is_empty());
    on.write(Vec::new()).expect("nothing to write is no error");
}

fn gives_what_was_written(on: &dyn Contents, fetch: Fetch) {
    for length in [0, 1, 5, 4096, 3_000_001] {
        let written = sample(length);
        let content = put(on, &written);
        assert!(get(on, content, fetch) == written, "{length} bytes");
        // Again, and as often as one likes.
        assert_eq!(put(on, &written), content);
        assert!(get(on, content, fetch) == written, "{length} bytes");
    }
}

fn knows_digests_of_both_kinds(on: &dyn Contents, fetch: Fetch) {
    let written = sample(1000);
    let mut sha256 = Digest::Sha256(Sha256::from_bytes([0; 32])).hasher();
    sha256.update(&written);
    let content = Content::sized(sha256.finish(), 1000);
    on.write(vec![Outgoing::bytes(content, &written)])
        .expect("right bytes are taken");
    assert!(get(on, content, fetch) == written);
}

fn answers_for_many_at_once(on: &dyn Contents, fetch: Fetch) {
    let texts: Vec<String> = (0..700).map(|number| format!("text {number}")).collect();
    let all: Vec<Content> = texts.iter().map(|text| content(text.as_bytes())).collect();
    let outgoing = |(content, text): (&Content, &'_ String)| {
        let text = text.clone().into_bytes();
        Outgoing::new(*content, move || Ok(io::Cursor::new(text)))
    };
    // Every other one.
    let half = all.iter().zip(&texts).step_by(2).map(outgoing).collect();
    on.write(half).expect("right bytes are taken");
    // In any order, and twice.
    let mut wanted = all.clone();
    wanted.reverse();
    wanted.extend(&all);
    let mut found = on.read(&wanted).expect("it answers");
    let missing = on.missing(&wanted).expect("it answers");
    for (index, (content, text)) in all.iter().zip(&texts).enumerate() {
        let is_here = index % 2 == 0;
        assert!(!(is_here && missing.contains(content)), "{text} is here");
        let found = found.remove(content).map(|found| bytes(found, fetch));
        let expected = is_here.then(|| text.clone().into_bytes());
        assert_eq!(found, expected, "{text}");
    }
    assert!(found.is_empty(), "it answers what nobody asked: {found:?}");
}

fn refuses_other_bytes(on: &dyn Contents, _: Fetch) {
    let wanted = Content::from(content(b"right").digest);
    let wrong = on.write(vec![Outgoing::bytes(wanted, b"wrong")]);
    assert!(
        matches!(wrong, Err(BackendError::Mismatch { .. })),
        "{wrong:?}"
    );
    assert!(is_missing(on, wanted));
}

fn refuses_bytes_of_another_length(on: &dyn Contents, _: Fetch) {
    let wanted = Content::sized(Hash::of("right"), 6);
    let wrong = on.write(vec![Outgoing::bytes(wanted, b"right")]);
    assert!(
        matches!(wrong, Err(BackendError::Length { .. })),
        "{wrong:?}"
    );
    assert!(is_missing(on, wanted));
}

/// Bytes that break off.
struct Torn(u32);

impl Read for Torn {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0 > 3 {
            return Err(io::Error::other("torn"));
        }
        buffer.fill(7);
        Ok(buffer.len())
    }
}

fn keeps_nothing_of_what_cannot_be_read(on: &dyn Contents, _: Fetch) {
    let wanted = content(&sample(500_000));
    for open in [|| Ok(Torn(0)), || Err(io::Error::other("not opened"))] {
        let torn = on.write(vec![Outgoing::new(wanted, open)]);
        assert!(matches!(torn, Err(BackendError::Unread { .. })), "{torn:?}");
        assert!(is_missing(on, wanted));
    }
}

fn serves_several_threads(on: &dyn Contents, fetch: Fetch) {
    let (shared, own) = (sample(100_000), |thread: usize| sample(1000 + thread));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (shared, own) = (&shared, own(thread));
            scope.spawn(move || {
                for _ in 0..5 {
                    let (one, other) = (put(on, shared), put(on, &own));
                    assert!(get(on, one, fetch) == *shared);
                    assert!(get(on, other, fetch) == own);
                }
            });
        }
    });
}
