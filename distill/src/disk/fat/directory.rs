//! The directories of a volume as a tree, and the entries of one.

use std::collections::{HashMap, HashSet};

use thiserror::Error;

use super::name::{FatPath, short_byte};

/// Bytes of a directory entry.
pub(super) const ENTRY: usize = 32;
/// The most bytes a directory may have (Microsoft's FAT specification, section 6).
const MAX_DIRECTORY: usize = 65536 * ENTRY;
/// 1980-01-01, the first day there is.
const DATE: u16 = 1 << 5 | 1;

/// The most digits of the number in an alias; a directory has fewer entries than that many can count.
const LONGEST_NUMBER: u32 = 5;

const DIRECTORY: u8 = 0x10;
const ARCHIVE: u8 = 0x20;
const VOLUME_LABEL: u8 = 0x08;
const LONG_NAME: u8 = 0x0f;
/// Marks the last part of a long name, which is the first entry.
const LAST_PART: u8 = 0x40;

/// Why paths cannot be in one file system.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TreeError {
    /// Two names in one directory that are equal but for their case, or a file where another path
    /// has a directory.
    #[error("place `{0}` in a FAT file system: another file's path has the same name")]
    Duplicate(FatPath),
    /// A directory with more entries than FAT allows.
    #[error("place `{0}` in a FAT file system: the directory has too many entries")]
    TooMany(FatPath),
}

/// Directories by number; 0 is the root.
#[derive(Debug)]
pub(in crate::disk) struct Tree {
    pub(super) directories: Vec<Directory>,
}

#[derive(Debug, Default)]
pub(super) struct Directory {
    parent: usize,
    children: Vec<Child>,
    /// Children by the form of their names in which FAT compares them.
    places: HashMap<String, usize>,
    slots: usize,
}

#[derive(Debug)]
struct Child {
    name: String,
    short: [u8; 11],
    is_long: bool,
    node: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Directory(usize),
    File(usize),
}

/// Where things lie, as far as directories tell it: cluster numbers, 0 for none.
pub(super) trait Clusters {
    fn directory(&self, number: usize) -> u64;
    /// First cluster and size in bytes.
    fn file(&self, number: usize) -> (u64, u64);
}

impl Tree {
    /// A tree of these files, numbered in this order.
    pub(in crate::disk) fn new<'p>(
        paths: impl Iterator<Item = &'p FatPath>,
    ) -> Result<Self, TreeError> {
        let mut tree = Self {
            directories: vec![Directory::default()],
        };
        for (number, path) in paths.enumerate() {
            tree.insert(number, path)?;
        }
        for directory in &mut tree.directories {
            directory.give_short_names();
        }
        Ok(tree)
    }

    fn insert(&mut self, number: usize, path: &FatPath) -> Result<(), TreeError> {
        let mut at = 0;
        let mut components = path.components().peekable();
        while let Some(name) = components.next() {
            let is_file = components.peek().is_none();
            match self.directories[at].find(name) {
                Some(child) => match child.node {
                    Node::Directory(next) if !is_file && child.name == name => at = next,
                    _ => return Err(TreeError::Duplicate(path.clone())),
                },
                None if is_file => self.add(at, name, Node::File(number), path)?,
                None => at = self.add_directory(at, name, path)?,
            }
        }
        Ok(())
    }

    fn add_directory(&mut self, at: usize, name: &str, path: &FatPath) -> Result<usize, TreeError> {
        let next = self.directories.len();
        self.directories.push(Directory {
            parent: at,
            ..Directory::default()
        });
        self.add(at, name, Node::Directory(next), path)?;
        Ok(next)
    }

    fn add(&mut self, at: usize, name: &str, node: Node, path: &FatPath) -> Result<(), TreeError> {
        let directory = &mut self.directories[at];
        let child = Child::new(name, node);
        directory.slots += child.slots();
        directory
            .places
            .insert(fold(name), directory.children.len());
        directory.children.push(child);
        if self.bytes(at) > MAX_DIRECTORY {
            return Err(TreeError::TooMany(path.clone()));
        }
        Ok(())
    }

    /// Bytes of a directory.
    pub(super) fn bytes(&self, number: usize) -> usize {
        // The root begins with the label, every other directory with "." and "..".
        let first = if number == 0 { 1 } else { 2 };
        (first + self.directories[number].slots) * ENTRY
    }

    /// The entries of a directory.
    pub(super) fn encode(
        &self,
        number: usize,
        label: [u8; 11],
        clusters: &impl Clusters,
    ) -> Vec<u8> {
        let directory = &self.directories[number];
        let mut bytes = Vec::with_capacity(self.bytes(number));
        if number == 0 {
            bytes.extend(short_entry(label, VOLUME_LABEL, 0, 0));
        } else {
            // The root is called 0 here, whatever its number.
            let parent = directory.parent;
            let above = if parent == 0 {
                0
            } else {
                clusters.directory(parent)
            };
            bytes.extend(short_entry(
                *b".          ",
                DIRECTORY,
                clusters.directory(number),
                0,
            ));
            bytes.extend(short_entry(*b"..         ", DIRECTORY, above, 0));
        }
        for child in &directory.children {
            child.encode(clusters, &mut bytes);
        }
        bytes
    }
}

