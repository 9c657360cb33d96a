//! The bytes of a partition table and of the protective MBR in front of it.

use super::{
    BACKUP_SECTORS, ENTRIES, ENTRY, FIRST_USABLE, GptEntry, GptTable, HEADER, HEADER_BYTES, TABLE,
};
use crate::disk::SECTOR;
use crate::disk::piece::Piece;

/// Where in the first sector the boot code ends and the old partition table begins.
pub(in crate::disk) const MBR_CODE: usize = 440;

impl GptTable {
    /// Both copies, and the first sector, which begins with `boot_code` (at most 440 bytes).
    pub(in crate::disk) fn pieces<'a, I>(&self, boot_code: &[u8]) -> Vec<Piece<'a, I>> {
        let table = self.table();
        let last = self.sectors - 1;
        let backup = last + 1 - BACKUP_SECTORS;
        [
            (0, self.protective_mbr(boot_code)),
            (HEADER, self.header(HEADER, last, TABLE, &table)),
            (TABLE, table.clone()),
            (last, self.header(last, HEADER, backup, &table)),
            (backup, table),
        ]
        .map(|(sector, bytes)| Piece::bytes(sector * SECTOR, bytes))
        .into()
    }

    /// One old-style partition of type `EEh` over the whole disk, so that tools that know no GPT do
    /// not take the disk for empty.
    fn protective_mbr(&self, boot_code: &[u8]) -> Vec<u8> {
        let mut sector = vec![0; 512];
        sector[..boot_code.len()].copy_from_slice(boot_code);
        let size = u32::try_from(self.sectors - 1).unwrap_or(u32::MAX);
        // Status 0 (some firmware demands it), start as cylinder, head and sector, type, end: "too
        // far".
        sector[446..454].copy_from_slice(&[0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]);
        sector[454..458].copy_from_slice(&1_u32.to_le_bytes());
        sector[458..462].copy_from_slice(&size.to_le_bytes());
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "constants of two or three digits"
    )]
    fn header(&self, at: u64, other: u64, table_at: u64, table: &[u8]) -> Vec<u8> {
        let mut header = Vec::with_capacity(512);
        header.extend(b"EFI PART");
        header.extend(0x0001_0000_u32.to_le_bytes());
        header.extend((HEADER_BYTES as u32).to_le_bytes());
        // The header's checksum, over zeros in its own place, and a reserved field.
        header.extend([0; 8]);
        let last_usable = self.sectors - 1 - BACKUP_SECTORS;
        for sector in [at, other, FIRST_USABLE, last_usable] {
            header.extend(sector.to_le_bytes());
        }
        header.extend(self.disk.to_disk());
        header.extend(table_at.to_le_bytes());
        header.extend((ENTRIES as u32).to_le_bytes());
        header.extend((ENTRY as u32).to_le_bytes());
        header.extend(crc32fast::hash(table).to_le_bytes());
        let checksum = crc32fast::hash(&header);
        header[16..20].copy_from_slice(&checksum.to_le_bytes());
        header.resize(512, 0);
        header
    }

    fn table(&self) -> Vec<u8> {
        let mut table: Vec<u8> = self.entries.iter().flat_map(GptEntry::encode).collect();
        table.resize(ENTRIES * ENTRY, 0);
        table
    }
}

impl GptEntry {
    fn encode(&self) -> Vec<u8> {
        let mut entry = Vec::with_capacity(ENTRY);
        entry.extend(self.kind.guid().to_disk());
        entry.extend(self.guid.to_disk());
        for number in [self.first, self.last, self.attributes.0] {
            entry.extend(number.to_le_bytes());
        }
        entry.extend(self.label.encode_utf16().flat_map(u16::to_le_bytes));
        entry.resize(ENTRY, 0);
        entry
    }
}
