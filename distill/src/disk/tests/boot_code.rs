//! The boot code itself, compiled as its package does: its headers are what the image maker
//! expects.

use std::process::Command;

use super::*;

/// Sources and commands. A file of the recipes' crate, which is built on this one: it is included.
#[path = "../../../../packages/src/boot/mod.rs"]
#[expect(unreachable_pub, reason = "public where it belongs")]
mod sources;

/// The results of all three commands in `directory`, or nothing where there is no compiler for
/// them.
fn compile(compiler: &str, directory: &std::path::Path) -> Option<[Vec<u8>; 3]> {
    std::fs::create_dir(directory.join("efi")).unwrap();
    let files = [
        ("mbr.S", sources::MBR),
        ("stage2.S", sources::STAGE2),
        ("efi/stub.c", sources::EFI_STUB),
        ("efi/uefi.h", sources::EFI_HEADER),
    ];
    for (name, text) in files {
        std::fs::write(directory.join(name), text).unwrap();
    }
    let stub = [sources::EFI_STUB_COMMAND, sources::EFI_STUB_X86_64].concat();
    let commands = [
        (sources::MBR_COMMAND, sources::MBR_OUTPUT),
        (sources::STAGE2_COMMAND, sources::STAGE2_OUTPUT),
        (&stub, sources::EFI_STUB_OUTPUT),
    ];
    let mut results = Vec::new();
    for (command, output) in commands {
        assert_eq!(command[0], "gcc");
        let run = Command::new(compiler)
            .args(&command[1..])
            .current_dir(directory)
            .output();
        let Ok(run) = run else {
            skipped(&format!("`{compiler}` is not installed"));
            return None;
        };
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        assert!(
            run.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        results.push(std::fs::read(directory.join(output)).unwrap());
    }
    results.try_into().ok()
}

#[test]
fn needs_gcc_for_x86_the_boot_code_fits_a_disk() {
    if !cfg!(target_arch = "x86_64") {
        return skipped("the machine's compiler makes no x86 code");
    }
    for compiler in ["gcc", "gcc-14"] {
        let directory = tempfile::tempdir().unwrap();
        let Some([mbr, stage2, stub]) = compile(compiler, directory.path()) else {
            continue;
        };
        assert!(stage2.len() < 2048, "{} bytes", stage2.len());
        let mut layout = sample();
        let bios = layout.bios.as_mut().unwrap();
        (bios.mbr, bios.stage2) = (mbr, stage2);
        let Contents::Fat(volume) = &mut layout.partitions[0].contents else {
            panic!()
        };
        let Some(FatFile::Uki(uki)) = volume.files.get_mut(&path("EFI/BOOT/BOOTX64.EFI")) else {
            panic!()
        };
        uki.stub = stub;
        write(&layout).unwrap();
    }
}

#[test]
fn needs_gcc_for_x86_the_boot_code_does_not_depend_on_its_directory() {
    if !cfg!(target_arch = "x86_64") {
        return skipped("the machine's compiler makes no x86 code");
    }
    let directories = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [first, second] = directories.map(|directory| compile("gcc", directory.path()));
    assert!(first == second);
}
