//! The layout of a disk as one value: what lies where, and nothing about how it gets there.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::fat::{FatFile, FatPath, FatVolume};
use super::guid::Guid;
use super::kind::{Attributes, PartitionType};
use super::label::Label;
use super::uki::Uki;

/// A whole disk, generic over what stands for a file's bytes: a hash while an image is planned, an
/// [`Input`](super::Input) when it is written. [`Layout::try_map`] leads from the one to the other.
///
/// Two layouts that are equal, with handles that stand for equal bytes, give equal disks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout<C> {
    /// Bytes a logical sector.
    pub sector_size: SectorSize,
    /// Every partition but the loader's begins and ends at a multiple of this many bytes: a power
    /// of two from 4 KiB to 1 GiB. 1 MiB is what everybody uses.
    pub alignment: u64,
    /// Size of the whole disk.
    pub size: DiskSize,
    /// The disk's GUID.
    pub guid: Guid,
    /// How a BIOS boots the disk; without it, only UEFI does.
    pub bios: Option<BiosLoader<C>>,
    /// The partitions, in the order in which they lie on the disk.
    pub partitions: Vec<Partition<C>>,
}

/// Bytes a logical sector. A partition table is written for one size, and so is a boot loader's
/// list of sectors: a disk with native sectors of 4 KiB needs an image of its own, which nothing
/// makes yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SectorSize {
    /// 512 bytes: nearly all disks, those with physical sectors of 4 KiB included.
    #[default]
    #[serde(rename = "512")]
    B512,
}

impl SectorSize {
    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::B512 => 512,
        }
    }
}

/// Size of the whole disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DiskSize {
    /// So many bytes, a multiple of the sector size; what the partitions leave is free.
    Exact(u64),
    /// What the partitions need, so many bytes more, rounded up to the alignment.
    Minimal {
        /// Free bytes after the last partition.
        slack: u64,
    },
}

/// Boot code for a BIOS. It reads the kernel (and the initrd) of one unified kernel image by their
/// sectors, so the disk holds them once for both kinds of firmware.
///
/// The second stage, the list of sectors and the command line lie in a partition of type
/// [`PartitionType::BiosBoot`] over the gap between the table and the first partition. It is the
/// first in the table, so that every tool sees that the gap is taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiosLoader<C> {
    /// Code of the first sector, 440 bytes, with the fields described in its source.
    pub mbr: C,
    /// Code of the second stage, with the header described in its source.
    pub stage2: C,
    /// The partition's label.
    pub label: Label,
    /// The partition's GUID.
    pub guid: Guid,
    /// The kernel to boot.
    pub boots: BootEntry,
}

/// Which unified kernel image a loader boots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootEntry {
    /// Label of a partition with a FAT file system.
    pub partition: Label,
    /// The image's path in it.
    pub path: FatPath,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition<C> {
    /// Its name, unique on the disk (`root=PARTLABEL=…`).
    pub label: Label,
    /// What it is for.
    pub kind: PartitionType,
    /// Its GUID, unique on the disk (`root=PARTUUID=…`).
    pub guid: Guid,
    /// Its attribute bits.
    pub attributes: Attributes,
    /// How large it is.
    pub size: Size,
    /// What it holds.
    pub contents: Contents<C>,
}

/// Size of a partition; always rounded up to the disk's alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// What its contents need.
    Minimal,
    /// So many bytes, or more if its contents need more.
    AtLeast(u64),
}

/// What a partition holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contents<C> {
    /// These bytes from the partition's start, for example a squashfs.
    Raw(C),
    /// A FAT32 file system that fills the partition.
    Fat(FatVolume<C>),
    /// Nothing: zeros, which take no place in the image file.
    Blank,
}

impl<C> Layout<C> {
    /// All handles, in the order in which the value names them.
    pub fn contents(&self) -> Vec<&C> {
        let mut all = Vec::new();
        let Ok(_) = self.try_map(|content| {
            all.push(content);
            Ok::<(), Infallible>(())
        });
        all
    }

    /// The unified kernel image that a loader boots, if it is there.
    pub fn uki(&self, entry: &BootEntry) -> Option<&Uki<C>> {
        let partition = self
            .partitions
            .iter()
            .find(|each| each.label == entry.partition)?;
        let Contents::Fat(volume) = &partition.contents else {
            return None;
        };
        match volume.files.get(&entry.path)? {
            FatFile::Uki(uki) => Some(uki),
            FatFile::Raw(_) => None,
        }
    }

    /// The same layout with every handle replaced. `resolve` sees them in the order of
    /// [`Layout::contents`]; its first error ends it.
    pub fn try_map<'a, D, E>(
        &'a self,
        mut resolve: impl FnMut(&'a C) -> Result<D, E>,
    ) -> Result<Layout<D>, E> {
        let bios = self
            .bios
            .as_ref()
            .map(|bios| bios.try_map(&mut resolve))
            .transpose()?;
        let partitions = self
            .partitions
            .iter()
            .map(|each| each.try_map(&mut resolve));
        Ok(Layout {
            sector_size: self.sector_size,
            alignment: self.alignment,
            size: self.size,
            guid: self.guid,
            bios,
            partitions: partitions.collect::<Result<_, E>>()?,
        })
    }
}

impl<C> BiosLoader<C> {
    fn try_map<'a, D, E>(
        &'a self,
        resolve: &mut impl FnMut(&'a C) -> Result<D, E>,
    ) -> Result<BiosLoader<D>, E> {
        Ok(BiosLoader {
            mbr: resolve(&self.mbr)?,
            stage2: resolve(&self.stage2)?,
            label: self.label.clone(),
            guid: self.guid,
            boots: self.boots.clone(),
        })
    }
}

impl<C> Partition<C> {
    fn try_map<'a, D, E>(
        &'a self,
        resolve: &mut impl FnMut(&'a C) -> Result<D, E>,
    ) -> Result<Partition<D>, E> {
        let contents = match &self.contents {
            Contents::Raw(content) => Contents::Raw(resolve(content)?),
            Contents::Fat(volume) => Contents::Fat(volume.try_map(resolve)?),
            Contents::Blank => Contents::Blank,
        };
        Ok(Partition {
            label: self.label.clone(),
            kind: self.kind,
            guid: self.guid,
            attributes: self.attributes,
            size: self.size,
            contents,
        })
    }
}
