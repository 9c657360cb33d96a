//! `dhcpcd.conf` as a value.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use distill::package::Script;
use distill::system::File;

use super::interface::{Fallback, Interface, print_options};
use super::reason::Reason;
use crate::net::{Family, interface_problem};

/// What dhcpcd runs whenever something has happened.
pub(super) const HOOK: &str = "/usr/libexec/distill/dhcpcd";

/// What identifies the machine to DHCP servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duid {
    /// What the firmware calls the machine; else a number made once and kept on `/var`.
    #[default]
    Default,
    /// The address of a network card.
    Ll,
    /// The same with the time when it was made.
    Llt,
    /// What the firmware calls the machine.
    Uuid,
    /// Nothing but the address of the interface's card, as older clients do (`clientid ""`).
    HardwareAddress,
}

/// What the lower half of an address is that the machine gives itself (`slaac`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slaac {
    /// Stable in one network, another one elsewhere (RFC 7217).
    #[default]
    Private,
    /// The address of the network card.
    Hwaddr,
}

/// dhcpcd's configuration. Fields are named as in `dhcpcd.conf(5)`; what is not here goes into
/// [`extra`](DhcpcdConfig::extra), or for one interface into [`Interface::extra`].
///
/// ```
/// use distill::execline;
/// use distill_services::dhcpcd::{DhcpcdConfig, Fallback, Interface, Reason};
/// use distill_services::net::Cidr;
///
/// let fallback = Fallback {
///     ip_address: Cidr::new([192, 168, 1, 2], 24),
///     routers: vec![],
///     domain_name_servers: vec![],
/// };
/// let config = DhcpcdConfig::on(["eth0", "eth1"])
///     .interface("eth1", Interface { fallback: Some(fallback), ..Interface::default() })
///     .hook_for_reason(Reason::Bound, "hello", execline! {
///         importas -i address new_ip_address
///         echo "the address is" $address
///     });
/// assert!(config.to_string().contains("allowinterfaces eth0 eth1\n"));
/// ```
#[derive(Debug, Clone)]
pub struct DhcpcdConfig {
    /// `allowinterfaces`: names or shell patterns; all but the loopback, if there is none.
    pub allowinterfaces: Vec<String>,
    /// `denyinterfaces`
    pub denyinterfaces: Vec<String>,
    /// `duid`, or `clientid`.
    pub duid: Duid,
    /// `hostname`: what the machine is to be called; its own name, if that is empty; nothing is said
    /// to servers, if there is none.
    pub hostname: Option<String>,
    /// `option`: what servers are asked for.
    pub option: Vec<String>,
    /// `slaac`
    pub slaac: Slaac,
    /// Whether an interface that no server answers gives itself an address of 169.254.0.0/16
    /// (`noipv4ll`, if not).
    pub ipv4ll: bool,
    /// Whether addresses stay when dhcpcd ends.
    pub persistent: bool,
    /// `leasetime`, in whole seconds: what servers are asked for; what they choose, if there is none.
    pub leasetime: Option<Duration>,
    /// `reboot`, in whole seconds: how long it tries to get the last lease again before it asks for
    /// any.
    pub reboot: Duration,
    /// `waitip`: what the service has to have to be ready; any lease, if nothing is said.
    pub waitip: Option<Family>,
    /// After how many whole seconds the service counts as ready without a lease. (This is not an
    /// option of dhcpcd, whose `timeout` ends the attempt.)
    pub boot_timeout: Duration,
    /// What is special about single interfaces.
    pub interfaces: BTreeMap<String, Interface>,
    /// Other options and their values, for all interfaces.
    pub extra: Vec<(String, String)>,
    /// Scripts by reason and name.
    pub hooks: BTreeMap<(Reason, String), Script>,
}

impl Default for DhcpcdConfig {
    fn default() -> DhcpcdConfig {
        DhcpcdConfig::new()
    }
}

impl DhcpcdConfig {
    /// All interfaces: IPv4 and IPv6, addresses that say nothing of the network card, name servers.
    pub fn new() -> DhcpcdConfig {
        let option = [
            "domain_name_servers",
            "domain_name",
            "domain_search",
            "classless_static_routes",
            "interface_mtu",
            "rapid_commit",
        ];
        DhcpcdConfig {
            allowinterfaces: Vec::new(),
            denyinterfaces: Vec::new(),
            duid: Duid::default(),
            hostname: None,
            option: option.map(str::to_owned).into(),
            slaac: Slaac::default(),
            ipv4ll: false,
            persistent: true,
            leasetime: None,
            reboot: Duration::from_secs(5),
            waitip: None,
            boot_timeout: Duration::from_secs(30),
            interfaces: BTreeMap::new(),
            extra: Vec::new(),
            hooks: BTreeMap::new(),
        }
    }

    /// The same for these interfaces alone.
    pub fn on<N: Into<String>>(names: impl IntoIterator<Item = N>) -> DhcpcdConfig {
        DhcpcdConfig {
            allowinterfaces: names.into_iter().map(Into::into).collect(),
            ..DhcpcdConfig::new()
        }
    }

    /// The same with what is special about one interface.
    pub fn interface(mut self, name: impl Into<String>, interface: Interface) -> DhcpcdConfig {
        self.interfaces.insert(name.into(), interface);
        self
    }

    /// The same with another option; options without a value have an empty one.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> DhcpcdConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The same; `contents` runs as root whenever something has happened. The environment is that of
    /// `dhcpcd-run-hooks(8)`: `interface`, `new_ip_address` and so on. `name` tells hooks apart, and
    /// orders them.
    pub fn hook_for_reason(
        mut self,
        reason: Reason,
        name: impl Into<String>,
        contents: impl Into<Script>,
    ) -> DhcpcdConfig {
        self.hooks.insert((reason, name.into()), contents.into());
        self
    }

