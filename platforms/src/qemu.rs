//! QEMU, and every other virtual machine that gives virtio devices and a serial console.

use distill::package::Words;
use distill::system::{Emulation, ImageMaker, Platform};
use distill_packages::linux;
use distill_services::{acpid, console_shell, kmsg, net_lo, note_time, urandom_seed, var_mount};

use crate::disk::disk;
use crate::image::ImageFormat;

/// A virtual x86-64 machine: virtio, NVMe or AHCI disk, console on the first serial port.
///
/// Every such machine has `/var` in the rest of its disk, a seed for the kernel's randomness and the
/// time of its last run there, the kernel's log, the loopback interface, a power button that works, and a root shell on the
/// serial console, which belongs to the one who owns the machine.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::qemu_x86_64;
///
/// let image = qemu_x86_64().image(&System::new().hostname("box")).unwrap();
/// assert_eq!(image.name().as_str(), "qemu-x86_64-disk");
/// ```
#[track_caller]
pub fn qemu_x86_64() -> Platform {
    let platform = Platform::new(
        "qemu-x86_64",
        distill_packages::quick(),
        ImageMaker::new(disk),
    );
    platform
        .kernel(distill_packages::linux_virt)
        .kernel_options([linux::virt()])
        .cmdline(Words::from(["console=tty0", "console=ttyS0,115200"]))
        .fallback(distill_packages::busybox)
        .package(distill_packages::s6_debian)
        .package(distill_packages::overflow)
        .capsh(distill_packages::capsh)
        .emulation(Emulation::new(distill_packages::qemu))
        .forms(ImageFormat::forms())
        .services([
            var_mount(),
            urandom_seed(),
            note_time(),
            kmsg(),
            net_lo(),
            acpid(),
            console_shell("ttyS0", 115_200),
        ])
}
