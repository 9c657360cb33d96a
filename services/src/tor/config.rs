//! `torrc` as a value.

use std::fmt;
use std::net::SocketAddr;

/// What tor keeps.
pub(super) const STATE: &str = "/var/lib/tor";
/// The socket where it takes orders.
pub(super) const CONTROL: &str = "/run/tor/control";
/// Who it runs as.
pub(super) const USER: &str = "tor";

/// A service that is reached through the network by a name ending in `.onion`, which stands in
/// `/var/lib/tor/onion/NAME/hostname`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnionService {
    /// What it is called here: letters, digits, `-` and `_`.
    pub name: String,
    /// `HiddenServicePort`: ports of the service, and where each leads to (`ADDRESS:PORT`).
    pub ports: Vec<(u16, String)>,
    /// Further options that begin with `HiddenService`, with their values.
    pub extra: Vec<(String, String)>,
}

impl OnionService {
    /// A service without ports yet.
    pub fn new(name: impl Into<String>) -> OnionService {
        OnionService {
            name: name.into(),
            ports: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The same; its port `port` leads to `target`, an address with a port.
    pub fn port(mut self, port: u16, target: impl Into<String>) -> OnionService {
        self.ports.push((port, target.into()));
        self
    }

    /// The same with another option, such as `HiddenServiceMaxStreams`.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> OnionService {
        self.extra.push((name.into(), value.into()));
        self
    }

    fn problems(&self) -> Vec<String> {
        let name = &self.name;
        let mut problems = Vec::new();
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(letter) {
            problems.push(format!(
                "HiddenServiceDir: `{name}` has other characters than letters, digits, `-` and `_`"
            ));
        }
        if self.ports.is_empty() {
            problems.push(format!("HiddenServicePort: `{name}` has none"));
        }
        for (port, target) in &self.ports {
            let valid = target
                .parse::<SocketAddr>()
                .is_ok_and(|target| target.port() != 0);
            if *port == 0 || !valid {
                problems.push(format!(
                    "HiddenServicePort: `{port} {target}` is not a port, and an address with a port"
                ));
            }
        }
        for (option, value) in &self.extra {
            if !option.starts_with("HiddenService") || !is_option(option, value) {
                problems.push(format!(
                    "`{option} {value}` is not an option of an onion service with its value"
                ));
            }
        }
        problems
    }
}

/// What leaves the network at a relay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ExitPolicy {
    /// Nothing.
    #[default]
    None,
    /// What these lines of `ExitPolicy` let out, the first that fits: `accept *:443`, `reject *:*`.
    /// Whose machine it is answers for what others do.
    Lines(Vec<String>),
}

/// What a relay is told (`tor(1)`, server options).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// `Nickname`: 1 to 19 letters and digits.
    pub nickname: String,
    /// `ContactInfo`: whom to write to when something is wrong with it; everybody can read it.
    pub contact_info: String,
    /// `ORPort`, which everybody must be able to reach.
    pub or_port: u16,
    /// `RelayBandwidthRate`, in KiB a second; as much as there is, if nothing is said.
    pub relay_bandwidth_rate: Option<u32>,
    /// `AccountingMax`, in GiB a month; without end, if nothing is said.
    pub accounting_max: Option<u32>,
    /// `BridgeRelay`: not listed, for those who may not use the network.
    pub bridge: bool,
    /// What leaves the network here.
    pub exit_policy: ExitPolicy,
}

