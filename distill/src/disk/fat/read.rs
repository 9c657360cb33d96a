//! Reads a FAT32 volume, whoever made it: the writer's counterpart, which shares no code with it.

use crate::disk::region::{Fields, ReadError, Region};

const WHAT: &str = "a FAT32 file system";
/// Numbers from here on end a chain.
const END: u32 = 0x0fff_fff8;
/// Entries have 28 bits; the others belong to nobody.
const MASK: u32 = 0x0fff_ffff;
/// Deeper than any path that a volume may hold (260 characters).
const MAX_DEPTH: usize = 130;

/// A FAT32 volume that can be read.
#[derive(Debug)]
pub struct FatReader<'f> {
    region: Region<'f>,
    cluster: u64,
    data: u64,
    clusters: u32,
    table: Vec<u32>,
    root: u32,
}

/// A file in a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FatEntry {
    /// Its path, with `/` between the components.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Where its clusters lie: offset from the volume's start and length in bytes, neighbours
    /// joined. The last may be longer than the file.
    pub runs: Vec<(u64, u64)>,
}

/// A directory entry with its long name put together.
struct Found {
    name: String,
    is_directory: bool,
    first: u32,
    size: u64,
}

impl<'f> FatReader<'f> {
    /// Reads the boot sector and the first table, and compares it with the second.
    pub fn new(region: Region<'f>) -> Result<Self, ReadError> {
        let boot = region.read(0, 512)?;
        let bytes = boot.as_slice();
        let sector = u64::from(bytes.u16(11));
        let [reserved, tables] = [u64::from(bytes.u16(14)), u64::from(bytes[16])];
        let [total, table] = [u64::from(bytes.u32(32)), u64::from(bytes.u32(36))];
        if bytes[510..] != [0x55, 0xaa] || !bytes[82..].starts_with(b"FAT32") {
            return Err(ReadError::format(WHAT, "the boot sector has no signature"));
        }
        let data = reserved + tables * table;
        let cluster = u64::from(bytes[13]);
        if sector != 512 || cluster == 0 || tables != 2 || data > total {
            return Err(ReadError::format(
                WHAT,
                "the boot sector's numbers make no sense",
            ));
        }
        let clusters = u32::try_from((total - data) / cluster).unwrap_or(u32::MAX);
        if clusters < 65525 {
            return Err(ReadError::format(WHAT, "too few clusters"));
        }
        let first = region.read(reserved * sector, table * sector)?;
        if first != region.read((reserved + table) * sector, table * sector)? {
            return Err(ReadError::format(WHAT, "the two tables differ"));
        }
        let table: Vec<u32> = first
            .chunks_exact(4)
            .map(|entry| entry.u32(0) & MASK)
            .collect();
        if table.len() < clusters as usize + 2 {
            return Err(ReadError::format(WHAT, "the table is too short"));
        }
        let root = bytes.u32(44);
        Ok(Self {
            region,
            cluster: cluster * sector,
            data: data * sector,
            clusters,
            table,
            root,
        })
    }

    /// All files, in the order in which the directories name them.
    pub fn files(&self) -> Result<Vec<FatEntry>, ReadError> {
        let mut files = Vec::new();
        self.walk(self.root, "", 0, &mut files)?;
        Ok(files)
    }

    /// The file at a path. Case is regarded.
    pub fn find(&self, path: &str) -> Result<Option<FatEntry>, ReadError> {
        Ok(self.files()?.into_iter().find(|entry| entry.path == path))
    }

    /// A file's bytes.
    pub fn read(&self, entry: &FatEntry) -> Result<Vec<u8>, ReadError> {
        self.read_start(entry, entry.size)
    }

    /// A file's first bytes, at most `limit`.
    pub fn read_start(&self, entry: &FatEntry, limit: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        for (at, length) in &entry.runs {
            let left = entry.size.min(limit) - bytes.len() as u64;
            bytes.extend(self.region.read(*at, left.min(*length))?);
        }
        Ok(bytes)
    }

