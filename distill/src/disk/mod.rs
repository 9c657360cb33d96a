//! The bytes of a bootable disk: GPT, FAT, unified kernel images, loaders. Pure data and writers.
//!
//! A [`Layout`] says what lies on the disk. [`write_disk`] makes the bytes: the same ones for the
//! same layout, without other programs, privileges, a clock or chance. One disk boots on both kinds
//! of firmware from one copy of the kernel:
//!
//! | sector | what |
//! |---|---|
//! | 0 | first stage of the BIOS loader, protective MBR |
//! | 1 – 33 | GPT |
//! | 34 – 2047 | partition `bios-boot`: second stage, list of the kernel's sectors, command line |
//! | 2048 … | partitions, for example an ESP with a unified kernel image, then a squashfs |
//! | the last 33 | the GPT's second copy |
//!
//! UEFI loads `EFI/BOOT/BOOTX64.EFI`, whose stub starts the kernel inside. A BIOS loads the first
//! stage, that the second, that the same kernel by its sectors: they are known because all of the
//! file systems above it are made here, too. After the disk is written, the way to the kernel is
//! walked again from the disk's bytes, by code that shares nothing with the writers, and both are
//! compared.

mod check;
mod error;
mod fat;
mod gpt;
mod guid;
mod image;
mod input;
mod kind;
mod label;
mod layout;
mod loader;
mod map;
mod piece;
mod prepare;
mod region;
mod uki;
mod verify;
mod write;

#[cfg(test)]
mod tests;

pub use error::DiskError;
pub use fat::{
    FatEntry, FatError, FatFile, FatLabel, FatPath, FatReader, FatVolume, NameError, TreeError,
    VolumeId,
};
pub use gpt::{GptEntry, GptTable};
pub use guid::{Guid, GuidError};
pub use input::{FileInput, Input, InputError};
pub use kind::{Attributes, PartitionType};
pub use label::{Label, LabelError};
pub use layout::{BiosLoader, BootEntry, Contents, DiskSize, Layout, Partition, SectorSize, Size};
pub use loader::{BlockList, Extent, LoaderError};
pub use map::DiskMap;
pub use region::{ReadError, Region};
pub use uki::{CMDLINE_MAX, ElfError, KernelError, Section, Uki, UkiError, sections};
pub use write::write_disk;

/// Bytes of a sector: the only size that [`SectorSize`] has.
const SECTOR: u64 = SectorSize::B512.bytes();
