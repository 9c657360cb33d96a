//! Machines that get their kernel from a boot server, and have everything in memory.

use distill::execline;
use distill::package::{Package, Recipe};
use distill::plan::{Mode, Name, Plan};
use distill::system::{ImageForm, ImageMaker, Platform, Root, Service};
use distill_packages::seed;

use crate::disk::{EVERYWHERE, file, squashfs};
use crate::inputs::{blob_at, own_file};
use crate::qemu_x86_64;

/// A machine that a boot server starts, by PXE, `iPXE` or HTTP boot, and also QEMU with `-kernel`: the image
/// is a tree of `vmlinuz`, `initramfs`, `cmdline` (the kernel's command line) and `boot.ipxe` (a script
/// for `iPXE` that names the other three).
///
/// Everything is in memory: the root is the squashfs that other platforms have on a disk, and `/var` lies
/// in memory, too: whatever is written there is gone with the power. Disks are left alone;
/// [`var_mount_on`](distill_services::var_mount_on) takes one of them.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::netboot_x86_64;
///
/// let image = netboot_x86_64().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "netboot-x86_64");
/// ```
#[track_caller]
pub fn netboot_x86_64() -> Platform {
    Platform {
        name: "netboot-x86_64".into(),
        image: ImageMaker::new(image),
        forms: Vec::<ImageForm>::new(),
        ..qemu_x86_64()
    }
    .without("var-mount")
    .without("note-time")
    .service(var_memory())
}

/// `/var` in memory, a half of it at most.
#[track_caller]
pub fn var_memory() -> Service {
    Service::oneshot(
        "var-mount",
        execline! {
            if { mount -t tmpfs -o "nosuid,nodev,mode=0755,size=50%" var "/var" }
            if { mkdir "/var/cache" "/var/empty" "/var/home" "/var/lib" "/var/log" "/var/tmp" }
            if { chmod 1777 "/var/tmp" }
            ln -s "/run" "/var/run"
        },
    )
    .down(execline! { umount "/var" })
    .provides("/var")
}

/// What a boot server gives to the machine.
fn image(platform: &Platform, root: &Root) -> Plan {
    let named = |part: &str| Name::new(part).expect("a constant");
    match parts(platform, root) {
        Ok(parts) => parts,
        Err(message) => Plan::named(named("netboot"))
            .location(platform.location)
            .invalid(message),
    }
}

fn parts(platform: &Platform, root: &Root) -> Result<Plan, String> {
    let config = &platform.config;
    let kernel = platform
        .kernel
        .as_ref()
        .ok_or("the platform has no kernel")?;
    let more = platform.cmdline.texts(config).map_err(|e| e.to_string())?;
    let cmdline = [vec![EVERYWHERE.to_owned()], more].concat().join(" ");
    let busybox: Package = distill_packages::busybox_core.into();
    let inputs = [
        ("vmlinuz", file(config, kernel, "boot/vmlinuz")?, Mode::FILE),
        (
            "busybox",
            file(config, &busybox, "usr/bin/busybox")?,
            Mode::EXECUTABLE,
        ),
        ("root.squashfs", squashfs(platform, root).into(), Mode::FILE),
    ];
    let mut tools: Vec<Package> = vec![seed::cpio.into()];
    tools.extend(inputs.map(|(name, blob, mode)| {
        let place = format!("/image.d/{name}.d");
        blob_at(&place, name, blob, mode)
    }));
    let ipxe =
        format!("#!ipxe\nkernel vmlinuz initrd=initramfs {cmdline}\ninitrd initramfs\nboot\n");
    Ok(Recipe {
        name: platform.name.clone(),
        location: platform.location,
        tools,
        files: vec![
            own_file("files.d/cmdline", format!("{cmdline}\n")),
            own_file("files.d/boot.ipxe", ipxe),
            own_file("files.d/init", include_str!("init.sh")),
            own_file("make.sh", include_str!("make.sh")),
        ],
        script: execline! { sh "/make.sh" },
        ..Recipe::new(config)
    }
    .plan())
}
