//! `unbound.conf` as a value.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The keys that the root is signed with.
pub(super) const ANCHOR: &str = "/etc/unbound/root.anchor";
/// The socket where unbound takes orders.
pub(super) const CONTROL: &str = "/run/unbound/control";
/// Who it runs as.
pub(super) const USER: &str = "unbound";

/// What somebody who asks gets (`unbound.conf(5)`, `access-control`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessControl {
    /// Answers.
    Allow,
    /// Answers, also to questions that are not to be resolved (for looking into the cache).
    AllowSnoop,
    /// An error.
    Refuse,
    /// Silence.
    Deny,
}

impl fmt::Display for AccessControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AccessControl::Allow => "allow",
            AccessControl::AllowSnoop => "allow_snoop",
            AccessControl::Refuse => "refuse",
            AccessControl::Deny => "deny",
        })
    }
}

/// A part of the name space that particular servers are asked about.
///
/// ```
/// use distill_services::unbound::Zone;
///
/// let internal = Zone::new("corp.example", ["10.0.0.53"]).insecure();
/// let everything = Zone::new(".", ["192.0.2.53@5353"]);
/// # let _ = (internal, everything);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// `name`: the zone; `.` is everything.
    pub name: String,
    /// `forward-addr` or `stub-addr`: addresses, with `@PORT` if the port is not 53.
    pub addresses: Vec<String>,
    /// `forward-tls-upstream`, `stub-tls-upstream`: asked over TLS; `ADDRESS@853#NAME` says who must answer.
    pub tls: bool,
    /// `domain-insecure`: what is in it is not validated, since its parent does not vouch for it.
    pub insecure: bool,
}

impl Zone {
    /// A zone, and the addresses of its servers.
    pub fn new<A: Into<String>>(
        name: impl Into<String>,
        addresses: impl IntoIterator<Item = A>,
    ) -> Zone {
        Zone {
            name: name.into(),
            addresses: addresses.into_iter().map(Into::into).collect(),
            tls: false,
            insecure: false,
        }
    }

    /// The same, asked over TLS. Whose certificates are believed says `tls-cert-bundle`.
    pub fn tls(self) -> Zone {
        Zone { tls: true, ..self }
    }

    /// The same, not validated: for a private zone whose parent knows nothing of it.
    pub fn insecure(self) -> Zone {
        Zone {
            insecure: true,
            ..self
        }
    }

    fn problems(&self, kind: &str) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        if !is_name(name) {
            problems.push(format!("{kind}-zone: `{name}` is not the name of a zone"));
        }
        if self.addresses.is_empty() {
            problems.push(format!("{kind}-zone: `{name}` has no {kind}-addr"));
        }
        for address in &self.addresses {
            if !is_server(address) {
                problems.push(format!(
                    "{kind}-addr: `{address}` is not an address, or one with `@PORT`"
                ));
            }
        }
        problems
    }
}

/// The server's configuration. Fields are named as in `unbound.conf(5)`; what is not here goes into
/// [`extra`](UnboundConfig::extra).
///
/// ```
/// use distill_services::unbound::{UnboundConfig, Zone};
///
/// let config = UnboundConfig {
///     num_threads: 2,
///     local_data: vec!["printer.lan. IN A 192.0.2.9".to_owned()],
///     ..UnboundConfig::new()
/// }
/// .stub_zone(Zone::new("corp.example", ["10.0.0.53"]).insecure())
/// .option("cache-max-ttl", "3600");
/// assert!(config.to_string().contains("num-threads: 2\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnboundConfig {
    /// `interface`: the addresses of the machine that it listens on; the unspecified address
    /// (`0.0.0.0`, `::`) is all.
    pub interface: Vec<IpAddr>,
    /// `port`
    pub port: u16,
    /// `access-control`: networks, and what whoever asks from there gets; the most specific counts.
    /// Whoever is not named is refused, but for the machine itself.
    pub access_control: Vec<(String, AccessControl)>,
    /// `num-threads`
    pub num_threads: u32,
    /// `msg-cache-size`, in MiB.
    pub msg_cache_size: u32,
    /// `rrset-cache-size`, in MiB; unbound's manual advises twice the former.
    pub rrset_cache_size: u32,
    /// `prefetch`: what is asked often is asked anew before it is too old.
    pub prefetch: bool,
    /// `qname-minimisation`: no server is told more of a name than it needs to know.
    pub qname_minimisation: bool,
    /// Whether answers are validated from the root's keys on (`trust-anchor-file`).
    pub validate: bool,
    /// `private-address`: networks that no name from outside may lead to, against rebinding.
    pub private_address: Vec<String>,
    /// `local-data`: records of our own, such as `printer.lan. IN A 192.0.2.9`.
    pub local_data: Vec<String>,
    /// `stub-zone`: zones whose own servers are these.
    pub stub_zone: Vec<Zone>,
    /// `forward-zone`: zones that other resolvers are asked about.
    pub forward_zone: Vec<Zone>,
    /// Further options of `server:` with their values; texts in quotes.
    pub extra: Vec<(String, String)>,
}

