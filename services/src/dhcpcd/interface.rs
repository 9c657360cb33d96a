//! What is special about one interface.

use std::fmt;
use std::net::Ipv4Addr;

use crate::net::{Cidr, Family};

/// What an interface has if no server answers (`fallback`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// Its address (`static ip_address`).
    pub ip_address: Cidr,
    /// `static routers`
    pub routers: Vec<Ipv4Addr>,
    /// `static domain_name_servers`
    pub domain_name_servers: Vec<Ipv4Addr>,
}

/// What is special about one interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// `fallback`
    pub fallback: Option<Fallback>,
    /// `metric`: of several default routes, the one with the lowest is taken.
    pub metric: Option<u32>,
    /// Only one kind of addresses (`ipv4only`, `ipv6only`).
    pub only: Option<Family>,
    /// Interfaces that get a part of the prefix that a DHCPv6 server delegates (`ia_pd`), each a /64.
    pub ia_pd: Vec<String>,
    /// Other options and their values.
    pub extra: Vec<(String, String)>,
}

impl Fallback {
    pub(super) fn problem(&self) -> Option<String> {
        let good = self.ip_address.address.is_ipv4() && self.ip_address.is_valid();
        (!good).then(|| {
            let address = self.ip_address;
            format!("fallback: `{address}` is not an IPv4 address with a prefix")
        })
    }

    /// The profile that an interface falls back to.
    pub(super) fn print(&self, interface: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |list: &[Ipv4Addr]| {
            let words: Vec<String> = list.iter().map(Ipv4Addr::to_string).collect();
            words.join(" ")
        };
        writeln!(f, "\nprofile fallback-{interface}")?;
        writeln!(f, "static ip_address={}", self.ip_address)?;
        for (name, addresses) in [
            ("routers", &self.routers),
            ("domain_name_servers", &self.domain_name_servers),
        ] {
            if !addresses.is_empty() {
                writeln!(f, "static {name}={}", list(addresses))?;
            }
        }
        Ok(())
    }
}

impl Interface {
    pub(super) fn print(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ninterface {name}")?;
        if let Some(metric) = self.metric {
            writeln!(f, "metric {metric}")?;
        }
        if let Some(family) = self.only {
            writeln!(f, "ipv{family}only")?;
        }
        if !self.ia_pd.is_empty() {
            // Each has a number of its own, so that no two get the same network.
            let ids = self.ia_pd.iter().enumerate();
            let targets: Vec<String> = ids.map(|(id, to)| format!("{to}/{id}/64")).collect();
            writeln!(f, "ia_pd 1 {}", targets.join(" "))?;
        }
        if self.fallback.is_some() {
            writeln!(f, "fallback fallback-{name}")?;
        }
        print_options(&self.extra, f)
    }
}

/// Options and their values, one a line.
pub(super) fn print_options(
    options: &[(String, String)],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    options
        .iter()
        .try_for_each(|(name, value)| writeln!(f, "{}", format!("{name} {value}").trim_end()))
}
