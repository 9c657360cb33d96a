//! Who gets which address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Addresses that are given to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DhcpRange {
    /// IPv4: the first, the last, and how long one is kept, in whole seconds (at least 120).
    V4(Ipv4Addr, Ipv4Addr, Duration),
    /// IPv6: the same, in a network with a prefix of 64 bits.
    V6(Ipv6Addr, Ipv6Addr, Duration),
}

impl DhcpRange {
    /// IPv4 addresses.
    pub fn v4(first: impl Into<Ipv4Addr>, last: impl Into<Ipv4Addr>, lease: Duration) -> DhcpRange {
        DhcpRange::V4(first.into(), last.into(), lease)
    }

    /// IPv6 addresses.
    pub fn v6(first: impl Into<Ipv6Addr>, last: impl Into<Ipv6Addr>, lease: Duration) -> DhcpRange {
        DhcpRange::V6(first.into(), last.into(), lease)
    }

    fn parts(self) -> (IpAddr, IpAddr, Duration) {
        match self {
            DhcpRange::V4(first, last, lease) => (first.into(), last.into(), lease),
            DhcpRange::V6(first, last, lease) => (first.into(), last.into(), lease),
        }
    }

    pub(super) fn problem(self) -> Option<String> {
        let (first, last, lease) = self.parts();
        if first > last {
            return Some(format!("dhcp-range: `{first}` comes after `{last}`"));
        }
        // dnsmasq takes two minutes for less.
        (lease.as_secs() < 120).then(|| "dhcp-range: a lease lasts at least 120 s".to_owned())
    }
}

impl fmt::Display for DhcpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, lease) = self.parts();
        let prefix = if first.is_ipv6() { "64," } else { "" };
        write!(f, "dhcp-range={first},{last},{prefix}{}s", lease.as_secs())
    }
}

/// A host that always gets the same address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DhcpHost {
    /// The address of its network card: `52:54:00:12:34:56`.
    pub mac: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its name, if it is to have one.
    pub name: Option<String>,
}

impl DhcpHost {
    pub(super) fn problem(&self) -> Option<String> {
        let pairs: Vec<&str> = self.mac.split(':').collect();
        let pair =
            |pair: &&str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        if pairs.len() != 6 || !pairs.iter().all(pair) {
            return Some(format!(
                "dhcp-host: `{}` is not a network card's address",
                self.mac
            ));
        }
        let name = self.name.as_deref()?;
        let inner = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let good = !name.is_empty() && name.chars().all(inner);
        (!good).then(|| format!("dhcp-host: `{name}` is not a host's name"))
    }
}

impl fmt::Display for DhcpHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dhcp-host={},{}", self.mac, self.address)?;
        self.name.iter().try_for_each(|name| write!(f, ",{name}"))
    }
}