impl Default for UnboundConfig {
    fn default() -> UnboundConfig {
        UnboundConfig::new()
    }
}

impl UnboundConfig {
    /// A validating resolver for the machine itself.
    pub fn new() -> UnboundConfig {
        UnboundConfig {
            interface: vec![IpAddr::from([127, 0, 0, 1])],
            port: 53,
            access_control: Vec::new(),
            num_threads: 1,
            msg_cache_size: 16,
            rrset_cache_size: 32,
            prefetch: true,
            qname_minimisation: true,
            validate: true,
            private_address: Vec::new(),
            local_data: Vec::new(),
            stub_zone: Vec::new(),
            forward_zone: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The same, listening on another address of the machine, for those of a network. What is no
    /// address is a finding.
    pub fn serve(mut self, interface: &str, network: impl Into<String>) -> UnboundConfig {
        match interface.parse() {
            Ok(address) => self.interface.push(address),
            // Reported with the others.
            Err(_) => self.extra.push((String::new(), interface.to_owned())),
        }
        self.allow(network)
    }

    /// The same, answering those of a network.
    pub fn allow(mut self, network: impl Into<String>) -> UnboundConfig {
        self.access_control
            .push((network.into(), AccessControl::Allow));
        self
    }

    /// The same; a zone's own servers are these.
    pub fn stub_zone(mut self, zone: Zone) -> UnboundConfig {
        self.stub_zone.push(zone);
        self
    }

    /// The same; other resolvers are asked about a zone.
    pub fn forward_zone(mut self, zone: Zone) -> UnboundConfig {
        self.forward_zone.push(zone);
        self
    }

    /// The same with another option of `server:`.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> UnboundConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// What it listens on with this protocol.
    pub(super) fn listens(&self, protocol: &str) -> Vec<String> {
        let on = |address: &IpAddr| format!("{protocol}/{}", SocketAddr::new(*address, self.port));
        self.interface.iter().map(on).collect()
    }

    fn zones(&self) -> impl Iterator<Item = (&'static str, &Zone)> {
        let stubs = self.stub_zone.iter().map(|zone| ("stub", zone));
        stubs.chain(self.forward_zone.iter().map(|zone| ("forward", zone)))
    }

    /// What unbound would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.interface.is_empty() {
            problems.push("interface: it listens on no address".to_owned());
        }
        for (name, value) in [
            ("port", u32::from(self.port)),
            ("num-threads", self.num_threads),
            ("msg-cache-size", self.msg_cache_size),
            ("rrset-cache-size", self.rrset_cache_size),
        ] {
            if value == 0 {
                problems.push(format!("{name}: 0 is too small"));
            }
        }
        let networks = self.access_control.iter().map(|(network, _)| network);
        let networks = networks.map(|network| ("access-control", network));
        let private = self.private_address.iter();
        for (name, network) in networks.chain(private.map(|network| ("private-address", network))) {
            if !is_network(network) {
                problems.push(format!(
                    "{name}: `{network}` is not a network such as 192.0.2.0/24"
                ));
            }
        }
        for data in self
            .local_data
            .iter()
            .filter(|data| data.contains(['\n', '\'', '"']))
        {
            problems.push(format!(
                "local-data: `{data}` has quotes or is not one line"
            ));
        }
        problems.extend(self.zones().flat_map(|(kind, zone)| zone.problems(kind)));
        for (name, value) in &self.extra {
            if name.is_empty() {
                problems.push(format!("interface: `{value}` is not an address"));
            } else if !name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                || value.contains('\n')
            {
                problems.push(format!("`{name}: {value}` is not an option with its value"));
            }
        }
        problems
    }
}

