//! Real machines with UEFI.

use distill::machine::{Bus, CardKind, Chipset, Firmware, Hardware};
use distill::system::{Emulation, ImageMaker, Platform};
use distill_packages::linux;
use distill_services::console_shell;

use crate::disk::uefi_disk;
use crate::qemu_x86_64;

/// A PC or server with UEFI, and virtual machines without a BIOS: a kernel with the drivers of real
/// disks, network cards and USB, nothing for a BIOS on the disk, shells on the screen and on the first
/// serial port.
///
/// The image is written to the disk as it is (`dd`); Secure Boot has to be off. Updates of processors'
/// microcode are the firmware's matter.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::uefi_x86_64;
///
/// let image = uefi_x86_64().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "uefi-x86_64-disk");
/// ```
///
/// A cloud or hypervisor without BIOS is content with the smaller kernel:
///
/// ```
/// # use distill_platforms::uefi_x86_64;
/// let virtual_machine = uefi_x86_64().kernel(distill_packages::linux_virt);
/// # let _ = virtual_machine;
/// ```
#[track_caller]
pub fn uefi_x86_64() -> Platform {
    let hardware = Hardware {
        chipset: Chipset::Q35,
        firmware: Firmware::Uefi,
        bus: Bus::Nvme,
        card: CardKind::E1000e,
        cloud: None,
    };
    let emulation = Emulation {
        hardware,
        ..Emulation::new(distill_packages::qemu)
    };
    Platform {
        name: "uefi-x86_64".into(),
        image: ImageMaker::new(uefi_disk),
        ..qemu_x86_64()
    }
    .kernel(distill_packages::linux_metal)
    .kernel_options([linux::virt(), linux::metal()])
    .emulation(emulation)
    .service(console_shell("tty1", 38_400))
}
