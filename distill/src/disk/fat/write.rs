//! The bytes of a volume.

use super::geometry::TABLES;
use super::plan::{FIRST, Plan};
use crate::disk::SECTOR;
use crate::disk::piece::Piece;

/// Sector of the information sector.
const INFORMATION: u64 = 1;
/// Sector of the copies of boot sector and information sector.
const BACKUP: u64 = 6;
/// Says "fixed disk", in the boot sector and in the first entry of the tables.
const MEDIA: u8 = 0xf8;
/// Ends a file's chain of clusters.
const END: u32 = 0x0fff_ffff;

impl<'a, I> Plan<'a, I> {
    /// Everything in the volume, from its start. `hidden` is the number of sectors before it on the
    /// disk.
    pub(in crate::disk) fn pieces(self, hidden: u64) -> Vec<Piece<'a, I>> {
        let mut pieces = Vec::new();
        for at in [0, BACKUP] {
            pieces.push(Piece::bytes(at * SECTOR, self.boot_sector(hidden)));
            pieces.push(Piece::bytes(
                (at + INFORMATION) * SECTOR,
                self.information_sector(),
            ));
        }
        let table = self.table();
        for number in 0..TABLES {
            let sector = self.geometry.reserved + number * self.geometry.table;
            pieces.push(Piece::bytes(sector * SECTOR, table.clone()));
        }
        for (number, (first, _)) in self.places.directories.iter().enumerate() {
            let bytes = self.tree.encode(number, self.label.to_disk(), &self.places);
            pieces.push(Piece::bytes(self.geometry.offset(*first), bytes));
        }
        for ((_, body), (first, _)) in self.files.into_iter().zip(&self.places.files) {
            if *first != 0 {
                let offset = self.geometry.offset(*first);
                pieces.extend(body.pieces.into_iter().map(|piece| piece.shifted(offset)));
            }
        }
        pieces
    }

    /// The first sector: the BIOS parameter block (Microsoft's FAT specification, section 3).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a volume has at most 2^32 - 1 sectors"
    )]
    fn boot_sector(&self, hidden: u64) -> Vec<u8> {
        let geometry = &self.geometry;
        let mut sector = Sector::new();
        // Whoever jumps here is sent on to the next boot device: int 18h, hlt, jmp to the hlt.
        sector.put(0, &[0xeb, 0x58, 0x90]);
        sector.put(90, &[0xcd, 0x18, 0xf4, 0xeb, 0xfd]);
        sector.put(3, b"DISTILL ");
        sector.put(11, &(SECTOR as u16).to_le_bytes());
        sector.put(13, &[geometry.cluster as u8]);
        sector.put(14, &(geometry.reserved as u16).to_le_bytes());
        sector.put(16, &[TABLES as u8]);
        sector.put(21, &[MEDIA]);
        // Sectors a track and heads, for a BIOS that counts so.
        sector.put(24, &63_u16.to_le_bytes());
        sector.put(26, &255_u16.to_le_bytes());
        sector.put(28, &u32::try_from(hidden).unwrap_or(u32::MAX).to_le_bytes());
        sector.put(32, &(geometry.total as u32).to_le_bytes());
        sector.put(36, &(geometry.table as u32).to_le_bytes());
        sector.put(44, &(self.places.directories[0].0 as u32).to_le_bytes());
        sector.put(48, &(INFORMATION as u16).to_le_bytes());
        sector.put(50, &(BACKUP as u16).to_le_bytes());
        // Drive number of a hard disk, and the signature that says "the next three fields are
        // there".
        sector.put(64, &[0x80, 0, 0x29]);
        sector.put(67, &self.id.0.to_le_bytes());
        sector.put(71, &self.label.to_disk());
        sector.put(82, b"FAT32   ");
        sector.finish()
    }

    /// The sector that saves a reader from counting free clusters.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cluster numbers are 28 bits"
    )]
    fn information_sector(&self) -> Vec<u8> {
        let free = self.geometry.clusters() - self.places.used();
        let mut sector = Sector::new();
        sector.put(0, b"RRaA");
        sector.put(484, b"rrAa");
        sector.put(488, &(free as u32).to_le_bytes());
        // Where to look for a free one, or "unknown" if the only ones left are gaps between files.
        let behind = self.places.end;
        let next = if behind < self.geometry.clusters() + FIRST {
            behind as u32
        } else {
            u32::MAX
        };
        sector.put(492, &next.to_le_bytes());
        sector.finish()
    }

    /// One of the tables, up to its last entry that is not zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cluster numbers are 28 bits"
    )]
    fn table(&self) -> Vec<u8> {
        let mut entries = vec![0_u32; self.places.end as usize];
        entries[0] = 0x0fff_ff00 | u32::from(MEDIA);
        entries[1] = END;
        for (first, clusters) in self.places.directories.iter().chain(&self.places.files) {
            for cluster in *first..first + clusters {
                entries[cluster as usize] = cluster as u32 + 1;
            }
            if *clusters > 0 {
                entries[(first + clusters - 1) as usize] = END;
            }
        }
        debug_assert!(self.places.end >= FIRST);
        entries.into_iter().flat_map(u32::to_le_bytes).collect()
    }
}

/// A sector with the signature that boot sector and information sector share.
struct Sector(Vec<u8>);

impl Sector {
    fn new() -> Self {
        Self(vec![0; 512])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(510, &[0x55, 0xaa]);
        self.0
    }
}
