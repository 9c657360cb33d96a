//! `radvd.conf` as a value.

use std::fmt;
use std::net::Ipv6Addr;
use std::time::Duration;

use crate::net::{Cidr, interface_problem};

/// How good a router is, compared with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of radvd.conf(5)")]
pub enum Preference {
    Low,
    #[default]
    Medium,
    High,
}

impl fmt::Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// A prefix that hosts of a network have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The prefix; hosts give themselves addresses in one of 64 bits alone.
    pub prefix: Cidr,
    /// `AdvOnLink`: whether its hosts can be reached without a router.
    pub adv_on_link: bool,
    /// `AdvAutonomous`: whether hosts give themselves addresses in it.
    pub adv_autonomous: bool,
    /// `AdvValidLifetime`, in whole seconds.
    pub adv_valid_lifetime: Duration,
    /// `AdvPreferredLifetime`, in whole seconds.
    pub adv_preferred_lifetime: Duration,
}

impl Prefix {
    /// A prefix in which hosts give themselves addresses, for a day at a time.
    pub fn new(prefix: Cidr) -> Prefix {
        Prefix {
            prefix,
            adv_on_link: true,
            adv_autonomous: true,
            adv_valid_lifetime: Duration::from_secs(86_400),
            adv_preferred_lifetime: Duration::from_secs(14_400),
        }
    }
}

/// A network that is reached through this router (RFC 4191).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadvdRoute {
    /// The network.
    pub to: Cidr,
    /// `AdvRoutePreference`
    pub adv_route_preference: Preference,
}

/// Name servers, and how long they are to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rdnss {
    /// The servers.
    pub servers: Vec<Ipv6Addr>,
    /// `AdvRDNSSLifetime`, in whole seconds.
    pub adv_rdnss_lifetime: Duration,
}

/// What is advertised on one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadvdInterface {
    /// The interface.
    pub name: String,
    /// `MinRtrAdvInterval`, in whole seconds: at least 3, at most three quarters of the other.
    pub min_rtr_adv_interval: Duration,
    /// `MaxRtrAdvInterval`, in whole seconds: 4 to 1800.
    pub max_rtr_adv_interval: Duration,
    /// `AdvDefaultLifetime`, in whole seconds: how long hosts may take this for a router to everywhere;
    /// zero, if it is none.
    pub adv_default_lifetime: Duration,
    /// `AdvDefaultPreference`
    pub adv_default_preference: Preference,
    /// `AdvManagedFlag`: whether hosts ask a DHCPv6 server for addresses, too.
    pub adv_managed_flag: bool,
    /// `AdvOtherConfigFlag`: whether hosts ask a DHCPv6 server for everything else.
    pub adv_other_config_flag: bool,
    /// `AdvLinkMTU`, in bytes.
    pub adv_link_mtu: Option<u32>,
    /// The prefixes.
    pub prefixes: Vec<Prefix>,
    /// Networks behind this router.
    pub routes: Vec<RadvdRoute>,
    /// `RDNSS`
    pub rdnss: Option<Rdnss>,
    /// `DNSSL`: the domains in which names without a dot are looked for.
    pub dnssl: Vec<String>,
    /// Other options, each with its semicolon.
    pub extra: Vec<String>,
}

