//! What a large tree costs: run by hand, with `--release` and `--ignored --nocapture`.

use std::time::Instant;

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

#[test]
#[ignore = "takes a minute and 2 GB"]
fn a_large_tree_again() {
    let place = Place::new();
    let tree = large(&place);
    let stored = place.join("stored");
    eprintln!("{} entries, {} bytes", tree.len(), tree.size());
    // Nothing is removed between: ext4 looks at every inode that was freed in the last seconds before it
    // makes a new one.
    for round in 0..2 {
        let (before, began) = (used(&stored), Instant::now());
        let from = |path: &RelPath| Origin {
            tree: stored.clone(),
            path: path.clone(),
        };
        let out = place.join(&format!("out{round}"));
        copy_tree(&tree, from, &out, &NEVER).unwrap();
        let (took, more) = (began.elapsed(), used(&stored) - before);
        eprintln!("copied: {took:?}, {} MB more on disk", more / 1_000_000);
    }
    let began = Instant::now();
    scan(&place.join("out0"), &PathSet::default(), &NEVER).unwrap();
    eprintln!("taken in: {:?}", began.elapsed());
    let began = Instant::now();
    verify_tree(&place.join("out1"), &NEVER).unwrap();
    eprintln!("verified: {:?}", began.elapsed());
}
