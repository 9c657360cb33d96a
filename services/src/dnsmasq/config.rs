//! `dnsmasq.conf` as a value.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::dhcp::{DhcpHost, DhcpRange};
use crate::net::interface_problem;

/// The file that is there as soon as dnsmasq listens.
pub(super) const PID: &str = "/run/dnsmasq/dnsmasq.pid";
/// What dnsmasq keeps.
pub(super) const STATE: &str = "/var/lib/dnsmasq";

/// A server that names are asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// Only for names below this domain.
    pub domain: Option<String>,
    /// The server; port 53 is the usual one.
    pub server: SocketAddr,
}

/// dnsmasq's configuration. Fields are named as in `dnsmasq(8)`, with `_` for `-`; what is not here
/// goes into [`extra`](DnsmasqConfig::extra).
///
/// ```
/// use std::time::Duration;
/// use distill_services::dnsmasq::{DhcpRange, DnsmasqConfig};
///
/// let config = DnsmasqConfig {
///     domain: Some("lan".to_owned()),
///     ..DnsmasqConfig::on(["eth1"])
/// }
/// .server([9, 9, 9, 9])
/// .host_record("printer.lan", [10, 0, 0, 9])
/// .dhcp_range(DhcpRange::v4([10, 0, 0, 100], [10, 0, 0, 199], Duration::from_secs(3600)))
/// .option("dhcp-option", "option:ntp-server,0.0.0.0");
/// assert!(config.to_string().contains("\ndhcp-range=10.0.0.100,10.0.0.199,3600s\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsmasqConfig {
    /// `interface`: where it is asked, beside the loopback; everywhere, if there is none.
    pub interface: Vec<String>,
    /// `port` of DNS; none, if it is zero.
    pub port: u16,
    /// `server`: where names are asked. If there is none, the servers of `/run/resolv.conf` are.
    pub server: Vec<Forward>,
    /// `domain` of the hosts that it gives addresses to; their names without it get it, too.
    pub domain: Option<String>,
    /// `host-record`: names that it knows.
    pub host_record: Vec<(String, IpAddr)>,
    /// `cache-size`: how many names it keeps in mind.
    pub cache_size: u32,
    /// `dhcp-range`
    pub dhcp_range: Vec<DhcpRange>,
    /// `dhcp-host`
    pub dhcp_host: Vec<DhcpHost>,
    /// `dhcp-authoritative`: whether it is the network's only DHCP server, which may refuse leases that
    /// it does not know.
    pub dhcp_authoritative: bool,
    /// `enable-ra`: whether it tells hosts of the DHCPv6 ranges' networks that this is their router.
    pub enable_ra: bool,
    /// `log-queries`, `log-dhcp`
    pub log: bool,
    /// Other options and their values.
    pub extra: Vec<(String, String)>,
}

impl Default for DnsmasqConfig {
    fn default() -> DnsmasqConfig {
        DnsmasqConfig::new()
    }
}

impl DnsmasqConfig {
    /// A name server that asks those of `/run/resolv.conf`, for whoever can reach it on its own
    /// networks.
    pub fn new() -> DnsmasqConfig {
        DnsmasqConfig {
            interface: Vec::new(),
            port: 53,
            server: Vec::new(),
            domain: None,
            host_record: Vec::new(),
            cache_size: 1000,
            dhcp_range: Vec::new(),
            dhcp_host: Vec::new(),
            dhcp_authoritative: true,
            enable_ra: false,
            log: false,
            extra: Vec::new(),
        }
    }

    /// The same for these interfaces alone.
    pub fn on<N: Into<String>>(interfaces: impl IntoIterator<Item = N>) -> DnsmasqConfig {
        DnsmasqConfig {
            interface: interfaces.into_iter().map(Into::into).collect(),
            ..DnsmasqConfig::new()
        }
    }

    /// The same; names are asked of this server, on its port 53.
    pub fn server(mut self, server: impl Into<IpAddr>) -> DnsmasqConfig {
        self.server.push(Forward {
            domain: None,
            server: SocketAddr::new(server.into(), 53),
        });
        self
    }

    /// The same with a name that it knows.
    pub fn host_record(
        mut self,
        name: impl Into<String>,
        address: impl Into<IpAddr>,
    ) -> DnsmasqConfig {
        self.host_record.push((name.into(), address.into()));
        self
    }

    /// The same with addresses to give.
    pub fn dhcp_range(mut self, range: DhcpRange) -> DnsmasqConfig {
        self.dhcp_range.push(range);
        self
    }

    /// The same with another option; options without a value have an empty one.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> DnsmasqConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    pub(super) fn listens(&self) -> Vec<String> {
        let dns =
            (self.port != 0).then(|| ["tcp", "udp"].map(|kind| format!("{kind}/{}", self.port)));
        let mut ports: Vec<String> = dns.into_iter().flatten().collect();
        for range in &self.dhcp_range {
            let port = match range {
                DhcpRange::V4(..) => "udp/67".to_owned(),
                DhcpRange::V6(..) => "udp/547".to_owned(),
            };
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        ports
    }

