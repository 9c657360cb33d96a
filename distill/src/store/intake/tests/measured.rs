//! What a large tree costs: run by hand, with `--release` and `--ignored --nocapture`.

use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::*;

/// As many files as Linux's source has, in as many directories, of about its sizes.
fn large(place: &Place) -> Tree {
    let dir = place.with("stored", &[]);
    for number in 0..86_000_u32 {
        let at = dir.join(format!(
            "a{}/b{}/c{}",
            number % 20,
            number % 400,
            number % 5600
        ));
        fs::create_dir_all(&at).unwrap();
        let size = usize::try_from(number.wrapping_mul(2_654_435_761) % 35_000).unwrap();
        let line = format!("line of file {number}\n");
        let text = line.repeat(size / line.len() + 1);
        fs::write(at.join(format!("f{number}")), text).unwrap();
    }
    scan(&dir, &PathSet::default(), &NEVER)
        .unwrap()
        .into_manifest()
}

fn used(dir: &Utf8Path) -> u64 {
    let stat = nix::sys::statvfs::statvfs(dir.as_std_path()).unwrap();
    (stat.blocks() - stat.blocks_free()) * stat.fragment_size()
}

/// What a step takes: time, time of processors, and room on the disk.
fn measured<T>(what: &str, place: &Place, step: impl FnOnce() -> T) -> T {
    let cpu = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
        let (user, system) = (usage.user_time(), usage.system_time());
        (user.num_milliseconds(), system.num_milliseconds())
    };
    let (before, (user, system), began) = (used(&place.join("")), cpu(), Instant::now());
    let done = step();
    let (took, after, more) = (began.elapsed(), cpu(), used(&place.join("")));
    eprintln!(
        "{what}: {took:.1?}, of processors {} ms and {} ms in the kernel; {} MB more on disk",
        after.0 - user,
        after.1 - system,
        more.saturating_sub(before) / 1_000_000
    );
    done
}

/// What was done before, for comparison: each file gets one more name.
fn link(tree: &Tree, from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir(to).unwrap();
    for (path, node) in tree.iter() {
        match node {
            Node::Dir { .. } => fs::create_dir(path.under(to)).unwrap(),
            _ => fs::hard_link(path.under(from), path.under(to)).unwrap(),
        }
    }
}

#[test]
#[ignore = "takes minutes and 4 GB"]
fn a_large_tree_again() {
    let place = Place::new();
    let tree = large(&place);
    let stored = place.join("stored");
    eprintln!("{} entries, {} bytes", tree.len(), tree.size());
    // Nothing is removed between: ext4 looks at every inode that was freed in the last seconds before it
    // makes a new one.
    measured("linked", &place, || {
        link(&tree, &stored, &place.join("linked"));
    });
    let from = |path: &RelPath| Origin {
        tree: stored.clone(),
        path: path.clone(),
    };
    let copied = place.join("copied");
    measured("copied", &place, || {
        copy_tree(&tree, from, &copied, &NEVER).unwrap()
    });
    measured("taken in", &place, || {
        scan(&copied, &PathSet::default(), &NEVER).unwrap()
    });
    measured("verified", &place, || verify_tree(&copied, &NEVER).unwrap());
}
