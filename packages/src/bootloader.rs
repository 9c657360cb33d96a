//! The loaders of a disk image, compiled.

use distill::package;
use distill::package::{Config, Script};
use distill::plan::Plan;

use crate::boot;
use crate::own_file::own_file;

/// The commands, each of which must succeed. `cc` is the seed's: no C library is involved.
fn commands(commands: &[&[&str]]) -> Script {
    Script::if_all(commands.iter().map(|words| Script::new().command(*words)))
}

fn install(outputs: &[&str]) -> Script {
    let words = ["install", "-D", "-m", "644", "-t", "/out"];
    Script::new().command(words.iter().chain(outputs).copied().collect::<Vec<_>>())
}

/// The loader for BIOS: `mbr.bin` for the first sector, `stage2.bin` for the gap behind the table.
pub fn bios_loader(config: &Config) -> Plan {
    package! { config,
        name: "bios-loader",
        licence: "MIT OR Apache-2.0",
        files: [
            own_file("src/bios-loader/mbr.s", boot::MBR),
            own_file("src/bios-loader/stage2.s", boot::STAGE2),
            own_file("src/bios-loader/say.s", boot::SAY),
        ],
        script: commands(boot::MBR_COMMANDS)
            .then(commands(boot::STAGE2_COMMANDS))
            .then(install(&[boot::MBR_OUTPUT, boot::STAGE2_OUTPUT])),
    }
}

/// The stub of a unified kernel image: `stub.so`, an ELF shared object.
pub fn efi_stub(config: &Config) -> Plan {
    package! { config,
        name: "efi-stub",
        licence: "MIT OR Apache-2.0",
        files: [
            own_file("src/efi-stub/efi/stub.c", boot::EFI_STUB),
            own_file("src/efi-stub/efi/uefi.h", boot::EFI_HEADER),
        ],
        script: commands(boot::EFI_STUB_COMMANDS).then(install(&[boot::EFI_STUB_OUTPUT])),
    }
}
