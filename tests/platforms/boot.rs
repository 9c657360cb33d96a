//! Machines that start in another way than by a BIOS from a disk.

use distill::system::System;
use distill_packages::{linux, linux_virt};
use distill_platforms::{netboot_x86_64, uefi_x86_64};
use distill_services::dhcp;
use distill_testing::{Lab, LabError};

#[test]
#[ignore = "builds an image and boots it"]
fn uefi_with_the_hardware_of_a_real_machine() -> Result<(), LabError> {
    let lab = Lab::new()?;
    // The kernel of real machines takes half an hour to build; this one has the same drivers for what is
    // imitated here.
    let platform = uefi_x86_64()
        .kernel(linux_virt)
        .kernel_options([linux::virt()]);
    let system = System::new().service(dhcp("eth0"));
    let setup = lab.machine("metal", &platform, &system).uplink();
    let machine = setup.screen().start()?;
    machine.wait_ready("dhcp.eth0")?;
    machine.wait_ready("var-mount")?;
    machine.succeed("test -d /sys/firmware/efi")?;
    // Nothing for a BIOS is on the disk: ESP, root, and `/var` behind them.
    assert_eq!(
        machine.succeed("cat /sys/block/nvme0n1/*/partition")?,
        "1\n2\n3"
    );
    let var = machine.succeed("sed -n 's, /var ext4 .*,,p' /proc/mounts")?;
    assert_eq!(var, "/dev/nvme0n1p3");
    let driver = machine.succeed("basename $(readlink /sys/class/net/eth0/device/driver)")?;
    assert_eq!(driver, "e1000e");
    for shell in ["getty.tty1", "getty.ttyS0"] {
        let up = machine.succeed(&format!("s6-svstat -o up /run/service/{shell}"))?;
        assert_eq!(up, "true", "{shell}");
    }
    // Somebody sits in front of it.
    machine.type_keys("tty >/run/whose\n")?;
    machine.wait_until("grep -qx /dev/tty1 /run/whose")?;
    assert!(machine.screenshot()?.starts_with(b"\x89PNG"));
    machine.power_off()
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_boot_server_gives_everything() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let system = System::new().service(dhcp("eth0"));
    let machine = lab
        .machine("netboot", &netboot_x86_64(), &system)
        .uplink()
        .start()?;
    machine.wait_ready("dhcp.eth0")?;
    machine.wait_ready("var-mount")?;
    machine.succeed("grep -q ' / squashfs ro' /proc/mounts")?;
    machine.succeed("grep -q ' /var tmpfs rw' /proc/mounts")?;
    machine.fail("touch /x")?;
    machine.succeed("echo kept > /var/lib/kept && test -d /var/log -a -d /run/service")?;
    // The disk that the machine has is not touched, and nothing of the boot's own root is left.
    machine.succeed("test $(head -c 8388608 /dev/vda | tr -d '\\000' | wc -c) -eq 0")?;
    machine.fail("test -e /root.squashfs")?;
    machine.reboot()?;
    machine.wait_ready("dhcp.eth0")?;
    machine.fail("test -e /var/lib/kept")?;
    machine.power_off()
}
