//! Unified kernel images: a UEFI program that carries a kernel, its command line and an initrd.
//!
//! The layout is that of the UAPI group's specification 5: a portable executable with the sections
//! `.linux`, `.osrel`, `.cmdline` and `.initrd` behind those of the stub that starts the kernel.

mod elf;
mod image;
mod kernel;
mod pe;
mod read;

use serde::{Deserialize, Serialize};

pub use elf::ElfError;
pub use image::UkiError;
pub(super) use image::{Built, Parts, build};
pub use kernel::KernelError;
pub(super) use kernel::check_bios;
pub use read::{Section, sections};

#[cfg(test)]
pub(super) mod tests {
    pub(in crate::disk) use super::elf::tests::small_stub;
    pub(in crate::disk) use super::kernel::tests::bzimage;
}

/// Longest kernel command line in bytes: x86's `COMMAND_LINE_SIZE` less the final zero. What is
/// longer the kernel would cut off in silence.
pub const CMDLINE_MAX: usize = 2047;

/// The parts of a unified kernel image.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uki<C> {
    /// The program that starts the kernel: an ELF shared object without relocations, whose entry is
    /// a UEFI application's.
    pub stub: C,
    /// The kernel, itself a UEFI application (`CONFIG_EFI_STUB`).
    pub linux: C,
    /// The kernel's command line, printable ASCII, at most [`CMDLINE_MAX`] bytes.
    pub cmdline: String,
    /// The text of an `os-release` file, by which boot menus name the image.
    pub osrel: String,
    /// An initial RAM file system.
    pub initrd: Option<C>,
}

impl<C> Uki<C> {
    pub(super) fn try_map<'a, D, E>(
        &'a self,
        resolve: &mut impl FnMut(&'a C) -> Result<D, E>,
    ) -> Result<Uki<D>, E> {
        Ok(Uki {
            stub: resolve(&self.stub)?,
            linux: resolve(&self.linux)?,
            cmdline: self.cmdline.clone(),
            osrel: self.osrel.clone(),
            initrd: self.initrd.as_ref().map(resolve).transpose()?,
        })
    }
}
