//! The partitions, each with its contents and its size, before they have places on the disk.

use super::check::MAX_BYTES;
use super::fat::{Body, FatFile, FatPath, FatVolume, Plan};
use super::input::Input;
use super::layout::{Contents, Partition, Size};
use super::loader::{BlockList, Extent};
use super::piece::Piece;
use super::uki::{self, Built, Uki};
use super::{DiskError, SECTOR};

/// A partition whose size is known, but not yet its place.
#[derive(Debug)]
pub(super) struct Prepared<'a, I> {
    pub(super) partition: &'a Partition<I>,
    /// A multiple of the alignment.
    pub(super) bytes: u64,
    contents: Prefilled<'a, I>,
    kernels: Vec<Kernel<'a>>,
}

#[derive(Debug)]
enum Prefilled<'a, I> {
    Raw(&'a I),
    Fat(Plan<'a, I>),
    Blank,
}

/// A kernel in a FAT volume, as a BIOS loader sees it.
#[derive(Debug)]
pub(super) struct Kernel<'a> {
    path: &'a FatPath,
    /// The kernel's first bytes.
    pub(super) head: Vec<u8>,
    /// Sectors counted from the partition's start.
    pub(super) list: BlockList,
}

impl<'a, I: Input> Prepared<'a, I> {
    pub(super) fn new(partition: &'a Partition<I>, alignment: u64) -> Result<Self, DiskError> {
        let at_least = match partition.size {
            Size::Minimal => 0,
            Size::AtLeast(bytes) => bytes,
        };
        let mut kernels = Vec::new();
        let (needed, contents) = match &partition.contents {
            Contents::Raw(input) => (input.size(), Prefilled::Raw(input)),
            Contents::Blank => (0, Prefilled::Blank),
            Contents::Fat(volume) => {
                let (plan, found) = prepare_fat(partition, volume, at_least, alignment)?;
                kernels = found;
                (plan.bytes(), Prefilled::Fat(plan))
            }
        };
        let bytes = match needed.max(at_least) {
            0 => return Err(DiskError::Empty(partition.label.clone())),
            MAX_BYTES.. => return Err(DiskError::TooLarge),
            bytes => bytes.next_multiple_of(alignment),
        };
        Ok(Self {
            partition,
            bytes,
            contents,
            kernels,
        })
    }

    /// The kernel in the unified kernel image at this path.
    pub(super) fn kernel(&self, path: &FatPath) -> Option<&Kernel<'a>> {
        self.kernels.iter().find(|kernel| kernel.path == path)
    }

    /// All its bytes, from its start, which lies `sectors` from the disk's.
    pub(super) fn pieces(self, sectors: u64) -> Vec<Piece<'a, I>> {
        match self.contents {
            Prefilled::Raw(input) => vec![Piece::input(0, input)],
            Prefilled::Fat(plan) => plan.pieces(sectors),
            Prefilled::Blank => Vec::new(),
        }
    }
}

fn prepare_fat<'a, I: Input>(
    partition: &'a Partition<I>,
    volume: &'a FatVolume<I>,
    at_least: u64,
    alignment: u64,
) -> Result<(Plan<'a, I>, Vec<Kernel<'a>>), DiskError> {
    let mut files = Vec::new();
    let mut images = Vec::new();
    for (path, file) in &volume.files {
        let body = match file {
            FatFile::Raw(input) => Body {
                size: input.size(),
                pieces: vec![Piece::input(0, input)],
            },
            FatFile::Uki(uki) => {
                let Built { body, parts } = build(partition, path, uki)?;
                images.push((path, uki, parts));
                body
            }
        };
        files.push((path, body));
    }
    let plan =
        Plan::new((&volume.label, volume.id), files, at_least, alignment).map_err(|source| {
            DiskError::Fat {
                partition: partition.label.clone(),
                source,
            }
        })?;
    let kernels = images.into_iter().filter_map(|(path, uki, parts)| {
        let start = plan.file_offset(path)?;
        Some(Kernel::new(path, uki, parts, start))
    });
    let kernels = kernels.collect();
    Ok((plan, kernels))
}

fn build<'a, I: Input>(
    partition: &'a Partition<I>,
    path: &'a FatPath,
    uki: &'a Uki<I>,
) -> Result<Built<'a, I>, DiskError> {
    uki::build(uki).map_err(|source| {
        let (partition, path) = (partition.label.clone(), path.clone());
        DiskError::Uki {
            partition,
            path,
            source,
        }
    })
}

impl<'a> Kernel<'a> {
    /// `start` is the image's offset in the partition.
    fn new<I>(path: &'a FatPath, uki: &'a Uki<I>, parts: uki::Parts, start: u64) -> Self {
        let (kernel_bytes, kernel) = extents(start, Some(parts.linux));
        let (initrd_bytes, initrd) = extents(start, parts.initrd);
        let cmdline = uki.cmdline.clone();
        let list = BlockList {
            kernel_bytes,
            kernel,
            initrd_bytes,
            initrd,
            cmdline,
        };
        Self {
            path,
            head: parts.head,
            list,
        }
    }
}

/// Size and sectors of a part (offset and size) of a file that lies in one run from `start` on.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a file in a FAT volume is smaller than 4 GiB"
)]
fn extents(start: u64, part: Option<(u64, u64)>) -> (u32, Vec<Extent>) {
    let (at, size) = part.unwrap_or_default();
    let extent = Extent {
        first: (start + at) / SECTOR,
        sectors: size.div_ceil(SECTOR) as u32,
    };
    (
        size as u32,
        if size == 0 { Vec::new() } else { vec![extent] },
    )
}
