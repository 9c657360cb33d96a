//! What each operation means, and what it meant before: the versions that plans are hashed with.
//!
//! A plan's hash vouches for its output, so the hash must move when the same plan would make
//! something else. It moves with the version of the plan's own operation, and only with that: who
//! mends the reading of archives moves the plans that unpack, and nobody rebuilds a compiler for it
//! (unless its sources come out different).

use std::fmt;

/// A kind of [`Action`](super::Action): the part of a plan that has a version of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Build`](super::Build), with everything that the build environment promises.
    Build,
    /// [`Unpack`](super::Unpack), with every reader of archives and of compressed data.
    Unpack,
    /// [`Place`](super::Place).
    Place,
    /// [`Extract`](super::Extract).
    Extract,
    /// [`Pick`](super::Pick), with the meaning of patterns.
    Pick,
    /// [`Merge`](super::Merge).
    Merge,
    /// [`Fill`](super::Fill).
    Fill,
    /// A [`Layout`](crate::disk::Layout), with every writer of partition tables, file systems,
    /// kernel images and boot loaders.
    Disk,
}

impl Operation {
    /// All of them.
    pub const ALL: [Operation; 8] = [
        Operation::Build,
        Operation::Unpack,
        Operation::Place,
        Operation::Extract,
        Operation::Pick,
        Operation::Merge,
        Operation::Fill,
        Operation::Disk,
    ];

    /// What each version of the operation means, version 1 first; the last one is what this program
    /// carries out.
    ///
    /// **Whoever changes what an operation makes of the same inputs adds a line** that says what is
    /// different. No line is ever changed or removed: plans with its version are in use.
    const fn history(self) -> &'static [&'static str] {
        match self {
            Operation::Build => &[
                "1: runs `/build` as root of its own namespaces, with the environment, host name and \
                 devices of `engine::environment` and no network; inputs cannot be changed, except \
                 for private copies of those at `/src`, `/run` and `/var`; `/dev`, `/proc`, `/tmp` and `/out` are the \
                 sandbox's; owners and times of the output are dropped",
            ],
            Operation::Unpack => &[
                "1: tar (ustar, GNU, pax), ar and Debian packages, plain or compressed; owners and \
                 times are dropped, modes become 0755 or 0644",
            ],
            Operation::Place => &["1: a tree of one file, below directories of mode 0755"],
            Operation::Extract => &["1: the bytes of one regular file"],
            Operation::Pick => &[
                "1: the paths that patterns match, with what lies below them and the directories \
                 above",
            ],
            Operation::Merge => &["1: all entries; two trees may meet in directories of one mode"],
            Operation::Fill => &["1: the second tree's entries where the first has none"],
            Operation::Disk => &[
                "1: GPT with a protective MBR, FAT32, unified kernel images, and the list of sectors \
                 of the BIOS loader",
                "2: the same; the sections of a unified kernel image lie without gaps in its file",
            ],
        }
    }

    /// The version that this program carries out, and writes into plans.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a history is as long as what people wrote"
    )]
    pub const fn version(self) -> u32 {
        self.history().len() as u32
    }

    /// What the current version means, in one sentence.
    pub fn meaning(self) -> &'static str {
        let current = self.history().last().copied().unwrap_or_default();
        current.split_once(": ").map_or(current, |(_, text)| text)
    }

    /// The name, as plans have it.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Build => "build",
            Operation::Unpack => "unpack",
            Operation::Place => "place",
            Operation::Extract => "extract",
            Operation::Pick => "pick",
            Operation::Merge => "merge",
            Operation::Fill => "fill",
            Operation::Disk => "disk",
        }
    }

    /// The operation of that name.
    pub(super) fn of_name(name: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|each| each.name() == name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_says_what_it_means_under_its_number() {
        for operation in Operation::ALL {
            for (number, line) in (1..).zip(operation.history()) {
                let text = line.strip_prefix(&format!("{number}: "));
                assert!(
                    text.is_some_and(|text| text.len() > 10),
                    "{operation}: {line}"
                );
            }
            assert!(operation.version() >= 1, "{operation} has no version");
            assert!(!operation.meaning().is_empty());
        }
    }

    #[test]
    fn names_are_unique() {
        for operation in Operation::ALL {
            assert_eq!(Operation::of_name(operation.name()), Some(operation));
        }
        assert_eq!(Operation::of_name("Build"), None);
    }
}
