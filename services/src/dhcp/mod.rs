//! Addresses from a DHCP server.

use distill::execline;
use distill::system::{File, Service};

use crate::net::resolv;

/// Asks a DHCP server for the address of the network interface `interface`, with busybox's udhcpc:
/// address, routes, and name servers into `/run/resolv.conf`. It is ready when there is a lease.
///
/// All of it runs as root. [`net_dhcpcd`](crate::net_dhcpcd) speaks with the network as a user without rights.
///
/// ```
/// use distill::system::System;
///
/// let system = System::new().service(distill_services::dhcp("eth0"));
/// # let _ = system;
/// ```
#[track_caller]
pub fn dhcp(interface: &str) -> Service {
    const SCRIPT: &str = "/usr/libexec/distill/udhcpc";
    let device = format!("/sys/class/net/{interface}");
    Service::longrun(
        format!("dhcp.{interface}"),
        execline! {
            fdmove -c 2 1
            // The interface may appear a moment after boot.
            if { sh -c "until test -e \"$1\"; do sleep 0.2; done" sh #{device} }
            udhcpc -f -R -i #{interface} -s #{SCRIPT}
        },
    )
    .file(File::new(SCRIPT, include_str!("udhcpc.sh")).mode(0o755))
    .package(resolv::resolv)
    .after_if_present("packet-filter")
    .writes(resolv::PARTS)
    .writes("/run/resolv.conf")
    // udhcpc puts pipes of its own at 3 and 4.
    .notification_fd(9)
}
