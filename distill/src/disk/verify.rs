//! Walks the way that firmware and loader go on a disk that has been written, from its bytes alone,
//! and compares what is found with what was meant.

use std::fs::File;

use super::fat::{FatEntry, FatReader};
use super::gpt::{FIRST_USABLE, GptTable, MBR_CODE};
use super::input::{Input, read_parts};
use super::layout::{BiosLoader, Layout};
use super::loader::{self, BlockList, Extent, STAGE2_MAX};
use super::map::DiskMap;
use super::region::{ReadError, Region};
use super::uki::sections;
use super::{DiskError, SECTOR};

pub(super) fn check<I: Input>(
    layout: &Layout<I>,
    map: &DiskMap,
    file: &File,
) -> Result<(), DiskError> {
    let disk = Region::new(file)?;
    if GptTable::read(&disk)? != map.table {
        return Err(DiskError::Differs("the partition table is another one"));
    }
    match (&layout.bios, &map.boot) {
        (Some(bios), Some(list)) => check_boot(layout, bios, list, &disk),
        _ => Ok(()),
    }
}

/// The first stage leads to the second, its list is the one that the file system gives, and the
/// sectors hold the kernel's bytes.
fn check_boot<I: Input>(
    layout: &Layout<I>,
    bios: &BiosLoader<I>,
    list: &BlockList,
    disk: &Region<'_>,
) -> Result<(), DiskError> {
    let (first, sectors) = loader::read_mbr(&disk.read(0, MBR_CODE as u64)?)?;
    if first != FIRST_USABLE || sectors > STAGE2_MAX as u64 / SECTOR {
        return Err(DiskError::Differs(
            "the first stage does not lead to the second",
        ));
    }
    let stage2 = disk.read(first * SECTOR, sectors * SECTOR)?;
    let written = BlockList::read(&stage2)?;
    if written != *list {
        return Err(DiskError::Differs("the BIOS loader's list is another one"));
    }
    let (partition, path) = (bios.boots.partition.as_str(), bios.boots.path.as_str());
    if walk(disk, partition, path)? != written {
        return Err(DiskError::Differs(
            "the BIOS loader's list does not lead to the kernel's sectors",
        ));
    }
    compare_kernel(layout, bios, &written, disk)
}

/// The list as partition table, file system and executable give it.
fn walk(disk: &Region<'_>, partition: &str, path: &str) -> Result<BlockList, ReadError> {
    let nothing = || ReadError::format("the disk", "the kernel's partition or file is not there");
    let entries = GptTable::read(disk)?.entries;
    let found = entries.iter().find(|entry| entry.label == partition);
    let entry = found.ok_or_else(nothing)?;
    let volume = FatReader::new(disk.part(entry.first * SECTOR, entry.sectors() * SECTOR)?)?;
    let file = volume.find(path)?.ok_or_else(nothing)?;
    let sections = sections(&volume.read_start(&file, 4096)?)?;

    let place = |name: &str| {
        let found = sections.iter().find(|section| section.name == name);
        found.map_or((0, 0), |section| (section.offset, section.size))
    };
    let extents = |name: &str| {
        let (offset, size) = place(name);
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        (bytes, extents(&file, entry.first, offset, size))
    };
    let (kernel_bytes, kernel) = extents(".linux");
    let (initrd_bytes, initrd) = extents(".initrd");
    let (offset, size) = place(".cmdline");
    let start = volume.read_start(&file, offset + size)?;
    let cmdline = start
        .into_iter()
        .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .collect();
    Ok(BlockList {
        kernel_bytes,
        kernel,
        initrd_bytes,
        initrd,
        cmdline: String::from_utf8(cmdline).map_err(|_| nothing())?,
    })
}

/// The sectors of a part of a file whose volume begins at sector `start`.
pub(super) fn extents(file: &FatEntry, start: u64, mut offset: u64, mut size: u64) -> Vec<Extent> {
    let mut extents = Vec::new();
    for (at, length) in &file.runs {
        let skipped = offset.min(*length);
        offset -= skipped;
        let bytes = size.min(length - skipped);
        size -= bytes;
        if bytes > 0 {
            let sectors = u32::try_from(bytes.div_ceil(SECTOR)).unwrap_or(u32::MAX);
            extents.push(Extent {
                first: start + (at + skipped) / SECTOR,
                sectors,
            });
        }
    }
    extents
}

fn compare_kernel<I: Input>(
    layout: &Layout<I>,
    bios: &BiosLoader<I>,
    list: &BlockList,
    disk: &Region<'_>,
) -> Result<(), DiskError> {
    let Some(uki) = layout.uki(&bios.boots) else {
        return Err(DiskError::Differs(
            "the kernel to boot is not in the layout",
        ));
    };
    compare(&uki.linux, &list.kernel, disk)?;
    uki.initrd
        .as_ref()
        .map_or(Ok(()), |initrd| compare(initrd, &list.initrd, disk))
}

/// The sectors of a list hold these bytes.
fn compare(input: &impl Input, extents: &[Extent], disk: &Region<'_>) -> Result<(), DiskError> {
    read_parts(input, "the kernel, to compare it", |at, part| {
        let found = read_listed(disk, extents, at, part.len() as u64)?;
        if found == part {
            Ok(())
        } else {
            Err(DiskError::Differs("the listed sectors hold something else"))
        }
    })
}

/// The bytes from `at` on of what a list of sectors holds; fewer if the list is shorter.
fn read_listed(
    disk: &Region<'_>,
    extents: &[Extent],
    mut at: u64,
    mut size: u64,
) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    for extent in extents {
        let length = u64::from(extent.sectors) * SECTOR;
        let skipped = at.min(length);
        at -= skipped;
        let wanted = size.min(length - skipped);
        size -= wanted;
        bytes.extend(disk.read(extent.first * SECTOR + skipped, wanted)?);
    }
    Ok(bytes)
}
