//! The boot code itself, compiled as its package does: its headers are what the image maker
//! expects.

use std::path::Path;
use std::process::Command;

use super::*;

/// Sources and commands. A file of the recipes' crate, which is built on this one: it is included.
#[path = "../../../../packages/src/boot/mod.rs"]
#[expect(unreachable_pub, reason = "public where it belongs")]
mod sources;

/// First stage, second stage and stub, made in `directory`; nothing where there is no compiler.
fn compile(compiler: &str, directory: &Path) -> Option<[Vec<u8>; 3]> {
    std::fs::create_dir(directory.join("efi")).unwrap();
    let files = [
        ("mbr.s", sources::MBR),
        ("stage2.s", sources::STAGE2),
        ("say.s", sources::SAY),
        ("efi/stub.c", sources::EFI_STUB),
        ("efi/uefi.h", sources::EFI_HEADER),
    ];
    for (name, text) in files {
        std::fs::write(directory.join(name), text).unwrap();
    }
    let things = [
        (sources::MBR_COMMANDS, sources::MBR_OUTPUT),
        (sources::STAGE2_COMMANDS, sources::STAGE2_OUTPUT),
        (sources::EFI_STUB_COMMANDS, sources::EFI_STUB_OUTPUT),
    ];
    let made = things.map(|(commands, output)| {
        commands
            .iter()
            .try_for_each(|command| run(compiler, command, directory))?;
        Some(std::fs::read(directory.join(output)).unwrap())
    });
    let [mbr, stage2, stub] = made;
    Some([mbr?, stage2?, stub?])
}

/// Runs a command, which must say nothing. Nothing if the program is not installed.
fn run(compiler: &str, command: &[&str], directory: &Path) -> Option<()> {
    let program = if command[0] == "cc" {
        compiler
    } else {
        command[0]
    };
    let Ok(output) = Command::new(program)
        .args(&command[1..])
        .current_dir(directory)
        .output()
    else {
        skipped(&format!("`{program}` is not installed"));
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{command:?}: {said}"
    );
    Some(())
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
        sample_uki(&mut layout).stub = stub;
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