    /// What dnsmasq would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let names = self
            .interface
            .iter()
            .filter_map(|name| interface_problem(name));
        let ranges = self.dhcp_range.iter().filter_map(|range| range.problem());
        let hosts = self.dhcp_host.iter().filter_map(DhcpHost::problem);
        let mut problems: Vec<String> = names.chain(ranges).chain(hosts).collect();
        if self.enable_ra
            && !self
                .dhcp_range
                .iter()
                .any(|range| matches!(range, DhcpRange::V6(..)))
        {
            problems.push("enable-ra: there is no dhcp-range of IPv6".to_owned());
        }
        let forward = self
            .server
            .iter()
            .filter_map(|forward| forward.domain.as_ref());
        let records = self.host_record.iter().map(|(name, _)| name);
        for name in forward.chain(records).chain(&self.domain) {
            if name.is_empty() || name.contains(|c: char| c.is_whitespace() || ",/#".contains(c)) {
                problems.push(format!(
                    "server, host-record, domain: `{name}` is not a name"
                ));
            }
        }
        for (name, value) in &self.extra {
            let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if name.is_empty() || !name.chars().all(inner) || value.contains('\n') {
                problems.push(format!("`{name}={value}` is not an option with its value"));
            }
            if name.starts_with("dnssec") || name == "trust-anchor" {
                problems.push(format!(
                    "`{name}`: DNSSEC needs Nettle, which this dnsmasq is built without; ask unbound, which validates"
                ));
            }
        }
        problems
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Forward { domain, server } = self;
        f.write_str("server=")?;
        domain
            .iter()
            .try_for_each(|domain| write!(f, "/{domain}/"))?;
        write!(f, "{}#{}", server.ip(), server.port())
    }
}

impl fmt::Display for DnsmasqConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "user=dnsmasq\ngroup=dnsmasq\npid-file={PID}")?;
        writeln!(f, "log-facility=-\nport={}", self.port)?;
        self.interface
            .iter()
            .try_for_each(|name| writeln!(f, "interface={name}"))?;
        // Interfaces and addresses may come later.
        writeln!(f, "bind-dynamic")?;
        if self.server.is_empty() {
            writeln!(f, "resolv-file=/run/resolv.conf")?;
        } else {
            writeln!(f, "no-resolv")?;
        }
        self.server
            .iter()
            .try_for_each(|server| writeln!(f, "{server}"))?;
        // Neither plain names nor private addresses are anybody else's business.
        writeln!(
            f,
            "domain-needed\nbogus-priv\ncache-size={}",
            self.cache_size
        )?;
        if let Some(domain) = &self.domain {
            writeln!(f, "domain={domain}\nlocal=/{domain}/\nexpand-hosts")?;
        }
        for (name, address) in &self.host_record {
            writeln!(f, "host-record={name},{address}")?;
        }
        if !self.dhcp_range.is_empty() {
            writeln!(f, "dhcp-leasefile={STATE}/leases")?;
            f.write_str(if self.dhcp_authoritative {
                "dhcp-authoritative\n"
            } else {
                ""
            })?;
        }
        self.dhcp_range
            .iter()
            .try_for_each(|range| writeln!(f, "{range}"))?;
        self.dhcp_host
            .iter()
            .try_for_each(|host| writeln!(f, "{host}"))?;
        f.write_str(if self.enable_ra { "enable-ra\n" } else { "" })?;
        f.write_str(if self.log {
            "log-queries\nlog-dhcp\n"
        } else {
            ""
        })?;
        self.extra
            .iter()
            .try_for_each(|(name, value)| match value.as_str() {
                "" => writeln!(f, "{name}"),
                value => writeln!(f, "{name}={value}"),
            })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn host(mac: &str, name: &str) -> DhcpHost {
        DhcpHost {
            mac: mac.to_owned(),
            address: [10, 0, 0, 9].into(),
            name: Some(name.to_owned()),
        }
    }

    #[test]
    fn prints_what_dnsmasq_reads() {
        let corp = Forward {
            domain: Some("corp".to_owned()),
            server: "[fd00::53]:5353".parse().unwrap(),
        };
        let config = DnsmasqConfig {
            server: vec![corp],
            domain: Some("lan".to_owned()),
            dhcp_host: vec![host("52:54:00:12:34:56", "printer")],
            enable_ra: true,
            log: true,
            ..DnsmasqConfig::on(["eth1"])
        };
        let first = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x100);
        let last = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x1ff);
        let config = config
            .server([9, 9, 9, 9])
            .host_record("router.lan", [10, 0, 0, 1])
            .dhcp_range(DhcpRange::v4([10, 0, 0, 100], [10, 0, 0, 199], HOUR))
            .dhcp_range(DhcpRange::v6(first, last, HOUR))
            .option("dhcp-option", "option:router,10.0.0.1")
            .option("strict-order", "");
        assert_eq!(config.problems(), [""; 0]);
        assert_eq!(config.listens(), ["tcp/53", "udp/53", "udp/67", "udp/547"]);
        insta::assert_snapshot!(config);
    }

    #[test]
    fn impossible_values_are_named() {
        let new = DnsmasqConfig::new;
        let minute = Duration::from_secs(60);
        let configs = [
            DnsmasqConfig::on(["no/interface"]),
            new().dhcp_range(DhcpRange::v4([10, 0, 0, 9], [10, 0, 0, 8], HOUR)),
            new().dhcp_range(DhcpRange::v4([10, 0, 0, 8], [10, 0, 0, 9], minute)),
            DnsmasqConfig {
                enable_ra: true,
                ..new()
            },
            DnsmasqConfig {
                domain: Some("two words".to_owned()),
                ..new()
            },
            DnsmasqConfig {
                dhcp_host: vec![host("52:54", "a")],
                ..new()
            },
            DnsmasqConfig {
                dhcp_host: vec![host("52:54:00:12:34:56", "a,b")],
                ..new()
            },
            new().host_record("a,b", [10, 0, 0, 1]),
            new().option("no option", ""),
            new().option("dnssec", ""),
        ];
        for config in &configs {
            assert_eq!(config.problems().len(), 1, "{config:?}");
        }
        assert_eq!(
            configs[9].problems(),
            [
                "`dnssec`: DNSSEC needs Nettle, which this dnsmasq is built without; ask unbound, which validates"
            ]
        );
    }
}