impl Relay {
    /// A relay in the middle of the network, on port 9001, with as much as there is.
    pub fn new(nickname: impl Into<String>, contact_info: impl Into<String>) -> Relay {
        Relay {
            nickname: nickname.into(),
            contact_info: contact_info.into(),
            or_port: 9001,
            relay_bandwidth_rate: None,
            accounting_max: None,
            bridge: false,
            exit_policy: ExitPolicy::None,
        }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let nickname = &self.nickname;
        if !(1..=19).contains(&nickname.len())
            || !nickname.chars().all(|c| c.is_ascii_alphanumeric())
        {
            problems.push(format!(
                "Nickname: `{nickname}` is not 1 to 19 letters and digits"
            ));
        }
        if self.contact_info.trim().is_empty() || !is_line(&self.contact_info) {
            problems.push(format!(
                "ContactInfo: `{}` is not one line that says whom to write to",
                self.contact_info
            ));
        }
        if self.or_port == 0 {
            problems.push("ORPort: 0 is not a port".to_owned());
        }
        // tor's own limit for a relay: 75 KB a second.
        if let Some(rate) = self.relay_bandwidth_rate
            && rate < 75
        {
            problems.push(format!(
                "RelayBandwidthRate: {rate} KiB is less than 75 KiB"
            ));
        }
        if self.accounting_max == Some(0) {
            problems.push("AccountingMax: 0 is too small".to_owned());
        }
        if let ExitPolicy::Lines(lines) = &self.exit_policy {
            let begins = |line: &String| line.starts_with("accept") || line.starts_with("reject");
            for line in lines.iter().filter(|line| !begins(line) || !is_line(line)) {
                problems.push(format!("ExitPolicy: `{line}` neither accepts nor rejects"));
            }
        }
        problems
    }
}

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Nickname {}", self.nickname)?;
        writeln!(f, "ContactInfo {}", self.contact_info)?;
        writeln!(f, "ORPort {}", self.or_port)?;
        if let Some(rate) = self.relay_bandwidth_rate {
            writeln!(f, "RelayBandwidthRate {rate} KBytes")?;
        }
        if let Some(max) = self.accounting_max {
            writeln!(
                f,
                "AccountingStart month 1 00:00\nAccountingMax {max} GBytes"
            )?;
        }
        if self.bridge {
            writeln!(f, "BridgeRelay 1")?;
        }
        match &self.exit_policy {
            ExitPolicy::None => writeln!(f, "ExitRelay 0\nExitPolicy reject *:*"),
            ExitPolicy::Lines(lines) => {
                writeln!(f, "ExitRelay 1")?;
                lines
                    .iter()
                    .try_for_each(|line| writeln!(f, "ExitPolicy {line}"))
            }
        }
    }
}

/// The daemon's configuration. Fields are named as in `tor(1)`; what is not here goes into
/// [`extra`](TorConfig::extra).
///
/// ```
/// use distill_services::tor::{Relay, TorConfig};
///
/// let client = TorConfig::new();
/// assert!(client.to_string().contains("SocksPort 127.0.0.1:9050\n"));
/// let relay = TorConfig::relay(Relay::new("example", "admin@example.org"));
/// assert!(relay.to_string().contains("SocksPort 0\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorConfig {
    /// `SocksPort`: where clients are taken in; nowhere, if there is none.
    pub socks_port: Vec<SocketAddr>,
    /// What a relay is told, if it is one.
    pub relay: Option<Relay>,
    /// The onion services.
    pub onion_services: Vec<OnionService>,
    /// Further options with their values, such as `SocksPolicy` or `UseBridges`.
    pub extra: Vec<(String, String)>,
}

impl Default for TorConfig {
    fn default() -> TorConfig {
        TorConfig::new()
    }
}

