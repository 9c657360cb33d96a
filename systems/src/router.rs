//! A router between a network of one's own and the rest of the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use distill::system::{Service, Sysctl, System};
use distill_services::dhcpcd::DhcpcdConfig;
use distill_services::dnsmasq::{DhcpRange, DnsmasqConfig};
use distill_services::net::{Cidr, NetConfig};
use distill_services::packet_filter::{Protocol, Rule, Ruleset};
use distill_services::radvd::{RadvdConfig, RadvdInterface};
use distill_services::{dnsmasq, net_dhcpcd, net_static, packet_filter, radvd};

use crate::minimal;

/// What a [`router`] is between.
///
/// ```
/// use distill_systems::RouterConfig;
///
/// let config = RouterConfig {
///     domain: "home.arpa".to_owned(),
///     ..RouterConfig::new("eth0", "eth1", [10, 0, 0, 1])
/// };
/// assert_eq!(config.range, ([10, 0, 0, 100].into(), [10, 0, 0, 199].into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterConfig {
    /// The interface to the world, where it gets its own address by DHCP.
    pub outside: String,
    /// The interface to the network of one's own.
    pub inside: String,
    /// The router's address there, which begins a network of 256 addresses.
    pub address: Ipv4Addr,
    /// The first and the last address that hosts are given.
    pub range: (Ipv4Addr, Ipv4Addr),
    /// How long they are given one.
    pub lease: Duration,
    /// The router's IPv6 address there, if the network has a prefix of 64 bits: hosts are told of it.
    pub ipv6: Option<Ipv6Addr>,
    /// What hosts' names end with.
    pub domain: String,
}

impl RouterConfig {
    /// Between `outside` and `inside`, where the router is `address`, and hosts get the hundred
    /// addresses of its network that end with 100 to 199, for twelve hours. No IPv6 inside.
    pub fn new(
        outside: impl Into<String>,
        inside: impl Into<String>,
        address: impl Into<Ipv4Addr>,
    ) -> RouterConfig {
        let address = address.into();
        let [a, b, c, _] = address.octets();
        RouterConfig {
            outside: outside.into(),
            inside: inside.into(),
            address,
            range: ([a, b, c, 100].into(), [a, b, c, 199].into()),
            lease: Duration::from_secs(12 * 60 * 60),
            ipv6: None,
            domain: "lan".to_owned(),
        }
    }

    fn network(&self) -> NetConfig {
        let v4 = Cidr::new(self.address, 24);
        let v6 = self.ipv6.map(|address| Cidr::new(address, 64));
        NetConfig {
            addresses: [Some(v4), v6].into_iter().flatten().collect(),
            // A router tells others.
            accept_ra: false,
            ..NetConfig::new()
        }
    }

    /// What the [`router`] lets in and passes on: to be extended, and loaded instead.
    ///
    /// ```
    /// use distill_services::packet_filter;
    /// use distill_systems::{RouterConfig, router};
    ///
    /// let config = RouterConfig::new("eth0", "eth1", [10, 0, 0, 1]);
    /// let open = config.packet_filter().accept_tcp([22]);
    /// let system = router(&config).replace(packet_filter(open));
    /// # let _ = system;
    /// ```
    pub fn packet_filter(&self) -> Ruleset {
        let inside = || Rule::accept().input(&self.inside);
        let ping = Rule {
            protocol: Some(Protocol::Icmp),
            ..inside()
        };
        Ruleset::host()
            .input(ping)
            .input(inside().tcp([53]))
            .input(inside().udp([53, 67]))
            .pass(&self.inside, &self.outside)
            .masquerade(&self.outside)
    }

    fn names(&self) -> DnsmasqConfig {
        let router = format!("router.{}", self.domain);
        let (first, last) = self.range;
        DnsmasqConfig {
            domain: Some(self.domain.clone()),
            ..DnsmasqConfig::on([&self.inside])
        }
        .host_record(router, self.address)
        .dhcp_range(DhcpRange::v4(first, last, self.lease))
    }

    #[track_caller]
    fn advertisements(&self) -> Option<Service> {
        let address = self.ipv6?;
        let network = Cidr::new(IpAddr::V6(address), 64).network();
        let inside = RadvdInterface::new(&self.inside)
            .prefix(network)
            .rdnss([address]);
        Some(radvd(RadvdConfig::new().interface(inside)))
    }
}

/// [`minimal`], and a router: hosts inside get an address and a name, and reach the world with the
/// router's address (masquerading); from outside nothing is let in but answers and pings.
///
/// The parts are the services `packet-filter`, `net.INSIDE`, `net.dhcpcd` (outside), `dnsmasq`, and
/// `radvd` if there is IPv6 inside; each can be replaced or updated by its name. Names are asked of
/// the servers that are known outside.
///
/// ```
/// use distill_systems::{RouterConfig, router};
///
/// let system = router(&RouterConfig::new("eth0", "eth1", [10, 0, 0, 1])).hostname("gate");
/// # assert!(system.services.iter().all(|service| service.problems.is_empty()));
/// ```
#[track_caller]
pub fn router(config: &RouterConfig) -> System {
    let forwarding = Sysctl::new()
        .set("net.ipv4.ip_forward", 1)
        .set("net.ipv6.conf.all.forwarding", 1);
    minimal()
        .services([
            packet_filter(config.packet_filter()),
            net_static(&config.inside, config.network()),
            net_dhcpcd(DhcpcdConfig::on([&config.outside])),
            dnsmasq(config.names()),
        ])
        .services(config.advertisements())
        .sysctl(forwarding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_ipv6_hosts_are_told() {
        let config = RouterConfig {
            ipv6: Some(Ipv6Addr::new(0xfd00, 1, 2, 3, 0, 0, 0, 1)),
            ..RouterConfig::new("wan0", "lan0", [10, 1, 2, 1])
        };
        let system = router(&config);
        let names: Vec<&str> = system.services.iter().map(|s| s.name.as_str()).collect();
        let expected = [
            "packet-filter",
            "net.lan0",
            "net.dhcpcd",
            "dnsmasq",
            "radvd",
        ];
        assert_eq!(names, expected);
        for service in &system.services {
            assert_eq!(service.problems, [""; 0], "{}", service.name);
        }
    }

    #[test]
    fn what_cannot_be_is_a_finding() {
        let config = RouterConfig::new("eth0", "no interface", [10, 0, 0, 1]);
        let wrong = router(&config).services;
        let wrong: Vec<&Service> = wrong.iter().filter(|s| !s.problems.is_empty()).collect();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
