//! The code that starts a kernel, as sources and the commands that compile them.
//!
//! | source | what | becomes | goes to |
//! |---|---|---|---|
//! | `mbr.S` | first stage of the BIOS loader | 440 bytes, flat | `disk::BiosLoader::mbr` |
//! | `stage2.S` | second stage of the BIOS loader | about 1.2 KiB, flat | `disk::BiosLoader::stage2` |
//! | `efi/stub.c`, `efi/uefi.h` | stub of a unified kernel image | an ELF shared object | `disk::Uki::stub` |
//!
//! GNU binutils and gcc (12 and 14 were tried) are all that is needed: no C library, no header of
//! one but gcc's own `stddef.h` and `stdint.h`, no GRUB, gnu-efi, objcopy or linker script. gcc is
//! called for `-m32` only to assemble and link, so it needs no 32-bit libraries. The results name
//! no directory and no time: they depend on the compiler alone.
//!
//! Each command is run in the directory with the sources laid out as in this module, and writes the
//! file that its `OUTPUT` names. The first word is the C compiler of the target and may be replaced
//! by its name.
//!
//! How a disk fills in the fields that the sources leave open is in `distill::disk`. The headers
//! are a contract between both: its magics carry a version, `1` in `DISTILL1` and `DISTIL21`.
//!
//! # What the BIOS loader does
//!
//! The first stage reads the second from the gap before the first partition, checks its sum, jumps.
//! The second reads the kernel (and the initrd) by a list of sectors, 127 at a time, has the BIOS
//! copy them above 1 MiB, and enters the kernel's own 16-bit code. Messages appear only when
//! something fails, on the screen and on the first serial port; then the BIOS may try the next
//! device (`int 18h`).
//!
//! QEMU without KVM does not check segment limits: a loader that breaks them works there and fails
//! on a real processor. So test changes of `stage2.S` in Bochs, too.

/// Source of the first stage of the BIOS loader.
pub const MBR: &str = include_str!("mbr.S");

/// Compiles [`MBR`], found as `mbr.S`.
pub const MBR_COMMAND: &[&str] = &[
    "gcc",
    "-m32",
    "-nostdlib",
    "-static",
    "-Wl,--build-id=none",
    "-Wl,--oformat=binary",
    "-Wl,-Ttext=0x7c00",
    "-o",
    MBR_OUTPUT,
    "mbr.S",
];

/// The file that [`MBR_COMMAND`] writes.
pub const MBR_OUTPUT: &str = "mbr.bin";

/// Source of the second stage of the BIOS loader.
pub const STAGE2: &str = include_str!("stage2.S");

/// Compiles [`STAGE2`], found as `stage2.S`.
pub const STAGE2_COMMAND: &[&str] = &[
    "gcc",
    "-m32",
    "-nostdlib",
    "-static",
    "-Wl,--build-id=none",
    "-Wl,--oformat=binary",
    "-Wl,-Ttext=0x8000",
    "-o",
    STAGE2_OUTPUT,
    "stage2.S",
];

/// The file that [`STAGE2_COMMAND`] writes.
pub const STAGE2_OUTPUT: &str = "stage2.bin";

/// Source of the stub of a unified kernel image.
pub const EFI_STUB: &str = include_str!("efi/stub.c");

/// Its header.
pub const EFI_HEADER: &str = include_str!("efi/uefi.h");

/// Compiles [`EFI_STUB`], found as `efi/stub.c` beside `efi/uefi.h`.
///
/// Code relative to the program counter (`-fPIC`, hidden symbols, `-Bsymbolic`), on pages apart
/// from constants and data (`-z separate-code`): so its sections can be put into a portable
/// executable as they are. `-z defs` refuses what is not in the source, and the image maker what
/// would need relocation.
pub const EFI_STUB_COMMAND: &[&str] = &[
    "gcc",
    "-std=c17",
    "-Os",
    "-Wall",
    "-Wextra",
    "-ffreestanding",
    "-fno-builtin",
    "-fPIC",
    "-fvisibility=hidden",
    "-fshort-wchar",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-ident",
    "-shared",
    "-nostdlib",
    "-Wl,-Bsymbolic",
    "-Wl,-z,defs",
    "-Wl,-z,separate-code",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,norelro",
    "-Wl,--build-id=none",
    "-Wl,--hash-style=sysv",
    "-Wl,-e,efi_main",
    "-o",
    EFI_STUB_OUTPUT,
    "efi/stub.c",
];

/// More words for [`EFI_STUB_COMMAND`] on x86-64, anywhere behind the first: the firmware's
/// interrupts use the stack below the stack pointer, and nobody saves the vector registers.
pub const EFI_STUB_X86_64: &[&str] = &[
    "-mno-red-zone",
    "-mgeneral-regs-only",
    "-fcf-protection=none",
];

/// The file that [`EFI_STUB_COMMAND`] writes.
pub const EFI_STUB_OUTPUT: &str = "stub.so";
