//! Clouds: who may log in, and what the machine is called.

use distill::machine::Metadata;
use distill::system::{Platform, System};
use distill_platforms::cloud::Cloud;
use distill_platforms::{cloud_x86_64, nitro_ami_x86_64};
use distill_testing::{Lab, LabError, Machine};

pub(crate) const FIRST: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p me@home";
pub(crate) const SECOND: &str =
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY= of my laptop";
/// A key that would have another program run, which nobody has asked for.
pub(crate) const HOSTILE: &str =
    "command=\"reboot\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0 x";

/// Starts a machine in a cloud that knows these keys.
fn start(
    lab: &Lab,
    name: &str,
    platform: &Platform,
    cloud: Option<Cloud>,
) -> Result<Machine, LabError> {
    let mut platform = platform.clone();
    let emulation = platform.emulation.as_mut().expect("it can be imitated");
    emulation.hardware.cloud = cloud;
    let tell = |metadata| Metadata {
        hostname: "ip-192-0-2-1.example".into(),
        public_keys: [FIRST, HOSTILE, SECOND].map(str::to_owned).into(),
        ..metadata
    };
    lab.machine(name, &platform, &System::new())
        .metadata(tell)
        .start()
}

/// Both keys are there, the one that is none is not, and the machine has its name.
pub(crate) fn assert_configured(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("pubkeys")?;
    machine.wait_ready("hostname")?;
    let keys = machine.succeed("cat /run/ssh/authorized_keys/root")?;
    assert_eq!(keys, format!("{FIRST}\n{SECOND}"));
    assert_eq!(machine.succeed("hostname")?, "ip-192-0-2-1.example");
    assert_eq!(
        machine.succeed("stat -c '%U %a' /run/cloud/answer /run/ssh/authorized_keys/root")?,
        "root 600\nroot 600"
    );
    Ok(())
}

#[test]
#[ignore = "builds an image and boots it"]
fn nitro_has_nvme_and_asks_with_a_token() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = start(&lab, "nitro", &nitro_ami_x86_64(), Some(Cloud::Amazon))?;
    assert_configured(&machine)?;
    machine.wait_console("metadata: fetched from amazon")?;
    machine.wait_ready("var-mount")?;
    machine.succeed("grep -q '^/dev/nvme0n1p[0-9] /var ext4' /proc/mounts")?;
    machine.succeed("grep -q ' / squashfs ro' /proc/mounts")?;
    assert_eq!(
        machine.succeed("cat /sys/module/nvme_core/parameters/io_timeout")?,
        "4294967295"
    );
    // The stand-in takes nothing without a token, as an instance may be told to.
    let page = "http://169.254.169.254/latest/meta-data/hostname";
    let status = machine.run(&format!("curl -s -o /dev/null -w '%{{http_code}}' {page}"))?;
    assert_eq!(status.text(), "401");
    // What came from outside was read by somebody who cannot do much.
    let fetch = "s6-setuidgid metadata /usr/libexec/distill/cloud/fetch amazon";
    assert!(
        machine
            .succeed(fetch)?
            .starts_with("hostname ip-192-0-2-1.example\n")
    );
    machine.fail("s6-setuidgid metadata cat /run/cloud/answer")?;
    machine.power_off()
}

#[test]
#[ignore = "builds an image and boots it"]
fn one_image_serves_every_cloud() -> Result<(), LabError> {
    let lab = Lab::new()?;
    for (cloud, name) in [
        (Cloud::Google, "google"),
        (Cloud::Azure, "azure"),
        (Cloud::OpenStack, "openstack"),
        (Cloud::DigitalOcean, "digitalocean"),
        (Cloud::Amazon, "amazon"),
    ] {
        let machine = start(&lab, name, &cloud_x86_64(), Some(cloud))?;
        assert_configured(&machine)?;
        machine.wait_console(&format!("metadata: fetched from {name}"))?;
        machine.power_off()?;
    }
    Ok(())
}

#[test]
#[ignore = "builds an image and boots it"]
fn where_no_cloud_is_nobody_is_asked() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = start(&lab, "nowhere", &cloud_x86_64(), None)?;
    machine.wait_ready("pubkeys")?;
    machine.wait_console("metadata: the firmware names no cloud: going on without metadata")?;
    // Somebody does answer there, and is not believed.
    machine.wait_ready("dhcp.eth0")?;
    machine.succeed("curl -sf http://169.254.169.254/metadata/v1/hostname")?;
    machine.fail("test -e /run/ssh/authorized_keys/root")?;
    assert_eq!(machine.succeed("hostname")?, "localhost");
    machine.power_off()
}
