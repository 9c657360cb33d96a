//! Clouds that tell a machine by HTTP, or on a small disk, who may log in and what it is called; the
//! network comes from DHCP everywhere.
//!
//! | service | takes | makes |
//! |---|---|---|
//! | [`metadata`] | | `/run/cloud/answer` |
//! | [`metadata_later`] | | the same, if there was no answer in time; then it does what the others do |
//! | [`pubkeys`] | keys of the answer | `/run/ssh/authorized_keys/root` |
//! | [`hostname`] | name of the answer | the host name, if the image has none |
//!
//! The answer is input from outside: it is fetched and read without root's rights, and what comes out
//! is checked against the form that it must have before it becomes an argument of anything.

use std::fmt;

use distill::execline;
use distill::machine::{Bus, Chipset, Firmware, Hardware};
use distill::system::{Directory, Emulation, File, Platform, Service, User};
use distill_services::dhcp;

use crate::qemu_x86_64;

/// Where the services' scripts lie.
const SCRIPTS: &str = "/usr/libexec/distill/cloud";
/// The interface to the outside.
pub(crate) const INTERFACE: &str = "eth0";

pub use distill::machine::Cloud;

/// Machines of Amazon EC2 on Nitro: an `NVMe` disk, an ENA network card, `IMDSv2`.
///
/// An AMI is made of the raw image as a snapshot (`aws ebs` or `import-snapshot`), with ENA support, for
/// BIOS or UEFI. Root has all SSH keys that the machine was started with, if the system has
/// [`sshd`](distill_services::sshd()); `IMDSv1` is not asked, so that it can be switched off.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::nitro_ami_x86_64;
///
/// let image = nitro_ami_x86_64().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "nitro-ami-x86_64-disk");
/// ```
#[track_caller]
pub fn nitro_ami_x86_64() -> Platform {
    Platform {
        name: "nitro-ami-x86_64".into(),
        emulation: Some(emulation(hardware(
            Cloud::Amazon,
            Bus::Nvme,
            Firmware::Uefi,
        ))),
        ..qemu_x86_64()
    }
    // EBS retries by itself for as long as it takes: the driver must not give up before.
    // (https://docs.aws.amazon.com/ebs/latest/userguide/nvme-ebs-volumes.html)
    .cmdline("nvme_core.io_timeout=4294967295")
    .services(services(Some(Cloud::Amazon)))
}

/// Machines of any cloud that this module knows, which the firmware names: Amazon EC2, Google Compute
/// Engine, Azure, `OpenStack` (also by a config drive), `DigitalOcean`. Elsewhere it comes up without
/// keys or name, with a network from DHCP.
///
/// Everybody whose key the cloud knows for the machine is let in as root, whatever name the cloud gives
/// him. Google's keys that expire are left out. Azure learns from nobody that the machine is ready: create
/// it without provisioning agent.
///
/// ```
/// use distill::system::System;
/// use distill_platforms::cloud_x86_64;
///
/// let image = cloud_x86_64().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "cloud-x86_64-disk");
/// ```
#[track_caller]
pub fn cloud_x86_64() -> Platform {
    Platform {
        name: "cloud-x86_64".into(),
        emulation: Some(emulation(hardware(
            Cloud::OpenStack,
            Bus::Virtio,
            Firmware::Bios,
        ))),
        ..qemu_x86_64()
    }
    .services(services(None))
}

fn hardware(cloud: Cloud, bus: Bus, firmware: Firmware) -> Hardware {
    Hardware {
        chipset: Chipset::Q35,
        firmware,
        bus,
        cloud: Some(cloud),
        ..Hardware::default()
    }
}

/// A machine of a cloud that tells it what it is.
pub(crate) fn emulation(hardware: Hardware) -> Emulation {
    Emulation {
        hardware,
        metadata: true,
        ..Emulation::new(distill_packages::qemu)
    }
}

