//! DigitalOcean's virtual machines.
//!
//! What the cloud knows of a machine, it tells on a link-local address: `metadata` asks it, once,
//! as a user of its own, and the other services take from the answer what they need.
//!
//! | service | takes | makes |
//! |---|---|---|
//! | [`metadata`] | | `/run/droplet/metadata.json`, and of it `/run/cloud/answer` |
//! | [`metadata_later`] | | the same, if there was no answer in time; then it does what the others do |
//! | [`pubkeys`] | keys of the answer | `/run/ssh/authorized_keys/root` |
//! | [`networking`] | `.interfaces` | addresses and routes |
//! | [`resolv_conf`] | `.dns` | `/run/resolv.conf` |
//! | [`hostname`] | name of the answer | the host name, if the image has none |
//! | [`dhcp_fallback`] | | addresses, if `networking` found none |
//!
//! The answer is input from outside: jq reads it without root's rights, and what it prints is
//! checked against the form that it must have before it becomes an argument of anything. The shape of
//! the answer: <https://docs.digitalocean.com/reference/api/metadata/>.

use distill::execline;
use distill::machine::{Bus, Chipset, Firmware, Hardware};
use distill::package::{Script, Words};
use distill::system::{Directory, File, Platform, Readiness, Service};
use distill_services::dhcp;

use crate::cloud::{INTERFACE, asking, emulation, later, taker};
pub use crate::cloud::{hostname, pubkeys};
use crate::qemu_x86_64;

/// Where the services' scripts lie.
const SCRIPTS: &str = "/usr/libexec/distill/droplet";
/// What `networking` leaves when there is nothing more to do.
const CONFIGURED: &str = "/run/droplet/configured";

/// DigitalOcean's virtual machines: QEMU, a console on a VGA screen, metadata on a link-local
/// address.
///
/// The image boots where nobody answers there, too: the consoles say so, and the network comes from
/// DHCP. Root has the keys that the machine was made with, if the system has
/// [`sshd`](distill_services::sshd()).
///
/// ```
/// use distill::system::System;
/// use distill_platforms::droplet;
///
/// let image = droplet().image(&System::new()).unwrap();
/// assert_eq!(image.name().as_str(), "droplet-disk");
/// ```
///
/// A system with a network of its own leaves out what the cloud has to say about it:
///
/// ```
/// # use distill_platforms::droplet;
/// let static_address = droplet().without("networking").without("resolv-conf").without("dhcp.eth0");
/// # let _ = static_address;
/// ```
#[track_caller]
pub fn droplet() -> Platform {
    Platform {
        name: "droplet".into(),
        // The kernel speaks on all of them; the last one is what /dev/console is.
        cmdline: Words::from(["console=tty0", "console=ttyS0,115200"]),
        emulation: Some(emulation(hardware())),
        ..qemu_x86_64()
    }
    .services([
        metadata(),
        metadata_later(),
        pubkeys(),
        networking(),
        resolv_conf(),
        hostname(),
        dhcp_fallback(),
    ])
}

/// The cloud's machines start as an IBM PC did.
fn hardware() -> Hardware {
    Hardware {
        chipset: Chipset::Pc,
        firmware: Firmware::Bios,
        bus: Bus::Virtio,
        ..Hardware::default()
    }
}

/// Fetches what the cloud knows of the machine, once, as the user `metadata`. For that, `eth0` has a
/// link-local address for a moment. It never fails: without an answer the consoles say so.
///
/// If nobody has the cloud's address, which a machine that is connected knows within three seconds, it
/// does not wait; unless its firmware says that it is DigitalOcean's, then it looks for more than a
/// minute. A cloud that is there but has no answer yet is asked again, for at least twenty seconds; then the machine
/// goes on, and [`metadata_later`] asks on.
#[track_caller]
pub fn metadata() -> Service {
    asking(script("metadata", include_str!("droplet/metadata.sh")))
        .after_if_present("packet-filter")
        .directory(Directory::new("/run/droplet"))
}

/// Asks on, for ever, if the cloud had no answer in time: see [`cloud`](crate::cloud::metadata_later). The network, too,
/// is what the answer says then, whatever DHCP has found meanwhile.
#[track_caller]
pub fn metadata_later() -> Service {
    later(["/usr/libexec/distill/droplet/metadata", "again"])
}

/// Gives interfaces their addresses and routes: public and private ones, IPv4 and IPv6, and the
/// anchor address that a reserved one is sent to.
#[track_caller]
pub fn networking() -> Service {
    script("networking", include_str!("droplet/networking.sh"))
        .file(taker("networking", &format!("{SCRIPTS}/networking")))
        .file(filter("networking", include_str!("droplet/networking.jq")))
        .after("metadata")
}

/// Asks the cloud's name servers.
#[track_caller]
pub fn resolv_conf() -> Service {
    script("resolv-conf", include_str!("droplet/resolv-conf.sh"))
        .file(taker("resolv-conf", &format!("{SCRIPTS}/resolv-conf")))
        .file(filter(
            "resolv-conf",
            include_str!("droplet/resolv-conf.jq"),
        ))
        .writes("/run/resolv.conf")
        .after("metadata")
}

/// Asks a DHCP server for the address of `eth0`, if [`networking`] has found none: with metadata, it
/// is ready at once and does nothing.
#[track_caller]
pub fn dhcp_fallback() -> Service {
    dhcp(INTERFACE)
        .after("networking")
        .update_longrun(|longrun| {
            if let Readiness::NotificationFd(fd) = longrun.readiness {
                longrun.run = unless_configured(fd).then(longrun.run.clone());
            }
        })
}

/// If there is nothing to do, says so on a file descriptor, and stays.
fn unless_configured(fd: u32) -> Script {
    execline! {
        ifelse { test -e #{CONFIGURED} } {
            foreground { fdmove 1 #{fd} echo }
            fdclose #{fd}
            sleep inf
        }
    }
}

/// A service that runs a script once.
#[track_caller]
fn script(name: &str, text: &'static str) -> Service {
    let path = format!("{SCRIPTS}/{name}");
    Service::oneshot(name, execline! { #{&path} }).file(File::new(path, text).mode(0o755))
}

/// What a script has jq do.
#[track_caller]
fn filter(name: &str, text: &'static str) -> File {
    File::new(format!("{SCRIPTS}/{name}.jq"), text)
}
