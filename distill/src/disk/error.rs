//! Why a layout cannot become a disk.

use std::io;

use thiserror::Error;

use super::fat::{FatError, FatPath};
use super::guid::Guid;
use super::input::InputError;
use super::label::Label;
use super::loader::LoaderError;
use super::region::ReadError;
use super::uki::UkiError;

/// Why a layout cannot become a disk.
#[derive(Debug, Error)]
pub enum DiskError {
    /// The alignment is not a power of two in the range.
    #[error("align partitions to {0} bytes: only powers of two from 4 KiB to 1 GiB are possible")]
    Alignment(u64),
    /// The disk's size is not a multiple of a sector.
    #[error("make a disk of {0} bytes: the size is not a multiple of 512")]
    Size(u64),
    /// The partitions need more than the disk has.
    #[error("make a disk of {size} bytes: its partitions need {needed}")]
    TooSmall {
        /// What was asked for.
        size: u64,
        /// The least that is possible.
        needed: u64,
    },
    /// Sizes that cannot be meant.
    #[error("make a disk of more than 64 PiB")]
    TooLarge,
    /// The table has 128 entries.
    #[error("make a disk with {0} partitions: at most 128 are possible")]
    TooManyPartitions(usize),
    /// Two partitions of one name.
    #[error("make a disk with two partitions called `{0}`")]
    DuplicateLabel(Label),
    /// Two things of one GUID, the disk's own included.
    #[error("make a disk on which `{label}` has a GUID that another has, too: {guid}")]
    DuplicateGuid {
        /// The second of them.
        label: Label,
        /// The GUID.
        guid: Guid,
    },
    /// The GUID of all zeros, which means "no partition".
    #[error("make partition `{0}` with a GUID or a type of all zeros")]
    NilGuid(Label),
    /// The same for the disk itself.
    #[error("make a disk with a GUID of all zeros")]
    NilDiskGuid,
    /// Nothing says how large it is.
    #[error("make partition `{0}`: it has no contents and no size")]
    Empty(Label),
    /// A FAT file system cannot be made.
    #[error("make partition `{partition}`")]
    Fat {
        /// The partition.
        partition: Label,
        /// The cause.
        source: FatError,
    },
    /// A unified kernel image cannot be made.
    #[error("make `{path}` on partition `{partition}`")]
    Uki {
        /// The partition.
        partition: Label,
        /// The file.
        path: FatPath,
        /// The cause.
        source: UkiError,
    },
    /// The BIOS loader cannot be placed.
    #[error("make the disk boot by BIOS")]
    Loader(#[from] LoaderError),
    /// An input cannot be read.
    #[error("put the disk together")]
    Input(#[from] InputError),
    /// The disk cannot be written.
    #[error("write {size} bytes at byte {at} of the disk")]
    Write {
        /// Offset.
        at: u64,
        /// Number of bytes.
        size: u64,
        /// The cause.
        source: io::Error,
    },
    /// The disk cannot be read back.
    #[error("check the disk that was written")]
    ReadBack(#[from] ReadError),
    /// What was read back is not what was to be written: a defect here, or of the disk below.
    #[error("check the disk that was written: {0}")]
    Differs(&'static str),
}
