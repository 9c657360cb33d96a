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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use tempfile::TempDir;

    /// What the script calls and says if udhcpc calls it with an event and a lease, on a machine whose programs only
    /// tell what they are called with.
    fn call(event: &str, lease: &[(&str, &str)]) -> String {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name);
        let program = |name: &str, text: &str| {
            std::fs::write(path(name), format!("#!/bin/sh\n{text}\n")).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(path(name), mode).unwrap();
        };
        program("ip", "echo ip \"$*\" >&2");
        program("resolv", "sed 's/^/resolv: /' >&2");
        let script = include_str!("udhcpc.sh")
            .replace(
                "/usr/libexec/distill/resolv",
                path("resolv").to_str().unwrap(),
            )
            .replace(
                "/sys/class/net/$interface/ifindex",
                path("index").to_str().unwrap(),
            );
        std::fs::write(path("index"), "2\n").unwrap();
        program("script", &script);
        let output = Command::new(path("script"))
            .arg(event)
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", directory.path().display()),
            )
            .env("interface", "eth0")
            .envs(lease.iter().copied())
            .output()
            .unwrap();
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).unwrap();
        let shown = |line: &&str| !line.contains("Bad file descriptor") && !line.contains(": 9:");
        said.lines()
            .filter(shown)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    const LEASE: [(&str, &str); 4] = [
        ("ip", "192.0.2.7"),
        ("mask", "24"),
        ("serverid", "192.0.2.1"),
        ("lease", "600"),
    ];

    fn with(more: &[(&str, &str)]) -> [String; 2] {
        ["bound", "renew"].map(|event| call(event, &[&LEASE[..], more].concat()))
    }

    #[test]
    fn a_lease_becomes_addresses_routes_and_names() {
        let more = [
            ("router", "192.0.2.1 0.0.0.0"),
            ("dns", "192.0.2.53 0.0.0.0 255.255.255.255"),
            ("domain", "example.org"),
            ("mtu", "1400"),
        ];
        for said in with(&more) {
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"
                ip -o addr show dev eth0
                ip addr flush dev eth0
                ip addr add 192.0.2.7/24 broadcast + dev eth0
                ip link set eth0 mtu 1400
                ip route replace default via 192.0.2.1 dev eth0 onlink metric 102
                resolv: search example.org
                resolv: nameserver 192.0.2.53
                eth0: 192.0.2.7/24 from 192.0.2.1 for 600 s
                ") }
        }
    }

    #[test]
    fn what_is_no_domain_is_left_out() {
        for (name, value, expected) in [
            ("domain", "bad", ""),
            ("domain", "ba", ""),
            ("domain", "example.org", " example.org"),
            (
                "search",
                "a.example bad b_c.example.",
                " a.example b_c.example.",
            ),
            (
                "search",
                "* a;b $(id) -a .a \"q\" good.example",
                " good.example",
            ),
        ] {
            for said in with(&[(name, value)]) {
                let line = said
                    .lines()
                    .find_map(|line| line.strip_prefix("resolv: search"));
                assert_eq!(line.unwrap_or_default(), expected, "{value}: {said}");
            }
        }
    }

    #[test]
    fn what_is_missing_or_impossible_does_no_harm() {
        for said in [
            call("bound", &[("ip", "192.0.2.7"), ("mtu", "68")]),
            call("renew", &[("ip", "192.0.2.7"), ("mtu", "0")]),
        ] {
            assert!(
                said.contains("ip addr add 192.0.2.7/32 broadcast + dev eth0"),
                "{said}"
            );
            assert!(!said.contains("mtu"), "{said}");
        }
        let said = call("nak", &[("message", "no\nroot: \u{1b}[2J`id`")]);
        assert_eq!(said, "eth0: refused: no?root: ?[2J`id`\n");
    }
}
