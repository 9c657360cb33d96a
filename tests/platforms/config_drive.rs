//! `OpenStack`'s config drive: a small disk that says who may log in, made by programs of the host.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use distill::system::System;
use distill_platforms::cloud_x86_64;
use distill_testing::{Lab, LabError};

use crate::cloud::{FIRST, HOSTILE, SECOND, assert_configured};
use crate::{has, succeed};

/// What `OpenStack` writes, in a directory.
fn contents(directory: &Utf8Path) -> Utf8PathBuf {
    let drive = directory.join("drive");
    let latest = drive.join("openstack/latest");
    std::fs::create_dir_all(&latest).expect("a directory");
    let hostile = HOSTILE.replace('"', "\\\"");
    let text = format!(
        r#"{{"uuid": "x", "hostname": "ip-192-0-2-1.example", "name": "other",
            "public_keys": {{"a": "{FIRST}\n", "b": "{hostile}", "c": "{SECOND}"}}}}"#
    );
    std::fs::write(latest.join("meta_data.json"), text).expect("a file");
    drive
}

fn iso(directory: &Utf8Path, contents: &Utf8Path) -> Utf8PathBuf {
    let image = directory.join("drive.iso");
    let mut xorriso = Command::new("xorriso");
    xorriso.args(["-as", "mkisofs", "-quiet", "-V", "config-2", "-R", "-o"]);
    succeed(xorriso.args([&image, contents]));
    image
}

/// A FAT has no small letters in its name, unless whoever makes it does not care.
fn fat(directory: &Utf8Path, contents: &Utf8Path) -> Utf8PathBuf {
    let image = directory.join("drive.fat");
    let mut mkfs = Command::new("/usr/sbin/mkfs.vfat");
    succeed(mkfs.args(["-C", "-n", "CONFIG-2", image.as_str(), "65536"]));
    let mut mcopy = Command::new("mcopy");
    let tree = contents.join("openstack");
    succeed(mcopy.args(["-s", "-i", image.as_str(), tree.as_str(), "::"]));
    image
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_config_drive_is_read_whatever_its_file_system() -> Result<(), LabError> {
    if !has(&["xorriso", "/usr/sbin/mkfs.vfat", "mcopy"]) {
        return Ok(());
    }
    let lab = Lab::new()?;
    let contents = contents(lab.directory());
    let mut platform = cloud_x86_64();
    // The disk alone says whose machine it is.
    platform.emulation.as_mut().expect("QEMU").hardware.cloud = None;
    let machine = lab
        .machine("driven", &platform, &System::new())
        .disk(iso(lab.directory(), &contents))
        .disk(fat(lab.directory(), &contents))
        .start()?;
    assert_configured(&machine)?;
    machine.wait_console("metadata: read from the config drive /dev/vdb")?;
    machine.fail("grep /run/cloud/drive /proc/mounts")?;
    machine.succeed("dd if=/dev/zero of=/dev/vdb bs=2048 seek=16 count=1")?;
    machine.reboot()?;
    assert_configured(&machine)?;
    machine.wait_console("metadata: read from the config drive /dev/vdc")?;
    machine.power_off()
}