impl Directory {
    fn find(&self, name: &str) -> Option<&Child> {
        let place = self.places.get(&fold(name))?;
        Some(&self.children[*place])
    }

    /// Gives every child with a long name a short one that no other has.
    fn give_short_names(&mut self) {
        let exact = self.children.iter().filter(|child| !child.is_long);
        let mut aliases = Aliases {
            taken: exact.map(|child| child.short).collect(),
            next: HashMap::new(),
        };
        for child in self.children.iter_mut().filter(|child| child.is_long) {
            child.short = aliases.give(&child.name);
        }
    }
}

/// The short names of one directory.
struct Aliases {
    taken: HashSet<[u8; 11]>,
    /// For what comes before and after a number of so many digits: a number below which all numbers
    /// are taken. What is taken stays taken, so no number is looked at twice.
    next: HashMap<([u8; 11], u32), usize>,
}

impl Aliases {
    /// The first alias of a name that is free, which then is taken.
    fn give(&mut self, name: &str) -> [u8; 11] {
        for digits in 1..=LONGEST_NUMBER {
            let (first, end) = (10_usize.pow(digits - 1), 10_usize.pow(digits));
            // All numbers of so many digits stand between the same characters.
            let frame = (alias_frame(name, digits), digits);
            let next = self.next.entry(frame).or_insert(first);
            for number in *next..end {
                let short = alias(name, number);
                if self.taken.insert(short) {
                    *next = number + 1;
                    return short;
                }
            }
            *next = end;
        }
        unreachable!("a directory has fewer entries than there are aliases of one name")
    }
}

impl Child {
    fn new(name: &str, node: Node) -> Self {
        let short = exact_short_name(name);
        Self {
            name: name.to_owned(),
            short: short.unwrap_or_default(),
            is_long: short.is_none(),
            node,
        }
    }

    /// Number of entries that it takes.
    fn slots(&self) -> usize {
        if self.is_long {
            1 + self.name.encode_utf16().count().div_ceil(13)
        } else {
            1
        }
    }

    fn encode(&self, clusters: &impl Clusters, bytes: &mut Vec<u8>) {
        if self.is_long {
            bytes.extend(long_entries(&self.name, checksum(&self.short)));
        }
        bytes.extend(match self.node {
            Node::Directory(number) => {
                short_entry(self.short, DIRECTORY, clusters.directory(number), 0)
            }
            Node::File(number) => {
                let (first, size) = clusters.file(number);
                short_entry(self.short, ARCHIVE, first, size)
            }
        });
    }
}

/// Names that are equal after this are one name to FAT.
pub(super) fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).collect()
}

/// The name as eight and three bytes, if it is one that needs no long form.
fn exact_short_name(name: &str) -> Option<[u8; 11]> {
    let (base, extension) = match name.split_once('.') {
        Some((base, extension)) if !extension.is_empty() => (base, extension),
        Some(_) => return None,
        None => (name, ""),
    };
    let fits = (1..=8).contains(&base.len()) && extension.len() <= 3;
    let allowed = base.bytes().chain(extension.bytes()).all(short_byte);
    (fits && allowed).then(|| eight_three(base.as_bytes(), extension.as_bytes()))
}

