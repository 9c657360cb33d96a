//! Reads a partition table, whoever wrote it.

use super::{ENTRY, GptEntry, GptTable, HEADER, HEADER_BYTES};
use crate::disk::SECTOR;
use crate::disk::guid::Guid;
use crate::disk::kind::{Attributes, PartitionType};
use crate::disk::region::{Fields, ReadError, Region};

const WHAT: &str = "a GUID partition table";

impl GptTable {
    /// Reads the table of a disk. Both copies must be sound and say the same.
    pub fn read(disk: &Region<'_>) -> Result<Self, ReadError> {
        let (first, backup_at) = read_copy(disk, HEADER)?;
        let (second, primary_at) = read_copy(disk, backup_at)?;
        if first != second || primary_at != HEADER {
            return Err(ReadError::format(WHAT, "its two copies differ"));
        }
        Ok(first)
    }
}

/// The copy whose header is in this sector, and the sector of the other copy's header.
fn read_copy(disk: &Region<'_>, at: u64) -> Result<(GptTable, u64), ReadError> {
    let wrong = |why| Err(ReadError::format(WHAT, why));
    let mut header = disk.read(at.saturating_mul(SECTOR), SECTOR)?;
    let fields = header.as_slice();
    let checksum = fields.u32(16);
    if !header.starts_with(b"EFI PART") || fields.u32(12) as usize != HEADER_BYTES {
        return wrong("there is none");
    }
    let (own, other, table_at) = (fields.u64(24), fields.u64(32), fields.u64(72));
    let (count, size, table_checksum) = (fields.u32(80), fields.u32(84), fields.u32(88));
    let guid = Guid::from_disk(fields.array(56));
    header[16..20].fill(0);
    if crc32fast::hash(&header[..HEADER_BYTES]) != checksum || own != at {
        return wrong("a header is damaged");
    }
    if size as usize != ENTRY {
        return wrong("its entries are not of 128 bytes");
    }
    let bytes = u64::from(count) * u64::from(size);
    let table = disk.read(table_at.saturating_mul(SECTOR), bytes)?;
    if crc32fast::hash(&table) != table_checksum {
        return wrong("a table is damaged");
    }
    let sectors = own.max(other).saturating_add(1);
    let entries = entries(&table);
    if entries
        .iter()
        .any(|entry| entry.last < entry.first || entry.last >= sectors)
    {
        return wrong("a partition ends before it begins, or behind the disk");
    }
    let disk = guid;
    Ok((
        GptTable {
            disk,
            sectors,
            entries,
        },
        other,
    ))
}

/// All entries up to the last that is used.
fn entries(table: &[u8]) -> Vec<GptEntry> {
    let entries: Vec<&[u8]> = table.chunks_exact(ENTRY).collect();
    let is_used = |entry: &&[u8]| entry.array::<16>(0) != [0; 16];
    let used = entries.iter().rposition(is_used).map_or(0, |last| last + 1);
    entries[..used].iter().map(|entry| decode(entry)).collect()
}

fn decode(entry: &[u8]) -> GptEntry {
    let units: Vec<u16> = entry[56..]
        .chunks_exact(2)
        .map(|unit| unit.u16(0))
        .collect();
    let length = units
        .iter()
        .position(|unit| *unit == 0)
        .unwrap_or(units.len());
    GptEntry {
        kind: PartitionType::from(Guid::from_disk(entry.array(0))),
        guid: Guid::from_disk(entry.array(16)),
        first: entry.u64(32),
        last: entry.u64(40),
        attributes: Attributes(entry.u64(48)),
        label: String::from_utf16_lossy(&units[..length]),
    }
}
