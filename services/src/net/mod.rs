//! Network interfaces with addresses that are known when the image is built.

mod cidr;
mod config;
mod family;
pub(crate) mod resolv;

use distill::execline;
use distill::package::{Script, Words};
use distill::system::{File, Service};

use config::forget;

pub use cidr::{Cidr, ParseCidrError};
pub use config::{NetConfig, Route};
pub use family::Family;

/// The loopback interface, with the addresses that the kernel gives it.
///
/// ```
/// assert_eq!(distill_services::net_lo().name, "net.lo");
/// ```
#[track_caller]
pub fn net_lo() -> Service {
    Service::oneshot("net.lo", execline! { ip link set lo up })
}

/// Gives the network interface `interface` the addresses and routes of `config`, and its name servers
/// to `/run/resolv.conf`. The service is called `net.INTERFACE`; at shutdown it takes everything away.
///
/// It waits 30 s for the interface to appear. It is ready when the addresses can be used: IPv6 ones
/// have been found to be nobody else's, if the cable is in. If there is a `packet-filter`, it comes
/// first.
///
/// ```
/// use distill::system::System;
/// use distill_services::net::NetConfig;
/// use distill_services::net_static;
///
/// let config = NetConfig::new()
///     .address("192.0.2.7/24")
///     .address("2001:db8::7/64")
///     .gateway([192, 0, 2, 1])
///     .nameserver([192, 0, 2, 53]);
/// let system = System::new().service(net_static("eth0", config));
/// # assert!(system.services[0].problems.is_empty());
/// ```
#[track_caller]
pub fn net_static(interface: &str, config: NetConfig) -> Service {
    let lines = format!("/etc/net/{interface}.resolv");
    let part = format!("{interface}.static");
    let has_names = !config.resolv().is_empty();
    let names = |file: &str| {
        let command = execline! { redirfd -r 0 #{file} #{resolv::PROGRAM} #{&part} };
        has_names.then_some(command)
    };
    let on = names(&lines).map(|command| execline! { if { #{command} } });
    let off = names("/dev/null").map(|command| execline! { foreground { #{command} } });
    let up = execline! {
        if { sh -c #{APPEARS} sh #{interface} }
        #{all(config.before(interface))}
        if { ip link set #{interface} up }
        #{all(config.addresses(interface))}
        #{config.has_ipv6().then(|| execline! { if { sh -c #{SETTLES} sh #{interface} } })}
        #{all(config.routes(interface))}
        #{on}
    };
    let down = execline! {
        #{off}
        #{all(forget(interface))}
        ip link set #{interface} down
    };
    let service = Service::oneshot(format!("net.{interface}"), up)
        .down(down)
        .package(resolv::resolv)
        .after_if_present("packet-filter");
    let service = match has_names {
        true => service
            .file(File::new(lines, config.resolv()))
            .writes("/run/resolv.conf")
            .writes(resolv::PARTS),
        false => service,
    };
    service
        .problems(interface_problem(interface))
        .problems(config.problems())
}

/// An interface may appear a moment after boot.
const APPEARS: &str = r#"
try=0
while [ $try -lt 300 ]; do
  [ -e "/sys/class/net/$1" ] && exit 0
  sleep 0.1
  try=$((try + 1))
done
echo "$1: there is no such interface"
exit 1"#;

/// Nobody can use an IPv6 address while the kernel still asks who else has it.
const SETTLES: &str = r#"
try=0
while [ $try -lt 50 ]; do
  carrier=$(cat "/sys/class/net/$1/carrier" 2>/dev/null) && [ "$carrier" = 1 ] || exit 0
  ip -6 addr show dev "$1" | grep -q tentative || exit 0
  sleep 0.1
  try=$((try + 1))
done"#;

/// Commands, each of which has to succeed.
fn all(commands: Vec<Words>) -> Script {
    let each = commands
        .into_iter()
        .map(|command| execline! { if { #{command} } });
    each.collect()
}

/// What is wrong with the name of an interface, if anything.
pub(crate) fn interface_problem(name: &str) -> Option<String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/:\"'\\".contains(c);
    let wrong = name.is_empty() || name.len() > 15 || name == "." || name == "..";
    (wrong || name.contains(bad))
        .then(|| format!("interface: `{name}` cannot be an interface's name"))
}

#[cfg(test)]
mod tests {
    use distill::system::Kind;

    use super::*;

    #[test]
    fn what_it_does_is_known() {
        let config = NetConfig {
            mtu: Some(1400),
            accept_ra: false,
            routes: vec![Route {
                metric: Some(7),
                ..Route::new("10.9.0.0/16".parse().unwrap(), [10, 0, 0, 9])
            }],
            search: vec!["example.org".to_owned()],
            ..NetConfig::new()
        }
        .address("10.0.0.2/24")
        .address("fd00::2/64")
        .gateway([192, 0, 2, 1])
        .nameserver([10, 0, 0, 53]);
        let service = net_static("eth1", config);
        assert_eq!(service.problems, [""; 0]);
        let Kind::Oneshot(oneshot) = &service.kind else {
            panic!("{service:?}");
        };
        let config = distill_packages::quick();
        let text = |script: &Script| script.expand(&config).unwrap().to_string();
        insta::assert_snapshot!(text(&oneshot.up));
        insta::assert_snapshot!(text(oneshot.down.as_ref().unwrap()));
        insta::assert_debug_snapshot!(service.files[0].node);
    }

    #[test]
    fn impossible_interfaces_are_found() {
        for name in ["", "a/b", "sixteen-letters-", "eth 0"] {
            let service = net_static(name, NetConfig::new().address("10.0.0.1/8"));
            assert_eq!(service.problems.len(), 1, "{name}");
        }
    }
}
