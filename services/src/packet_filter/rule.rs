//! Single rules: which packets, and what becomes of them.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use crate::net::{Cidr, Family};

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Control messages of the packet's own family: `icmp` or `ipv6-icmp`.
    Icmp,
    /// Another one, by its number.
    Number(u8),
}

/// What is known of the connection that a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It begins one.
    New,
    /// There is one.
    Established,
    /// It has to do with one, such as an error about it.
    Related,
    /// It belongs to none, and begins none.
    Invalid,
}

/// How often a rule matches: so many times in a second, after a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// `--limit N/second`: 1 to 10000.
    pub per_second: u32,
    /// `--limit-burst`: 1 to 10000.
    pub burst: u32,
}

/// What becomes of a packet that a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It is let through.
    Accept,
    /// It is gone.
    Drop,
    /// It is gone, and its sender is told.
    Reject,
    /// The rest of this chain does not look at it.
    Return,
    /// Another chain of the table looks at it.
    Jump(String),
    /// Its source becomes the address of the interface that it leaves by (table `nat`).
    Masquerade,
    /// Its source becomes this address; port 0 keeps its port (table `nat`).
    Snat(SocketAddr),
    /// Its destination becomes this address; port 0 keeps its port (table `nat`).
    Dnat(SocketAddr),
    /// Its destination becomes this port of the machine itself (table `nat`).
    Redirect(u16),
    /// The kernel logs it, and the next rule looks at it.
    Log(String),
    /// Its largest segment becomes what the way out can carry (table `mangle`).
    ClampMss,
    /// Anything else, as it stands after `-j`.
    Other(String),
}

/// Which packets, and what becomes of them. What is not said matches all of them.
///
/// ```
/// use distill_services::packet_filter::{Family, Rule};
///
/// let rule = Rule::accept().tcp([22]).from("192.0.2.0/24".parse()?);
/// let text = "-s 192.0.2.0/24 -p tcp --dport 22 -j ACCEPT";
/// assert_eq!(rule.text(Family::V4).as_deref(), Some(text));
/// assert_eq!(rule.text(Family::V6), None);
/// # Ok::<(), distill_services::net::ParseCidrError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The family; both, if its addresses do not say anything else.
    pub family: Option<Family>,
    /// `--in-interface`
    pub in_interface: Option<String>,
    /// `--out-interface`
    pub out_interface: Option<String>,
    /// `--source`
    pub source: Option<Cidr>,
    /// `--destination`
    pub destination: Option<Cidr>,
    /// `--protocol`
    pub protocol: Option<Protocol>,
    /// `--sport`: any of these, at most 15.
    pub source_ports: Vec<RangeInclusive<u16>>,
    /// `--dport`: any of these, at most 15.
    pub destination_ports: Vec<RangeInclusive<u16>>,
    /// `--icmp-type`, by name or number of the packet's own family.
    pub icmp_type: Option<String>,
    /// `--ctstate`: any of these.
    pub states: Vec<State>,
    /// `--limit`
    pub limit: Option<Limit>,
    /// Further conditions, as they stand before `-j`.
    pub extra: Vec<String>,
    /// `--comment`
    pub comment: Option<String>,
    /// What becomes of the packet.
    pub target: Target,
}

impl Rule {
    /// A rule for all packets.
    pub fn new(target: Target) -> Rule {
        Rule {
            family: None,
            in_interface: None,
            out_interface: None,
            source: None,
            destination: None,
            protocol: None,
            source_ports: Vec::new(),
            destination_ports: Vec::new(),
            icmp_type: None,
            states: Vec::new(),
            limit: None,
            extra: Vec::new(),
            comment: None,
            target,
        }
    }

    /// All packets are let through.
    pub fn accept() -> Rule {
        Rule::new(Target::Accept)
    }

    /// The same for packets that come in by this interface.
    pub fn input(self, interface: impl Into<String>) -> Rule {
        Rule {
            in_interface: Some(interface.into()),
            ..self
        }
    }

    /// The same for packets that go out by this interface.
    pub fn output(self, interface: impl Into<String>) -> Rule {
        Rule {
            out_interface: Some(interface.into()),
            ..self
        }
    }

    /// The same for packets from this network.
    pub fn from(self, source: Cidr) -> Rule {
        Rule {
            source: Some(source),
            ..self
        }
    }

    /// The same for packets to this network.
    pub fn to(self, destination: Cidr) -> Rule {
        Rule {
            destination: Some(destination),
            ..self
        }
    }

    /// The same for TCP to these ports.
    pub fn tcp(self, ports: impl IntoIterator<Item = u16>) -> Rule {
        self.ports(Protocol::Tcp, ports)
    }

    /// The same for UDP to these ports.
    pub fn udp(self, ports: impl IntoIterator<Item = u16>) -> Rule {
        self.ports(Protocol::Udp, ports)
    }

