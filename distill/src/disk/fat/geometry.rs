//! How large the parts of a FAT32 volume are.

use crate::disk::SECTOR;

/// Fewer clusters, and the volume is FAT16 by definition. A margin of 16, because not everybody
/// counts alike (Microsoft's FAT specification, section 3.5).
const MIN_CLUSTERS: u64 = 65525 + 16;
/// Sectors before the first table, at least: boot sector, information sector and their copies.
const MIN_RESERVED: u64 = 32;
/// The first cluster lies at a multiple of so many sectors from the volume's start.
const DATA_ALIGNMENT: u64 = 8;
/// Number of tables.
pub(super) const TABLES: u64 = 2;
/// More sectors cannot be numbered.
const MAX_SECTORS: u64 = u32::MAX as u64;

/// Sectors a cluster, and the volume size in bytes up to which they are used. As `mkfs.fat` and
/// Windows have it.
const CLUSTERS: [(u64, u64); 5] = [
    (1, 260 << 20),
    (8, 8 << 30),
    (16, 16 << 30),
    (32, 32 << 30),
    (64, u64::MAX),
];

/// The parts of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Sectors of the volume.
    pub(super) total: u64,
    /// Sectors before the first table.
    pub(super) reserved: u64,
    /// Sectors of one table.
    pub(super) table: u64,
    /// Sectors of a cluster.
    pub(super) cluster: u64,
}

impl Geometry {
    /// The parts of a volume of `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let cluster = cluster_sectors(bytes);
        let total = bytes / SECTOR;
        let table = table_sectors(total, cluster);
        let data = (MIN_RESERVED + TABLES * table).next_multiple_of(DATA_ALIGNMENT);
        Self {
            total,
            reserved: data - TABLES * table,
            table,
            cluster,
        }
    }

    /// Number of clusters.
    pub(super) fn clusters(&self) -> u64 {
        (self.total - self.data()) / self.cluster
    }

    /// Bytes of a cluster.
    pub(super) fn cluster_bytes(&self) -> u64 {
        self.cluster * SECTOR
    }

    /// First sector of the first cluster.
    fn data(&self) -> u64 {
        self.reserved + TABLES * self.table
    }

    /// Byte offset of a cluster; the first has number 2.
    pub(super) fn offset(&self, cluster: u64) -> u64 {
        (self.data() + (cluster - 2) * self.cluster) * SECTOR
    }
}

/// The size of the smallest volume that is a multiple of `alignment`, has `at_least` so many bytes,
/// and the clusters that `need` asks for, given a cluster's bytes. Nothing if no volume can be as
/// large.
pub(super) fn volume_bytes(
    at_least: u64,
    alignment: u64,
    need: impl Fn(u64) -> u64,
) -> Option<u64> {
    let mut above = 0;
    for (cluster, limit) in CLUSTERS {
        let clusters = need(cluster * SECTOR).max(MIN_CLUSTERS);
        let wanted = bytes_for(clusters, cluster).max(at_least).max(above);
        let bytes = wanted.checked_next_multiple_of(alignment)?;
        if bytes <= limit {
            return (bytes / SECTOR <= MAX_SECTORS).then_some(bytes);
        }
        above = limit + 1;
    }
    None
}

fn cluster_sectors(bytes: u64) -> u64 {
    let fitting = CLUSTERS.iter().find(|(_, limit)| bytes <= *limit);
    fitting.map_or(64, |(sectors, _)| *sectors)
}

/// Sectors of a table: the least T with 4 (clusters + 2) <= 512 T, where the clusters are what 2 T
/// and the reserved sectors leave of the volume.
fn table_sectors(total: u64, cluster: u64) -> u64 {
    let entries = SECTOR / 4;
    (total - MIN_RESERVED + 2 * cluster).div_ceil(entries * cluster + TABLES)
}

/// A size from which on a volume has at least so many clusters. A sector more may cost a cluster
/// where it makes the tables grow; the spare sectors see to it that this does not matter.
fn bytes_for(clusters: u64, cluster: u64) -> u64 {
    let table = ((clusters + 2) * 4).div_ceil(SECTOR) + 1;
    let spare = 4 * DATA_ALIGNMENT;
    (MIN_RESERVED + spare + TABLES * table + clusters * cluster) * SECTOR
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_smallest_volume_is_33_mib() {
        let bytes = volume_bytes(0, 1 << 20, |_| 0).unwrap();
        assert_eq!(bytes, 33 << 20);
        let geometry = Geometry::new(bytes);
        assert_eq!(
            geometry,
            Geometry {
                total: 67584,
                reserved: 32,
                table: 520,
                cluster: 1
            }
        );
        assert_eq!(geometry.clusters(), 66512);
    }

    #[test]
    fn larger_volumes_have_larger_clusters() {
        let at_least = |bytes| {
            let bytes = volume_bytes(bytes, 1 << 20, |_| 0).unwrap();
            (bytes, Geometry::new(bytes).cluster)
        };
        assert_eq!(at_least(260 << 20), (260 << 20, 1));
        assert_eq!(at_least((260 << 20) + 1), (261 << 20, 8));
        assert_eq!(at_least(20 << 30), (20 << 30, 32));
        assert_eq!(volume_bytes(3 << 40, 1 << 20, |_| 0), None);
    }

    proptest! {
        #[test]
        fn a_volume_holds_what_it_was_made_for(
            bytes_needed in 0_u64..40 << 30, at_least in 0_u64..40 << 30, shift in 12_u32..31
        ) {
            let need = |cluster| bytes_needed.div_ceil(cluster);
            let bytes = volume_bytes(at_least, 1 << shift, need).unwrap();
            prop_assert!(bytes >= at_least && bytes % (1 << shift) == 0);
            let geometry = Geometry::new(bytes);
            let clusters = geometry.clusters();
            prop_assert!(clusters >= need(geometry.cluster_bytes()).max(65525), "{geometry:?}");
            prop_assert!((clusters + 2) * 4 <= geometry.table * SECTOR, "{geometry:?}");
            prop_assert!(geometry.offset(2).is_multiple_of(4096) && geometry.reserved >= 32);
            prop_assert!(geometry.offset(clusters + 2) <= bytes);
        }
    }
}