fn eight_three(base: &[u8], extension: &[u8]) -> [u8; 11] {
    let mut short = [b' '; 11];
    short[..base.len()].copy_from_slice(base);
    short[8..8 + extension.len()].copy_from_slice(extension);
    short
}

/// The n-th short name for a long one: `LONGNA~1.EXT`.
fn alias(name: &str, n: usize) -> [u8; 11] {
    with_tail(name, &format!("~{n}"))
}

/// An alias with nothing in the place of a number of so many digits.
fn alias_frame(name: &str, digits: u32) -> [u8; 11] {
    with_tail(name, &format!("~{}", "?".repeat(digits as usize)))
}

fn with_tail(name: &str, tail: &str) -> [u8; 11] {
    let trimmed = name.trim_start_matches('.');
    let (base, extension) = trimmed.rsplit_once('.').unwrap_or((trimmed, ""));
    let mut base = short_bytes(base, 8 - tail.len());
    base.extend(tail.bytes());
    eight_three(&base, &short_bytes(extension, 3))
}

/// The first characters of a part of a name, those that a short name cannot have replaced.
fn short_bytes(part: &str, most: usize) -> Vec<u8> {
    let kept = part.chars().filter(|c| !matches!(c, ' ' | '.'));
    let byte = |c: char| {
        u8::try_from(c.to_ascii_uppercase())
            .ok()
            .filter(|b| short_byte(*b))
            .unwrap_or(b'_')
    };
    kept.map(byte).take(most).collect()
}

