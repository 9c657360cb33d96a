//! The GUID partition table (UEFI specification, chapter 5).

mod read;
mod write;

pub(super) use write::MBR_CODE;

use super::guid::Guid;
use super::kind::{Attributes, PartitionType};

/// Sector of the first header.
const HEADER: u64 = 1;
/// First sector of the first table.
const TABLE: u64 = 2;
/// Entries of a table: the fewest that the specification allows, and what everybody makes.
pub(super) const ENTRIES: usize = 128;
/// Bytes of an entry.
const ENTRY: usize = 128;
/// Bytes of a header that its checksum covers.
const HEADER_BYTES: usize = 92;
/// Sectors of a table.
const TABLE_SECTORS: u64 = (ENTRIES * ENTRY) as u64 / 512;
/// First sector that a partition may have.
pub(super) const FIRST_USABLE: u64 = TABLE + TABLE_SECTORS;
/// Sectors at the disk's end that the second table and its header take.
pub(super) const BACKUP_SECTORS: u64 = TABLE_SECTORS + 1;

/// A partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GptTable {
    /// The disk's GUID.
    pub disk: Guid,
    /// Sectors of the disk, as far as the table knows: its second copy lies in the last of them.
    pub sectors: u64,
    /// The partitions, by their number less one. Free entries behind the last used one are left
    /// out.
    pub entries: Vec<GptEntry>,
}

/// An entry of a partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GptEntry {
    /// What the partition is for.
    pub kind: PartitionType,
    /// Its GUID.
    pub guid: Guid,
    /// Its first sector.
    pub first: u64,
    /// Its last sector.
    pub last: u64,
    /// Its attribute bits.
    pub attributes: Attributes,
    /// Its name.
    pub label: String,
}

impl GptEntry {
    /// Number of sectors.
    pub const fn sectors(&self) -> u64 {
        self.last - self.first + 1
    }
}
