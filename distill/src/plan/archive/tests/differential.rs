//! What other programs find in an archive is what this one finds, or it refuses the archive: archives that
//! chance makes are shown to GNU tar, libarchive and Python's `tarfile`. Needs these three.
//!
//! ```text
//! ARCHIVES=100000 cargo test -p distill --lib differential -- --ignored --nocapture
//! ```
//!
//! A run prints its seed; `ARCHIVE_SEED` makes the same archives again.
#![allow(
    clippy::print_stderr,
    reason = "a test says what it does, and what it found"
)]

mod generate;
mod judges;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::judges::{Judges, Verdict};
use super::*;
use crate::plan::archive::block::BLOCK;
use crate::plan::archive::header::Header;

/// After so many differences a run ends.
const ENOUGH: usize = 6;

/// The number that a variable of the environment has.
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// What this program finds; nothing if it refuses the archive.
fn ours(archive: &[u8]) -> Result<BTreeMap<String, Got>, ArchiveError> {
    let mut options = Options::new(Format::Tar);
    options.no_end_marker = true;
    options.limits.bytes = 1 << 20;
    let got = read(archive, &options)?;
    Ok(got
        .into_iter()
        .map(|(path, got)| (path.to_string(), got))
        .collect())
}

/// The program that finds something else and does not complain, if there is one.
fn differs(judges: &mut Judges, archive: &[u8]) -> Option<Verdict> {
    let ours = ours(archive).ok()?;
    let other = |verdict: &Verdict| verdict.complaint.is_none() && verdict.tree != ours;
    judges.judge(archive).into_iter().find(other)
}

/// What happened to the archives of a run.
#[derive(Default)]
struct Tally {
    made: AtomicU64,
    accepted: AtomicU64,
    differences: Mutex<Vec<String>>,
}

impl Tally {
    fn is_enough(&self) -> bool {
        self.differences.lock().expect("no panic").len() >= ENOUGH
    }
}

#[test]
#[ignore = "takes long, and needs GNU tar, libarchive and Python"]
fn nobody_finds_something_else() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = number("ARCHIVE_SEED")
        .unwrap_or_else(|| u64::from(clock.expect("a clock after 1970").subsec_nanos()));
    let count = number("ARCHIVES").unwrap_or(10_000);
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    eprintln!("{count} archives, ARCHIVE_SEED={seed}");
    let (given, tally) = (generate::written_by_others(), Tally::default());
    for archive in &given {
        ours(archive).expect("what other programs write is read");
    }
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (given, tally) = (given.clone(), &tally);
            scope.spawn(move || run(given, (seed, thread), count.div_ceil(threads), tally));
        }
    });
    let (made, accepted) = (tally.made.into_inner(), tally.accepted.into_inner());
    let differences = tally.differences.into_inner().expect("no panic");
    eprintln!(
        "{made} archives made, {accepted} of them accepted and judged, {} differences",
        differences.len()
    );
    assert!(accepted > made / 20, "nearly all were refused");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn run(given: Vec<Vec<u8>>, (seed, thread): (u64, u64), count: u64, tally: &Tally) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&thread.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (strategy, mut judges) = (generate::archive(given), Judges::start());
    for _ in 0..count {
        if tally.is_enough() {
            return;
        }
        let mut tree = strategy.new_tree(&mut runner).expect("archives are made");
        tally.made.fetch_add(1, Ordering::Relaxed);
        let archive = tree.current();
        if ours(&archive).is_err() {
            continue;
        }
        tally.accepted.fetch_add(1, Ordering::Relaxed);
        if differs(&mut judges, &archive).is_some() {
            simplify(&mut judges, &mut tree);
            let text = told(&mut judges, &tree.current());
            tally.differences.lock().expect("no panic").push(text);
        }
    }
}

/// Looks for the smallest archive that still differs.
fn simplify(judges: &mut Judges, tree: &mut impl ValueTree<Value = Vec<u8>>) {
    let mut more = tree.simplify();
    for _ in 0..500 {
        if !more {
            break;
        }
        let still = differs(judges, &tree.current()).is_some();
        more = if still {
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    while differs(judges, &tree.current()).is_none() && tree.complicate() {}
}

/// An archive, and what is found in it.
fn told(judges: &mut Judges, archive: &[u8]) -> String {
    let mut text = "---- found differently:\n".to_owned();
    for block in archive.chunks(BLOCK) {
        let header = <&[u8; BLOCK]>::try_from(block).ok();
        let is_header = header.is_some_and(|block| Header::new(block).is_ok());
        let shown: String = block.escape_ascii().to_string().replace("\\x00", "~");
        let shown = shown.replace("~~~~~~~~", "=").replace("~=", "=");
        let shown = shown.replace("==", "=").replace("==", "=");
        let shown = shown.trim_end_matches('~');
        text += &format!("{} {shown}\n", if is_header { "header" } else { "bytes " });
    }
    text += &format!(
        "ours: {:?}\n",
        ours(archive).map_err(|error| error.to_string())
    );
    for verdict in judges.judge(archive) {
        let Verdict {
            program,
            complaint,
            tree,
        } = verdict;
        text += &format!("{program}: {complaint:?}\n{}", shown(&tree));
    }
    text
}

fn shown(tree: &BTreeMap<String, Got>) -> String {
    let line = |(path, got): (&String, &Got)| match got {
        Got::File(executable, bytes) => {
            let mark = if *executable { "*" } else { "" };
            format!("    {path}{mark} \"{}\"\n", bytes.escape_ascii())
        }
        other => format!("    {path} {other:?}\n"),
    };
    tree.iter().map(line).collect()
}
