//! The code that starts a kernel, as sources and the commands that compile them.
//!
//! | source | what | becomes | goes to |
//! |---|---|---|---|
//! | `mbr.s` | first stage of the BIOS loader | 440 bytes, flat | `disk::BiosLoader::mbr` |
//! | `stage2.s` | second stage of the BIOS loader | 1.3 KiB, flat | `disk::BiosLoader::stage2` |
//! | `say.s` | how both stages speak | a part of both | |
//! | `efi/stub.c`, `efi/uefi.h` | stub of a kernel image | ELF shared object | `disk::Uki::stub` |
//!
//! GNU binutils and gcc (12 and 14 were tried) are all that is needed: no C library, no header of
//! one but the freestanding `stddef.h` and `stdint.h`, no GRUB, gnu-efi, objcopy or linker script.
//! The compiler is called to compile only, and `ld` by itself, so it does not matter for which C
//! library the compiler is set up. The results name no directory and no time.
//!
//! The commands of a thing are run one after the other in the directory with the sources laid out
//! as in this module. The first word of each is `as`, `cc` or `ld`, to be replaced by the target's.
//!
//! How a disk fills in the fields that the sources leave open is in `distill::disk`. The headers
//! are a contract between both: their magics carry a version, `1` in `DISTILL1` and `DISTIL21`.
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
//! on a real processor. So test changes of `stage2.s` in Bochs, too.

/// Source of the first stage of the BIOS loader.
pub const MBR: &str = include_str!("mbr.s");

/// How both stages speak: they include it.
pub const SAY: &str = include_str!("say.s");

/// Makes [`MBR_OUTPUT`] of [`MBR`] and [`SAY`], found as `mbr.s` and `say.s`; `ld` must know i386, as
/// every x86-64 one does.
pub const MBR_COMMANDS: &[&[&str]] = &[
    &["as", "--32", "-o", "mbr.o", "mbr.s"],
    &[
        "ld",
        "-m",
        "elf_i386",
        "--build-id=none",
        "--oformat=binary",
        "-Ttext=0x7c00",
        "-o",
        MBR_OUTPUT,
        "mbr.o",
    ],
];

/// The file that [`MBR_COMMANDS`] make.
pub const MBR_OUTPUT: &str = "mbr.bin";

/// Source of the second stage of the BIOS loader.
pub const STAGE2: &str = include_str!("stage2.s");

/// Makes [`STAGE2_OUTPUT`] of [`STAGE2`] and [`SAY`], found as `stage2.s` and `say.s`.
pub const STAGE2_COMMANDS: &[&[&str]] = &[
    &["as", "--32", "-o", "stage2.o", "stage2.s"],
    &[
        "ld",
        "-m",
        "elf_i386",
        "--build-id=none",
        "--oformat=binary",
        "-Ttext=0x8000",
        "-o",
        STAGE2_OUTPUT,
        "stage2.o",
    ],
];

/// The file that [`STAGE2_COMMANDS`] make.
pub const STAGE2_OUTPUT: &str = "stage2.bin";

/// Source of the stub of a unified kernel image.
pub const EFI_STUB: &str = include_str!("efi/stub.c");

/// Its header.
pub const EFI_HEADER: &str = include_str!("efi/uefi.h");

/// Makes [`EFI_STUB_OUTPUT`] of [`EFI_STUB`], found as `efi/stub.c` beside `efi/uefi.h`, for x86-64.
///
/// Code relative to the program counter (`-fPIC`, hidden symbols, `-Bsymbolic`), on pages apart from
/// constants and data (`-z separate-code`): so its sections can be put into a portable executable as
/// they are. `-z defs` refuses what is not in the source, and the image maker what would need
/// relocation. `-mno-red-zone` and `-mgeneral-regs-only`: the firmware's interrupts use the stack
/// below the stack pointer, and nobody saves the vector registers. Without these two and
/// `-fcf-protection` the commands are those of every other machine that has UEFI.
pub const EFI_STUB_COMMANDS: &[&[&str]] = &[
    &[
        "cc",
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
        "-mno-red-zone",
        "-mgeneral-regs-only",
        "-fcf-protection=none",
        "-c",
        "-o",
        "stub.o",
        "efi/stub.c",
    ],
    &[
        "ld",
        "-shared",
        "-Bsymbolic",
        "-z",
        "defs",
        "-z",
        "separate-code",
        "-z",
        "max-page-size=4096",
        "-z",
        "norelro",
        "-z",
        "noexecstack",
        "--build-id=none",
        "--hash-style=sysv",
        "-e",
        "efi_main",
        "-o",
        EFI_STUB_OUTPUT,
        "stub.o",
    ],
];

/// The file that [`EFI_STUB_COMMANDS`] make.
pub const EFI_STUB_OUTPUT: &str = "stub.so";