    #[track_caller]
    pub(super) fn hook_files(&self) -> Vec<File> {
        let mut files = Vec::new();
        for ((reason, name), script) in &self.hooks {
            let path = format!("/etc/dhcpcd/hooks/{reason}/{name}");
            files.push(File::script(path, script));
        }
        files
    }

    /// What dhcpcd would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let lists = [
            ("allowinterfaces", &self.allowinterfaces),
            ("denyinterfaces", &self.denyinterfaces),
            ("option", &self.option),
        ];
        let mut problems: Vec<String> = lists
            .into_iter()
            .flat_map(|(option, words)| words.iter().map(move |word| (option, word)))
            .filter(|(_, word)| word.is_empty() || word.contains(char::is_whitespace))
            .map(|(option, word)| format!("{option}: `{word}` is not one word"))
            .collect();
        if let Some(name) = self
            .hostname
            .as_ref()
            .filter(|name| name.contains(char::is_whitespace))
        {
            problems.push(format!("hostname: `{name}` is not one word"));
        }
        let pairs = self
            .interfaces
            .values()
            .flat_map(|interface| &interface.extra);
        for (name, value) in self.extra.iter().chain(pairs) {
            if !is_option(name) || value.contains('\n') {
                problems.push(format!("`{name} {value}` is not an option with its value"));
            }
        }
        for (name, interface) in &self.interfaces {
            problems.extend(interface_problem(name));
            problems.extend(
                interface
                    .ia_pd
                    .iter()
                    .filter_map(|to| interface_problem(to)),
            );
            problems.extend(interface.fallback.as_ref().and_then(Fallback::problem));
        }
        for (_, name) in self.hooks.keys() {
            if name.is_empty() || name.starts_with('.') || name.contains('/') {
                problems.push(format!("hook_for_reason: `{name}` cannot be a file's name"));
            }
        }
        problems
    }
}

fn is_option(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(inner)
}

impl fmt::Display for DhcpcdConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, words) in [
            ("allowinterfaces", &self.allowinterfaces),
            ("denyinterfaces", &self.denyinterfaces),
        ] {
            if !words.is_empty() {
                writeln!(f, "{name} {}", words.join(" "))?;
            }
        }
        writeln!(f, "script {HOOK}")?;
        f.write_str(match self.duid {
            Duid::Default => "duid\n",
            Duid::Ll => "duid ll\n",
            Duid::Llt => "duid llt\n",
            Duid::Uuid => "duid uuid\n",
            Duid::HardwareAddress => "clientid\n",
        })?;
        if let Some(name) = &self.hostname {
            writeln!(f, "{}", format!("hostname {name}").trim_end())?;
        }
        self.option
            .iter()
            .try_for_each(|option| writeln!(f, "option {option}"))?;
        writeln!(f, "require dhcp_server_identifier")?;
        f.write_str(match self.slaac {
            Slaac::Private => "slaac private\n",
            Slaac::Hwaddr => "slaac hwaddr\n",
        })?;
        f.write_str(if self.ipv4ll { "" } else { "noipv4ll\n" })?;
        f.write_str(if self.persistent { "persistent\n" } else { "" })?;
        if let Some(time) = self.leasetime {
            writeln!(f, "leasetime {}", time.as_secs())?;
        }
        writeln!(f, "reboot {}", self.reboot.as_secs())?;
        // It is never too late for a lease.
        writeln!(f, "timeout 0")?;
        if let Some(family) = self.waitip {
            writeln!(f, "env waitip={family}")?;
        }
        print_options(&self.extra, f)?;
        for (name, interface) in &self.interfaces {
            if let Some(fallback) = &interface.fallback {
                fallback.print(name, f)?;
            }
        }
        self.interfaces
            .iter()
            .try_for_each(|(name, interface)| interface.print(name, f))
    }
}

#[cfg(test)]
mod tests {
    use distill::execline;

    use super::*;
    use crate::net::Cidr;

    fn fallback(ip_address: Cidr) -> Interface {
        let fallback = Fallback {
            ip_address,
            routers: vec![[10, 0, 0, 1].into()],
            domain_name_servers: vec![],
        };
        Interface {
            fallback: Some(fallback),
            metric: Some(7),
            ..Interface::default()
        }
    }

    #[test]
    fn prints_what_dhcpcd_reads() {
        let wan = Interface {
            only: Some(Family::V6),
            ia_pd: vec!["eth2".to_owned(), "eth3".to_owned()],
            extra: vec![("ipv6rs".to_owned(), String::new())],
            ..Interface::default()
        };
        let config = DhcpcdConfig {
            hostname: Some(String::new()),
            waitip: Some(Family::V4),
            leasetime: Some(Duration::from_secs(60)),
            ..DhcpcdConfig::on(["eth*"])
        };
        let config = config
            .option("vendorclassid", "distill")
            .interface("eth0", wan)
            .interface("eth1", fallback(Cidr::new([10, 0, 0, 2], 8)));
        assert_eq!(config.problems(), [""; 0]);
        insta::assert_snapshot!(config);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = DhcpcdConfig {
            hostname: Some("two words".to_owned()),
            ..DhcpcdConfig::on(["eth0 eth1"])
        };
        let bad = bad
            .option("no-such", "")
            .interface("eth0", fallback(Cidr::new([10, 0, 0, 2], 33)))
            .interface("eth/0", Interface::default())
            .hook_for_reason(Reason::Bound, "../x", execline! { true });
        assert_eq!(bad.problems().len(), 6, "{:?}", bad.problems());
    }
}