impl RadvdInterface {
    /// An interface on which this is a router to everywhere, without prefixes yet.
    pub fn new(name: impl Into<String>) -> RadvdInterface {
        RadvdInterface {
            name: name.into(),
            min_rtr_adv_interval: Duration::from_secs(200),
            max_rtr_adv_interval: Duration::from_secs(600),
            adv_default_lifetime: Duration::from_secs(1800),
            adv_default_preference: Preference::default(),
            adv_managed_flag: false,
            adv_other_config_flag: false,
            adv_link_mtu: None,
            prefixes: Vec::new(),
            routes: Vec::new(),
            rdnss: None,
            dnssl: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The same with a prefix in which hosts give themselves addresses.
    pub fn prefix(mut self, prefix: Cidr) -> RadvdInterface {
        self.prefixes.push(Prefix::new(prefix));
        self
    }

    /// The same with name servers, to be used as long as the router.
    pub fn rdnss(self, servers: impl IntoIterator<Item = Ipv6Addr>) -> RadvdInterface {
        let rdnss = Rdnss {
            servers: servers.into_iter().collect(),
            adv_rdnss_lifetime: self.adv_default_lifetime,
        };
        RadvdInterface {
            rdnss: Some(rdnss),
            ..self
        }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = interface_problem(&self.name).into_iter().collect();
        let mut add = |wrong: bool, text: &str| {
            problems.extend(wrong.then(|| format!("{}: {text}", self.name)));
        };
        let (min, max) = (
            self.min_rtr_adv_interval.as_secs(),
            self.max_rtr_adv_interval.as_secs(),
        );
        add(
            !(4..=1800).contains(&max) || min < 3 || 4 * min > 3 * max,
            "MinRtrAdvInterval, MaxRtrAdvInterval: 3 ≤ min ≤ ¾ max, and 4 ≤ max ≤ 1800",
        );
        let life = self.adv_default_lifetime.as_secs();
        add(
            life != 0 && !(max..=9000).contains(&life),
            "AdvDefaultLifetime: it is zero, or between MaxRtrAdvInterval and 9000",
        );
        let networks = self.prefixes.iter().map(|prefix| prefix.prefix);
        for network in networks.chain(self.routes.iter().map(|route| route.to)) {
            let good =
                network.address.is_ipv6() && network.is_valid() && network.network() == network;
            add(
                !good,
                &format!("prefix, route: `{network}` is not an IPv6 network"),
            );
        }
        for prefix in &self.prefixes {
            add(
                prefix.adv_autonomous && prefix.prefix.prefix != 64,
                &format!("AdvAutonomous: `{}` does not have 64 bits", prefix.prefix),
            );
            add(
                prefix.adv_preferred_lifetime > prefix.adv_valid_lifetime,
                "AdvPreferredLifetime: it is longer than AdvValidLifetime",
            );
        }
        add(
            self.adv_link_mtu
                .is_some_and(|mtu| !(1280..=65535).contains(&mtu)),
            "AdvLinkMTU: it is not between 1280 and 65535",
        );
        add(
            self.rdnss
                .as_ref()
                .is_some_and(|rdnss| rdnss.servers.is_empty()),
            "RDNSS: there is no server",
        );
        problems
    }
}

/// radvd's configuration. Fields are named as in `radvd.conf(5)`; what is not here goes into
/// [`RadvdInterface::extra`].
///
/// ```
/// use distill_services::radvd::{Prefix, RadvdConfig, RadvdInterface};
///
/// let lan = RadvdInterface {
///     adv_other_config_flag: true,
///     prefixes: vec![Prefix::new("2001:db8:1::/64".parse()?)],
///     ..RadvdInterface::new("eth1")
/// };
/// let config = RadvdConfig::new().interface(lan);
/// assert!(config.to_string().contains("prefix 2001:db8:1::/64 {"));
/// # Ok::<(), distill_services::net::ParseCidrError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RadvdConfig {
    /// The interfaces.
    pub interfaces: Vec<RadvdInterface>,
}

impl RadvdConfig {
    /// No interface yet.
    pub fn new() -> RadvdConfig {
        RadvdConfig::default()
    }