/// Whether something is a network with the length of its prefix.
fn is_network(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse::<IpAddr>().is_ok();
    };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most)
}

/// Whether something is `ADDRESS`, `ADDRESS@PORT` or `ADDRESS@PORT#NAME`.
fn is_server(text: &str) -> bool {
    let (text, name) = text.split_once('#').unwrap_or((text, "."));
    let (address, port) = text.split_once('@').unwrap_or((text, "53"));
    let port = port.parse::<u16>().is_ok_and(|port| port != 0);
    address.parse::<IpAddr>().is_ok() && port && is_name(name)
}

/// Whether something can be the name of a zone.
fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 254 && text.chars().all(letter)
}

impl fmt::Display for UnboundConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        writeln!(f, "server:")?;
        for address in &self.interface {
            writeln!(f, "    interface: {address}")?;
        }
        writeln!(f, "    port: {}", self.port)?;
        for (network, what) in &self.access_control {
            writeln!(f, "    access-control: {network} {what}")?;
        }
        for (name, value) in [
            ("username", format!("\"{USER}\"")),
            ("chroot", "\"\"".to_owned()),
            ("directory", "\"/\"".to_owned()),
            ("logfile", "\"\"".to_owned()),
            ("use-syslog", "no".to_owned()),
            ("num-threads", self.num_threads.to_string()),
            ("msg-cache-size", format!("{}m", self.msg_cache_size)),
            ("rrset-cache-size", format!("{}m", self.rrset_cache_size)),
            ("prefetch", yes(self.prefetch).to_owned()),
            (
                "qname-minimisation",
                yes(self.qname_minimisation).to_owned(),
            ),
            ("hide-identity", "yes".to_owned()),
            ("hide-version", "yes".to_owned()),
        ] {
            writeln!(f, "    {name}: {value}")?;
        }
        if self.validate {
            writeln!(f, "    trust-anchor-file: \"{ANCHOR}\"")?;
        }
        for network in &self.private_address {
            writeln!(f, "    private-address: {network}")?;
        }
        for (_, zone) in self.zones().filter(|(_, zone)| zone.insecure) {
            writeln!(f, "    domain-insecure: \"{}\"", zone.name)?;
        }
        // Some private zones it answers itself, with nothing, unless told otherwise.
        for (_, zone) in self.zones().filter(|(_, zone)| zone.name != ".") {
            writeln!(f, "    local-zone: \"{}\" transparent", zone.name)?;
        }
        for data in &self.local_data {
            writeln!(f, "    local-data: '{data}'")?;
        }
        for (name, value) in &self.extra {
            writeln!(f, "    {name}: {value}")?;
        }
        for (kind, zone) in self.zones() {
            writeln!(f, "{kind}-zone:\n    name: \"{}\"", zone.name)?;
            for address in &zone.addresses {
                writeln!(f, "    {kind}-addr: {address}")?;
            }
            if zone.tls {
                writeln!(f, "    {kind}-tls-upstream: yes")?;
            }
        }
        writeln!(
            f,
            "remote-control:\n    control-enable: yes\n    control-interface: \"{CONTROL}\"\n    control-use-cert: no"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_unbound_reads() {
        let config = UnboundConfig {
            local_data: vec!["printer.lan. IN A 192.0.2.9".to_owned()],
            private_address: vec!["10.0.0.0/8".to_owned()],
            ..UnboundConfig::new()
        };
        let config = config
            .serve("192.0.2.1", "192.0.2.0/24")
            .stub_zone(Zone::new("corp.example", ["10.0.0.53@5353"]).insecure())
            .forward_zone(Zone::new(".", ["192.0.2.53@853#dns.example"]).tls())
            .option("cache-max-ttl", "3600");
        insta::assert_snapshot!(config);
        assert_eq!(config.problems(), [""; 0]);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = UnboundConfig {
            interface: Vec::new(),
            port: 0,
            local_data: vec!["a. IN TXT 'b'".to_owned()],
            ..UnboundConfig::new()
        };
        let bad = bad
            .serve("eth0", "192.0.2.0/33")
            .stub_zone(Zone::new("a b", ["ns.example"]))
            .forward_zone(Zone::new(".", [""; 0]))
            .option("Server:", "x");
        insta::assert_snapshot!(bad.problems().join("\n"));
    }
}
