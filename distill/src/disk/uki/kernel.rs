//! What the image maker must know about a kernel, from its header.

use thiserror::Error;

use crate::disk::region::Fields;

/// Bytes of a kernel that hold everything looked at here, the PE header included.
pub(super) const HEAD: usize = 4096;
/// The kernel's 16-bit code is loaded below its heap, where 32 KiB are free: 64 sectors with the
/// first.
const MAX_SETUP_SECTORS: u8 = 63;
/// Protocol 2.10 (Linux 2.6.31) brought the last field that the BIOS loader reads.
const MIN_PROTOCOL: u16 = 0x020a;

/// Why a file cannot be the kernel of an image.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KernelError {
    /// It is no UEFI application.
    #[error("read the kernel: it is not a UEFI application\nbuild it with CONFIG_EFI_STUB")]
    NotEfi,
    /// It is for another machine than the stub.
    #[error("read the kernel: it is for machine {kernel:#x}, the stub is for {stub:#x}")]
    Machine {
        /// PE's number of the kernel's machine.
        kernel: u16,
        /// PE's number of the stub's machine.
        stub: u16,
    },
    /// A BIOS loader needs a bzImage.
    #[error("read the kernel: it is not a bzImage that a BIOS loader can start")]
    NotBzImage,
    /// The kernel takes a shorter command line than the image has.
    #[error("read the kernel: it takes a command line of {takes} bytes, the image has {has}")]
    Cmdline {
        /// What the kernel takes.
        takes: u32,
        /// What the image has.
        has: usize,
    },
}

/// Checks that the kernel whose first bytes these are is a UEFI application for `machine`.
pub(super) fn check_efi(head: &[u8], machine: u16) -> Result<(), KernelError> {
    let pe = head.u32(60) as usize;
    let signature = head
        .get(pe..)
        .is_some_and(|header| header.starts_with(b"PE\0\0"));
    match head.u16(pe.saturating_add(4)) {
        _ if !head.starts_with(b"MZ") || !signature => Err(KernelError::NotEfi),
        kernel if kernel != machine => Err(KernelError::Machine {
            kernel,
            stub: machine,
        }),
        _ => Ok(()),
    }
}

/// Checks that the BIOS loader can start the kernel whose first bytes these are
/// (Documentation/arch/x86/boot.rst of the kernel).
pub(in crate::disk) fn check_bios(head: &[u8], cmdline: usize) -> Result<(), KernelError> {
    let magic = head.get(0x202..0x206) == Some(b"HdrS");
    let loaded_high = head.get(0x211).is_some_and(|flags| flags & 1 != 0);
    let setup = head
        .get(0x1f1)
        .is_some_and(|sectors| *sectors <= MAX_SETUP_SECTORS);
    if !magic || head.u16(0x206) < MIN_PROTOCOL || !loaded_high || !setup {
        return Err(KernelError::NotBzImage);
    }
    let takes = head.u32(0x238);
    if cmdline as u64 > u64::from(takes) {
        return Err(KernelError::Cmdline {
            takes,
            has: cmdline,
        });
    }
    Ok(())
}

#[cfg(test)]
pub(in crate::disk) mod tests {
    #![allow(clippy::cast_possible_truncation, reason = "any bytes will do")]

    use super::*;

    /// The header of a bzImage with an EFI stub, and `length` bytes that are no code.
    pub(in crate::disk) fn bzimage(length: usize) -> Vec<u8> {
        let mut kernel: Vec<u8> = (0..length.max(2048))
            .map(|i| (i * 7 + i / 251) as u8)
            .collect();
        let mut put = |at: usize, bytes: &[u8]| kernel[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(60, &128_u32.to_le_bytes());
        put(128, b"PE\0\0\x64\x86");
        put(0x1f1, &[1]);
        put(0x202, b"HdrS\x0f\x02");
        put(0x211, &[1]);
        put(0x238, &2047_u32.to_le_bytes());
        kernel
    }

    #[test]
    fn a_kernel_is_checked() {
        let kernel = bzimage(0);
        assert_eq!(check_efi(&kernel, 0x8664), Ok(()));
        assert_eq!(
            check_efi(&kernel, 0xaa64),
            Err(KernelError::Machine {
                kernel: 0x8664,
                stub: 0xaa64
            })
        );
        assert_eq!(check_bios(&kernel, 2047), Ok(()));
        assert_eq!(
            check_bios(&kernel, 2048),
            Err(KernelError::Cmdline {
                takes: 2047,
                has: 2048
            })
        );
        for length in [0, 1, 64, 130] {
            assert_eq!(
                check_efi(&kernel[..length], 0x8664),
                Err(KernelError::NotEfi),
                "{length}"
            );
            assert_eq!(
                check_bios(&kernel[..length], 0),
                Err(KernelError::NotBzImage),
                "{length}"
            );
        }
        for (at, byte) in [(0x202, b'X'), (0x206, 9), (0x211, 0), (0x1f1, 64)] {
            let mut other = kernel.clone();
            other[at] = byte;
            assert_eq!(
                check_bios(&other, 0),
                Err(KernelError::NotBzImage),
                "{at:#x}"
            );
        }
    }
}