    /// The same with another interface.
    pub fn interface(mut self, interface: RadvdInterface) -> RadvdConfig {
        self.interfaces.push(interface);
        self
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let none = self
            .interfaces
            .is_empty()
            .then(|| "interface: there is none".to_owned());
        let all = self.interfaces.iter().flat_map(RadvdInterface::problems);
        none.into_iter().chain(all).collect()
    }
}

fn on(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    prefix {} {{", self.prefix)?;
        writeln!(f, "        AdvOnLink {};", on(self.adv_on_link))?;
        writeln!(f, "        AdvAutonomous {};", on(self.adv_autonomous))?;
        writeln!(
            f,
            "        AdvValidLifetime {};",
            self.adv_valid_lifetime.as_secs()
        )?;
        writeln!(
            f,
            "        AdvPreferredLifetime {};",
            self.adv_preferred_lifetime.as_secs()
        )?;
        writeln!(f, "    }};")
    }
}

impl fmt::Display for RadvdInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "interface {} {{", self.name)?;
        writeln!(f, "    AdvSendAdvert on;")?;
        writeln!(
            f,
            "    MinRtrAdvInterval {};",
            self.min_rtr_adv_interval.as_secs()
        )?;
        writeln!(
            f,
            "    MaxRtrAdvInterval {};",
            self.max_rtr_adv_interval.as_secs()
        )?;
        writeln!(
            f,
            "    AdvDefaultLifetime {};",
            self.adv_default_lifetime.as_secs()
        )?;
        writeln!(
            f,
            "    AdvDefaultPreference {};",
            self.adv_default_preference
        )?;
        writeln!(f, "    AdvManagedFlag {};", on(self.adv_managed_flag))?;
        writeln!(
            f,
            "    AdvOtherConfigFlag {};",
            on(self.adv_other_config_flag)
        )?;
        if let Some(mtu) = self.adv_link_mtu {
            writeln!(f, "    AdvLinkMTU {mtu};")?;
        }
        self.extra
            .iter()
            .try_for_each(|line| writeln!(f, "    {line}"))?;
        self.prefixes.iter().try_for_each(|prefix| prefix.fmt(f))?;
        for route in &self.routes {
            writeln!(f, "    route {} {{", route.to)?;
            writeln!(
                f,
                "        AdvRoutePreference {};",
                route.adv_route_preference
            )?;
            writeln!(f, "    }};")?;
        }
        if let Some(rdnss) = &self.rdnss {
            let servers: Vec<String> = rdnss.servers.iter().map(Ipv6Addr::to_string).collect();
            writeln!(f, "    RDNSS {} {{", servers.join(" "))?;
            writeln!(
                f,
                "        AdvRDNSSLifetime {};",
                rdnss.adv_rdnss_lifetime.as_secs()
            )?;
            writeln!(f, "    }};")?;
        }
        if !self.dnssl.is_empty() {
            writeln!(f, "    DNSSL {} {{\n    }};", self.dnssl.join(" "))?;
        }
        writeln!(f, "}};")
    }
}

impl fmt::Display for RadvdConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.interfaces
            .iter()
            .try_for_each(|interface| interface.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn prints_what_radvd_reads() {
        let route = RadvdRoute {
            to: cidr("2001:db8:2::/48"),
            adv_route_preference: Preference::High,
        };
        let lan = RadvdInterface {
            routes: vec![route],
            adv_link_mtu: Some(1492),
            dnssl: vec!["example.org".to_owned()],
            extra: vec!["AdvSourceLLAddress on;".to_owned()],
            ..RadvdInterface::new("eth1")
        };
        let lan = lan
            .prefix(cidr("2001:db8:1::/64"))
            .rdnss([Ipv6Addr::LOCALHOST]);
        let config = RadvdConfig::new().interface(lan);
        assert_eq!(config.problems(), [""; 0]);
        insta::assert_snapshot!(config);
    }

    #[test]
    fn impossible_values_are_named() {
        let lan = || RadvdInterface::new("eth1");
        let seconds = Duration::from_secs;
        let short = Prefix {
            adv_valid_lifetime: seconds(1),
            ..Prefix::new(cidr("fd00::/64"))
        };
        let interfaces = [
            RadvdInterface::new("a b"),
            RadvdInterface {
                max_rtr_adv_interval: seconds(250),
                ..lan()
            },
            RadvdInterface {
                adv_default_lifetime: seconds(9001),
                ..lan()
            },
            RadvdInterface {
                adv_link_mtu: Some(1279),
                ..lan()
            },
            RadvdInterface {
                prefixes: vec![short],
                ..lan()
            },
            lan().prefix(cidr("fd00::/65")),
            lan().prefix(cidr("fd00::1/64")),
            lan().rdnss([]),
        ];
        for interface in interfaces {
            let problems = RadvdConfig::new().interface(interface).problems();
            assert_eq!(problems.len(), 1, "{problems:?}");
        }
        assert_eq!(RadvdConfig::new().problems().len(), 1);
    }
}