    fn ports(self, protocol: Protocol, ports: impl IntoIterator<Item = u16>) -> Rule {
        Rule {
            protocol: Some(protocol),
            destination_ports: ports.into_iter().map(|port| port..=port).collect(),
            ..self
        }
    }

    /// The same for packets of connections in these states.
    pub fn states(self, states: impl IntoIterator<Item = State>) -> Rule {
        Rule {
            states: states.into_iter().collect(),
            ..self
        }
    }

    /// The same for one family alone.
    pub fn only(self, family: Family) -> Rule {
        Rule {
            family: Some(family),
            ..self
        }
    }

    /// The same with a remark.
    pub fn comment(self, comment: impl Into<String>) -> Rule {
        Rule {
            comment: Some(comment.into()),
            ..self
        }
    }

    /// The families that its parts name.
    pub(super) fn families(&self) -> impl Iterator<Item = Family> {
        let target = match self.target {
            Target::Snat(address) | Target::Dnat(address) => Some(address.ip()),
            _ => None,
        };
        let networks = [self.source, self.destination].into_iter().flatten();
        let addresses = networks.map(|network| network.address).chain(target);
        let named = addresses.map(|address| match address.is_ipv4() {
            true => Family::V4,
            false => Family::V6,
        });
        self.family.into_iter().chain(named)
    }

    /// The rule as `iptables-restore` reads it after `-A CHAIN`; nothing, if it is not for `family`.
    pub fn text(&self, family: Family) -> Option<String> {
        if self.families().any(|own| own != family) {
            return None;
        }
        let mut words = Vec::new();
        let mut add = |option: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("{option} {value}")));
        };
        add("-i", self.in_interface.clone());
        add("-o", self.out_interface.clone());
        add("-s", self.source.map(|network| network.to_string()));
        add("-d", self.destination.map(|network| network.to_string()));
        add("-p", self.protocol.map(|protocol| protocol.name(family)));
        add(
            "--icmp-type",
            self.icmp_type.clone().filter(|_| family == Family::V4),
        );
        add(
            "--icmpv6-type",
            self.icmp_type.clone().filter(|_| family == Family::V6),
        );
        words.extend(ports("sport", &self.source_ports));
        words.extend(ports("dport", &self.destination_ports));
        if !self.states.is_empty() {
            let names: Vec<String> = self.states.iter().map(|state| state.name()).collect();
            words.push(format!("-m conntrack --ctstate {}", names.join(",")));
        }
        if let Some(Limit { per_second, burst }) = self.limit {
            words.push(format!(
                "-m limit --limit {per_second}/second --limit-burst {burst}"
            ));
        }
        words.extend(self.extra.iter().cloned());
        if let Some(comment) = &self.comment {
            words.push(format!("-m comment --comment \"{comment}\""));
        }
        words.push(format!("-j {}", self.target));
        Some(words.join(" "))
    }
}

/// The condition on ports, if there is one.
fn ports(name: &str, ranges: &[RangeInclusive<u16>]) -> Option<String> {
    let range = |range: &RangeInclusive<u16>| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}:{last}"),
    };
    match ranges {
        [] => None,
        [one] => Some(format!("--{name} {}", range(one))),
        several => {
            let list: Vec<String> = several.iter().map(range).collect();
            Some(format!("-m multiport --{name}s {}", list.join(",")))
        }
    }
}

impl Protocol {
    fn name(self, family: Family) -> String {
        match (self, family) {
            (Protocol::Tcp, _) => "tcp".to_owned(),
            (Protocol::Udp, _) => "udp".to_owned(),
            (Protocol::Icmp, Family::V4) => "icmp".to_owned(),
            (Protocol::Icmp, Family::V6) => "ipv6-icmp".to_owned(),
            (Protocol::Number(number), _) => number.to_string(),
        }
    }
}

impl State {
    fn name(self) -> String {
        format!("{self:?}").to_uppercase()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |address: &SocketAddr| match address.port() {
            0 => address.ip().to_string(),
            _ => address.to_string(),
        };
        match self {
            Target::Accept => f.write_str("ACCEPT"),
            Target::Drop => f.write_str("DROP"),
            Target::Reject => f.write_str("REJECT"),
            Target::Return => f.write_str("RETURN"),
            Target::Jump(chain) => f.write_str(chain),
            Target::Masquerade => f.write_str("MASQUERADE"),
            Target::Snat(address) => write!(f, "SNAT --to-source {}", place(address)),
            Target::Dnat(address) => write!(f, "DNAT --to-destination {}", place(address)),
            Target::Redirect(port) => write!(f, "REDIRECT --to-ports {port}"),
            Target::Log(prefix) => write!(f, "LOG --log-prefix \"{prefix}\""),
            Target::ClampMss => f.write_str("TCPMSS --clamp-mss-to-pmtu"),
            Target::Other(text) => f.write_str(text),
        }
    }
}