impl TorConfig {
    /// A client for the machine itself, at port 9050.
    pub fn new() -> TorConfig {
        TorConfig {
            socks_port: vec![SocketAddr::from(([127, 0, 0, 1], 9050))],
            relay: None,
            onion_services: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// A relay, which is no client.
    pub fn relay(relay: Relay) -> TorConfig {
        TorConfig {
            socks_port: Vec::new(),
            relay: Some(relay),
            ..TorConfig::new()
        }
    }

    /// The same in front of another onion service.
    pub fn onion_service(mut self, service: OnionService) -> TorConfig {
        self.onion_services.push(service);
        self
    }

    /// The same with another option.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> TorConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The ports that it listens on.
    pub(super) fn ports(&self) -> Vec<String> {
        let socks = self.socks_port.iter().map(ToString::to_string);
        let relay = self.relay.iter().map(|relay| relay.or_port.to_string());
        socks
            .chain(relay)
            .map(|port| format!("tcp/{port}"))
            .collect()
    }

    /// What tor would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.socks_port.iter().any(|address| address.port() == 0) {
            problems.push("SocksPort: 0 is not a port\nhint: for none, leave it out".to_owned());
        }
        if self.socks_port.is_empty() && self.relay.is_none() && self.onion_services.is_empty() {
            problems
                .push("SocksPort: neither a client nor a relay nor an onion service".to_owned());
        }
        problems.extend(self.relay.iter().flat_map(Relay::problems));
        problems.extend(self.onion_services.iter().flat_map(OnionService::problems));
        for (at, service) in self.onion_services.iter().enumerate() {
            if self.onion_services[..at]
                .iter()
                .any(|other| other.name == service.name)
            {
                problems.push(format!(
                    "HiddenServiceDir: there is another `{}`",
                    service.name
                ));
            }
        }
        for (name, value) in &self.extra {
            if name.starts_with("HiddenService") || !is_option(name, value) {
                problems.push(format!("`{name} {value}` is not an option with its value"));
            }
        }
        problems
    }
}

fn is_option(name: &str, value: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && is_line(value)
}

/// Whether tor takes something as one line: no break in it, and none taken away at its end.
fn is_line(text: &str) -> bool {
    !text.contains(['\n', '\r', '\0', '#']) && !text.ends_with('\\')
}

impl fmt::Display for TorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "User {USER}\nDataDirectory {STATE}")?;
        writeln!(f, "ControlSocket {CONTROL}\nControlSocketsGroupWritable 1")?;
        writeln!(f, "Log notice stdout")?;
        match self.socks_port.as_slice() {
            [] => writeln!(f, "SocksPort 0")?,
            ports => ports
                .iter()
                .try_for_each(|port| writeln!(f, "SocksPort {port}"))?,
        }
        if let Some(relay) = &self.relay {
            write!(f, "{relay}")?;
        }
        // Before the onion services: their options belong to the one above.
        for (name, value) in &self.extra {
            writeln!(f, "{name} {value}")?;
        }
        for service in &self.onion_services {
            writeln!(f, "HiddenServiceDir {STATE}/onion/{}", service.name)?;
            for (port, target) in &service.ports {
                writeln!(f, "HiddenServicePort {port} {target}")?;
            }
            for (name, value) in &service.extra {
                writeln!(f, "{name} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_tor_reads() {
        let relay = Relay {
            relay_bandwidth_rate: Some(1024),
            accounting_max: Some(500),
            exit_policy: ExitPolicy::Lines(vec!["accept *:443".into(), "reject *:*".into()]),
            ..Relay::new("example", "admin@example.org")
        };
        let config = TorConfig {
            relay: Some(relay),
            ..TorConfig::new()
        };
        let web = OnionService::new("web")
            .port(80, "127.0.0.1:8080")
            .option("HiddenServiceMaxStreams", "20");
        let config = config.onion_service(web).option("SafeLogging", "1");
        insta::assert_snapshot!(config);
        assert_eq!(config.problems(), [""; 0]);
        assert_eq!(config.ports(), ["tcp/127.0.0.1:9050", "tcp/9001"]);
    }

    #[test]
    fn impossible_values_are_named() {
        let relay = Relay {
            relay_bandwidth_rate: Some(10),
            or_port: 0,
            exit_policy: ExitPolicy::Lines(vec!["allow *:*".into()]),
            ..Relay::new("not one word", "")
        };
        let bad = TorConfig::relay(relay)
            .onion_service(OnionService::new("a/b").port(80, "8080"))
            .onion_service(OnionService::new("c").option("SocksPort", "1"))
            .onion_service(OnionService::new("c").port(1, "127.0.0.1:1"))
            .option("HiddenServiceDir", "/x");
        insta::assert_snapshot!(bad.problems().join("\n"));
        let idle = TorConfig {
            socks_port: Vec::new(),
            ..TorConfig::new()
        };
        assert_eq!(idle.problems().len(), 1);
    }
}