#[track_caller]
fn services(cloud: Option<Cloud>) -> [Service; 5] {
    [
        dhcp(INTERFACE),
        metadata(cloud),
        metadata_later(cloud),
        pubkeys(),
        hostname(),
    ]
}

/// What the scripts call a cloud.
struct Word(Option<Cloud>);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            None => "any",
            Some(Cloud::Amazon) => "amazon",
            Some(Cloud::Google) => "google",
            Some(Cloud::Azure) => "azure",
            Some(Cloud::OpenStack) => "openstack",
            Some(Cloud::DigitalOcean) => "digitalocean",
        })
    }
}

/// Fetches what the cloud knows of the machine, once, as the user `metadata`. It never fails: without an
/// answer the consoles say so.
///
/// Before that it looks for `OpenStack`'s config drive, a disk with an ISO 9660 or FAT file system that is
/// called `config-2`, if the firmware names `OpenStack` or no cloud.
///
/// Of the clouds that the scripts know it asks the one that the firmware names, and only that one; with
/// `only`, no other than this. A cloud that has no answer yet is asked again for a minute, in which the network
/// may come up; then the machine goes on, and [`metadata_later`] asks on. Where the firmware names none, it does not
/// wait.
#[track_caller]
pub fn metadata(only: Option<Cloud>) -> Service {
    let script = file("metadata", include_str!("metadata.sh")).mode(0o755);
    let path = script.path.clone();
    let only = Word(only).to_string();
    let service = Service::oneshot("metadata", execline! { #{path} #{only} })
        .file(script)
        .package(distill_packages::curl);
    asking(service)
}

/// Asks on, for ever, if the cloud had no answer in time, at intervals of up to a quarter of a minute; the consoles say
/// once a minute what is waited for. When the answer has come, everything is done that would have been done at boot.
#[track_caller]
pub fn metadata_later(only: Option<Cloud>) -> Service {
    later([
        &format!("{SCRIPTS}/metadata"),
        &Word(only).to_string(),
        "again",
    ])
}

/// A service that asks on with the command, which fails if there is no answer.
#[track_caller]
pub(crate) fn later<const N: usize>(command: [&str; N]) -> Service {
    let script = file("later", include_str!("later.sh")).mode(0o755);
    let path = script.path.clone();
    let run = execline! {
        fdmove -c 2 1
        #{path} #{command}
    };
    Service::longrun("metadata-later", run)
        .file(script)
        .after("metadata")
        .ready_when_started()
}

/// What is done with an answer that comes late: a name for the script at `path`, by which it is found then.
#[track_caller]
pub(crate) fn taker(name: &str, path: &str) -> File {
    File::symlink(format!("{SCRIPTS}/takers/{name}"), path)
}

/// What a service needs that asks a cloud, or reads what it says.
#[track_caller]
pub(crate) fn asking(service: Service) -> Service {
    service
        .file(file("asking", include_str!("asking.sh")))
        .file(file("fetch", include_str!("fetch.sh")).mode(0o755))
        .package(distill_packages::jq)
        .user(User::system("metadata"))
        .directory(Directory::new("/run/cloud"))
}

/// Lets in as root who has one of the keys that the cloud knows; sshd looks for them where this service
/// puts them, and starts after it.
#[track_caller]
pub fn pubkeys() -> Service {
    script("pubkeys", include_str!("pubkeys.sh"))
        .directory(Directory::new("/run/ssh/authorized_keys"))
}

/// Calls the machine what its owner called it, unless the image has a name for it.
#[track_caller]
pub fn hostname() -> Service {
    script("hostname", include_str!("hostname.sh"))
}

/// A service that runs a script once, when there is an answer.
#[track_caller]
fn script(name: &str, text: &'static str) -> Service {
    let script = file(name, text).mode(0o755);
    let path = script.path.clone();
    let taker = taker(name, &path);
    Service::oneshot(name, execline! { #{path} })
        .file(script)
        .file(taker)
        .after("metadata")
}

#[track_caller]
fn file(name: &str, text: &'static str) -> File {
    File::new(format!("{SCRIPTS}/{name}"), text)
}