/// Checksum of a short name, by which long entries are known to belong to it.
fn checksum(short: &[u8; 11]) -> u8 {
    short
        .iter()
        .fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

/// The entries of a long name: thirteen UTF-16 units each, the last part first.
fn long_entries(name: &str, checksum: u8) -> Vec<u8> {
    let mut units: Vec<u16> = name.encode_utf16().collect();
    if !units.len().is_multiple_of(13) {
        units.push(0);
        units.resize(units.len().next_multiple_of(13), 0xffff);
    }
    let mut order = u8::try_from(units.len() / 13).unwrap_or(u8::MAX);
    let mut entries = Vec::new();
    for (number, part) in units.chunks(13).rev().enumerate() {
        let last = if number == 0 { LAST_PART } else { 0 };
        entries.extend(long_entry(part, order | last, checksum));
        order -= 1;
    }
    entries
}

fn long_entry(part: &[u16], order: u8, checksum: u8) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[0] = order;
    entry[11] = LONG_NAME;
    entry[13] = checksum;
    let places = (1..11)
        .step_by(2)
        .chain((14..26).step_by(2))
        .chain((28..32).step_by(2));
    for (at, unit) in places.zip(part) {
        entry[at..at + 2].copy_from_slice(&unit.to_le_bytes());
    }
    entry
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "cluster numbers and file sizes are 32 bits"
)]
fn short_entry(name: [u8; 11], attributes: u8, cluster: u64, size: u64) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let mut put = |at: usize, bytes: &[u8]| entry[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name);
    put(11, &[attributes]);
    for date in [16, 18, 24] {
        put(date, &DATE.to_le_bytes());
    }
    put(20, &((cluster >> 16) as u16).to_le_bytes());
    put(26, &(cluster as u16).to_le_bytes());
    put(28, &(size as u32).to_le_bytes());
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(short: [u8; 11]) -> String {
        String::from_utf8(short.to_vec()).unwrap()
    }

    #[test]
    fn short_names_need_no_long_form() {
        for (name, short) in [
            ("BOOTX64.EFI", "BOOTX64 EFI"),
            ("EFI", "EFI        "),
            ("A-B_C.1", "A-B_C   1  "),
        ] {
            assert_eq!(exact_short_name(name).map(text).as_deref(), Some(short));
        }
        for name in [
            "bootx64.efi",
            "LONGERNAME",
            "A.LONG",
            "A B",
            ".EFI",
            "A.B.C",
            "É",
        ] {
            assert_eq!(exact_short_name(name), None, "{name}");
        }
    }

    #[test]
    fn long_names_get_distinct_short_ones() {
        let paths = [
            "long name one.text",
            "long name two.text",
            "LONGNA~2.TEX",
            ".hidden",
            "é.x",
        ];
        let paths = paths.map(|path| FatPath::new(path).unwrap());
        let tree = Tree::new(paths.iter()).unwrap();
        let shorts: Vec<_> = tree.directories[0]
            .children
            .iter()
            .map(|child| text(child.short))
            .collect();
        assert_eq!(
            shorts,
            [
                "LONGNA~1TEX",
                "LONGNA~3TEX",
                "LONGNA~2TEX",
                "HIDDEN~1   ",
                "_~1     X  "
            ]
        );
    }

    #[test]
    fn names_that_fat_cannot_tell_apart_are_refused() {
        for paths in [
            ["a/x", "A/y"],
            ["File", "fILE"],
            ["a", "a/b"],
            ["a/b", "a"],
            ["straße", "STRASSE"],
        ] {
            let paths = paths.map(|path| FatPath::new(path).unwrap());
            let error = Tree::new(paths.iter()).unwrap_err();
            assert_eq!(error, TreeError::Duplicate(paths[1].clone()));
        }
    }

    #[test]
    fn a_directory_has_at_most_65536_entries() {
        let paths: Vec<_> = (0..65536)
            .map(|n| FatPath::new(format!("{n}")).unwrap())
            .collect();
        // The root's label takes one.
        assert!(Tree::new(paths[..65535].iter()).is_ok());
        let error = Tree::new(paths.iter()).unwrap_err();
        assert_eq!(error, TreeError::TooMany(paths[65535].clone()));
    }

    /// The short names as the specification describes them: for each name the first number that is free.
    fn one_after_the_other(names: &[String]) -> Vec<String> {
        let mut taken: Vec<[u8; 11]> = names
            .iter()
            .filter_map(|name| exact_short_name(name))
            .collect();
        let give = |name: &String| {
            exact_short_name(name).unwrap_or_else(|| {
                let mut aliases = (1..).map(|n| alias(name, n));
                let short = aliases.find(|short| !taken.contains(short)).unwrap();
                taken.push(short);
                short
            })
        };
        names.iter().map(give).map(text).collect()
    }

    #[test]
    fn short_names_are_the_first_that_are_free() {
        let alike = (0..150).map(|n| format!("module of the kernel {n}.ko.xz"));
        let nearly = (0..60).map(|n| format!("modul{}-{n}.k", ['a', 'B', '.'][n % 3]));
        let exact = ["MODULE~7.XZ", "MODUL~12.XZ", "MODU~101.XZ", "MODUL~10.K"];
        let names: Vec<String> = alike.chain(nearly).chain(exact.map(String::from)).collect();
        let paths = names.iter().map(|name| FatPath::new(name.clone()).unwrap());
        let tree = Tree::new(paths.collect::<Vec<_>>().iter()).unwrap();
        let shorts = tree.directories[0].children.iter();
        let shorts: Vec<_> = shorts.map(|child| text(child.short)).collect();
        assert_eq!(shorts, one_after_the_other(&names));
    }

    #[test]
    fn many_names_that_begin_alike_take_no_longer_each() {
        let time = |count: usize| {
            let path = |n| FatPath::new(format!("module-of-the-kernel-{n:06}.ko.xz")).unwrap();
            let paths: Vec<_> = (0..count).map(path).collect();
            let began = std::time::Instant::now();
            Tree::new(paths.iter()).unwrap();
            began.elapsed().as_secs_f64() / f64::from(u32::try_from(count).unwrap())
        };
        // Quadratic, this is 16 times as much a name; a busy machine does not make it 6 times.
        let (few, many) = (time(1_000), time(16_000));
        assert!(
            many < few * 6.0,
            "{few} s a name of 1,000, {many} s of 16,000"
        );
    }
}