    fn walk(
        &self,
        directory: u32,
        prefix: &str,
        depth: usize,
        files: &mut Vec<FatEntry>,
    ) -> Result<(), ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::format(
                WHAT,
                "directories go too deep, or in a circle",
            ));
        }
        for found in self.entries(directory)? {
            let path = format!("{prefix}{}", found.name);
            if found.is_directory {
                self.walk(found.first, &format!("{path}/"), depth + 1, files)?;
            } else {
                let runs = if found.size == 0 {
                    Vec::new()
                } else {
                    self.runs(found.first)?
                };
                if runs.iter().map(|(_, length)| length).sum::<u64>() < found.size {
                    return Err(ReadError::format(
                        WHAT,
                        "a file has fewer clusters than its size needs",
                    ));
                }
                files.push(FatEntry {
                    path,
                    size: found.size,
                    runs,
                });
            }
        }
        Ok(())
    }

    /// The clusters of a chain, as runs of bytes.
    fn runs(&self, first: u32) -> Result<Vec<(u64, u64)>, ReadError> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        let mut left = self.clusters;
        let mut cluster = first;
        while cluster < END {
            if cluster < 2 || cluster - 2 >= self.clusters || left == 0 {
                return Err(ReadError::format(
                    WHAT,
                    "a chain of clusters leaves the volume, or is a circle",
                ));
            }
            left -= 1;
            let at = self.data + u64::from(cluster - 2) * self.cluster;
            match runs.last_mut() {
                Some((start, length)) if *start + *length == at => *length += self.cluster,
                _ => runs.push((at, self.cluster)),
            }
            cluster = self.table[cluster as usize];
        }
        Ok(runs)
    }

    /// What a directory holds, but for the label, "." and "..".
    fn entries(&self, first: u32) -> Result<Vec<Found>, ReadError> {
        let mut bytes = Vec::new();
        for (at, length) in self.runs(first)? {
            bytes.extend(self.region.read(at, length)?);
        }
        let mut found = Vec::new();
        let mut long = LongName::default();
        for entry in bytes.chunks_exact(32).take_while(|entry| entry[0] != 0) {
            match (entry[0], entry[11]) {
                (0xe5, _) => long = LongName::default(),
                (_, 0x0f) => long.push(entry),
                (b'.', _) => {}
                (_, attributes) if attributes & 0x08 != 0 => long = LongName::default(),
                _ => found.push(Found::new(entry, &std::mem::take(&mut long))?),
            }
        }
        Ok(found)
    }
}

impl Found {
    fn new(entry: &[u8], long: &LongName) -> Result<Self, ReadError> {
        let name = long
            .name(&entry.array(0))?
            .unwrap_or_else(|| short_name(entry));
        let first = u32::from(entry.u16(20)) << 16 | u32::from(entry.u16(26));
        Ok(Self {
            name,
            is_directory: entry[11] & 0x10 != 0,
            first,
            size: u64::from(entry.u32(28)),
        })
    }
}

/// The parts of a long name, which come in front of the entry that they belong to, the last one
/// first.
#[derive(Default)]
struct LongName {
    units: Vec<u16>,
    checksum: Option<u8>,
    next: u8,
}

impl LongName {
    fn push(&mut self, entry: &[u8]) {
        let order = entry[0] & 0x3f;
        if entry[0] & 0x40 != 0 {
            *self = Self {
                units: Vec::new(),
                checksum: Some(entry[13]),
                next: order,
            };
        }
        if order == 0 || order != self.next || self.checksum != Some(entry[13]) {
            self.checksum = None;
            return;
        }
        self.next -= 1;
        let places = (1..11)
            .step_by(2)
            .chain((14..26).step_by(2))
            .chain((28..32).step_by(2));
        self.units.splice(0..0, places.map(|at| entry.u16(at)));
    }

    /// The name, if these parts are all of one and belong to the entry with this short name.
    fn name(&self, short: &[u8; 11]) -> Result<Option<String>, ReadError> {
        if self.checksum != Some(checksum(short)) || self.next != 0 {
            return Ok(None);
        }
        let length = self
            .units
            .iter()
            .position(|unit| *unit == 0)
            .unwrap_or(self.units.len());
        let name = String::from_utf16(&self.units[..length]);
        name.map(Some)
            .map_err(|_| ReadError::format(WHAT, "a long name is not UTF-16"))
    }
}

/// The checksum by which a long name is known to belong to a short one.
fn checksum(short: &[u8; 11]) -> u8 {
    short.iter().fold(0, |sum: u8, byte| {
        (sum >> 1).wrapping_add(sum << 7).wrapping_add(*byte)
    })
}

fn short_name(entry: &[u8]) -> String {
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim_end_matches(' ')
            .to_owned()
    };
    let (base, extension) = (text(&entry[..8]), text(&entry[8..11]));
    if extension.is_empty() {
        base
    } else {
        format!("{base}.{extension}")
    }
}
