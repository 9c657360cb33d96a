//! `chrony.conf` as a value.

use std::fmt;

/// What chronyd keeps.
pub(super) const STATE: &str = "/var/lib/chrony";
/// Where it is spoken to.
pub(super) const RUN: &str = "/run/chrony";

/// A server, or a name that stands for several (`chrony.conf(5)`, `server` and `pool`).
///
/// ```
/// use distill_services::chronyd::Source;
///
/// let source = Source::new("ntp.example.org").prefer().option("maxsamples 16");
/// assert_eq!(source.to_string(), "ntp.example.org iburst prefer maxsamples 16");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name or address.
    pub address: String,
    /// `iburst`: asked four to eight times at once when it is first reached, on unless taken away.
    pub iburst: bool,
    /// `prefer`: better than the others, if it is right.
    pub prefer: bool,
    /// `offline`: not asked until `chronyc online` says so.
    pub offline: bool,
    /// `minpoll`: the shortest time between questions, as a power of two seconds.
    pub minpoll: Option<i8>,
    /// `maxpoll`: the longest time between questions, as a power of two seconds.
    pub maxpoll: Option<i8>,
    /// Further options with their values.
    pub extra: Vec<String>,
}

impl Source {
    /// What is asked at this name or address.
    pub fn new(address: impl Into<String>) -> Source {
        Source {
            address: address.into(),
            iburst: true,
            prefer: false,
            offline: false,
            minpoll: None,
            maxpoll: None,
            extra: Vec::new(),
        }
    }

    /// The same, better than the others.
    pub fn prefer(self) -> Source {
        Source {
            prefer: true,
            ..self
        }
    }

    /// The same, not asked until `chronyc online` says so.
    pub fn offline(self) -> Source {
        Source {
            offline: true,
            ..self
        }
    }

    /// The same, asked every 2^`min` to 2^`max` seconds: from -7 to 24.
    pub fn poll(self, min: i8, max: i8) -> Source {
        Source {
            minpoll: Some(min),
            maxpoll: Some(max),
            ..self
        }
    }

    /// The same with another option and its value.
    pub fn option(mut self, option: impl Into<String>) -> Source {
        self.extra.push(option.into());
        self
    }

    fn problems(&self) -> Vec<String> {
        let address = &self.address;
        let mut problems = Vec::new();
        if !is_word(address) {
            problems.push(format!(
                "server, pool: `{address}` is neither a name nor an address"
            ));
        }
        // chrony.conf(5): 6 and 10 are the defaults.
        let (min, max) = (self.minpoll.unwrap_or(6), self.maxpoll.unwrap_or(10));
        for (name, poll) in [("minpoll", min), ("maxpoll", max)] {
            if !(-7..=24).contains(&poll) {
                problems.push(format!("{name}: {poll} is not between -7 and 24"));
            }
        }
        if self.minpoll.is_some() && self.maxpoll.is_some() && min > max {
            problems.push(format!("minpoll: {min} is above maxpoll {max}"));
        }
        for option in &self.extra {
            if option.contains('\n') {
                problems.push(format!("{address}: the option `{option}` is not one line"));
            }
            // The only one that this chrony would refuse for want of a library.
            if option.split_whitespace().any(|word| word == "nts") {
                problems.push(format!(
                    "{address}: `nts` needs GnuTLS, which this chrony is built without"
                ));
            }
        }
        problems
    }
}

impl<S: Into<String>> From<S> for Source {
    fn from(address: S) -> Source {
        Source::new(address)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)?;
        let flags = [
            ("iburst", self.iburst),
            ("prefer", self.prefer),
            ("offline", self.offline),
        ];
        for (name, _) in flags.iter().filter(|(_, on)| *on) {
            write!(f, " {name}")?;
        }
        for (name, poll) in [("minpoll", self.minpoll), ("maxpoll", self.maxpoll)] {
            if let Some(poll) = poll {
                write!(f, " {name} {poll}")?;
            }
        }
        self.extra
            .iter()
            .try_for_each(|option| write!(f, " {option}"))
    }
}

/// The daemon's configuration. Fields are named as in `chrony.conf(5)`; what is not here goes into
/// [`extra`](ChronyConfig::extra). There is no NTS: it needs `GnuTLS`, which this chrony is built without,
/// so that a server with `nts` is refused. Several servers protect against one that lies.
///
/// ```
/// use distill_services::chronyd::ChronyConfig;
///
/// // A server for a network that has no other.
/// let config = ChronyConfig {
///     allow: vec!["192.0.2.0/24".to_owned()],
///     local_stratum: Some(10),
///     ..ChronyConfig::new()
/// };
/// assert!(config.to_string().contains("local stratum 10\n"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ChronyConfig {
    /// `server`
    pub server: Vec<Source>,
    /// `pool`
    pub pool: Vec<Source>,
    /// `makestep`: the clock is set at once if it is wrong by more than so many seconds, and this is
    /// one of the first so many updates, or any, if there is no number; otherwise it is sped up or
    /// slowed down until it is right.
    pub makestep: Option<(f64, Option<u32>)>,
    /// `rtcsync`: the kernel sets the machine's own clock every 11 minutes.
    pub rtcsync: bool,
    /// `allow`: addresses, networks (`192.0.2.0/24`) or `all`, who may ask for the time. Without
    /// one, nobody may, and no port is open.
    pub allow: Vec<String>,
    /// `deny`: who may not, of those who may.
    pub deny: Vec<String>,
    /// `local stratum`: who asks is answered even when no server is in reach, as one so many steps
    /// from a true clock, 1 to 15.
    pub local_stratum: Option<u8>,
    /// `port`, where the time is told.
    pub port: u16,
    /// `cmdport`: the UDP port of the machine's own address where `chronyc` is answered, or none;
    /// root needs none.
    pub cmdport: Option<u16>,
    /// `leapsectz`, `log`, `maxdistance` and so on, with their values, at the end.
    pub extra: Vec<(String, String)>,
}

impl Default for ChronyConfig {
    /// The time of the servers of `pool.ntp.org`.
    fn default() -> ChronyConfig {
        ChronyConfig::new().pool("pool.ntp.org")
    }
}

impl ChronyConfig {
    /// No server yet. The clock is set in the first three updates, if it is wrong by more than a
    /// second.
    pub fn new() -> ChronyConfig {
        ChronyConfig {
            server: Vec::new(),
            pool: Vec::new(),
            makestep: Some((1.0, Some(3))),
            rtcsync: true,
            allow: Vec::new(),
            deny: Vec::new(),
            local_stratum: None,
            port: 123,
            cmdport: None,
            extra: Vec::new(),
        }
    }

    /// The same with another server.
    pub fn server(mut self, server: impl Into<Source>) -> ChronyConfig {
        self.server.push(server.into());
        self
    }

    /// The same with a name that stands for several servers, of which up to four are asked.
    pub fn pool(mut self, pool: impl Into<Source>) -> ChronyConfig {
        self.pool.push(pool.into());
        self
    }

    /// The same, telling the time to an address, a network or `all`.
    pub fn allow(mut self, subnet: impl Into<String>) -> ChronyConfig {
        self.allow.push(subnet.into());
        self
    }

    /// The same with another option.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> ChronyConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The ports that it listens on.
    pub(super) fn ports(&self) -> impl Iterator<Item = String> {
        let time = (!self.allow.is_empty() && self.port != 0).then_some(self.port);
        let time = time.map(|port| format!("udp/{port}"));
        let orders = |port| ["127.0.0.1", "[::1]"].map(|address| format!("udp/{address}:{port}"));
        time.into_iter()
            .chain(self.cmdport.into_iter().flat_map(orders))
    }

    /// What chronyd would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let sources = self.server.iter().chain(&self.pool);
        let mut problems: Vec<String> = sources.flat_map(Source::problems).collect();
        if let Some((threshold, limit)) = self.makestep {
            if !threshold.is_finite() || threshold < 0.0 {
                problems.push(format!("makestep: {threshold} is not a number of seconds"));
            }
            if limit == Some(0) {
                problems.push("makestep: in the first 0 updates is never".to_owned());
            }
        }
        for (name, subnets) in [("allow", &self.allow), ("deny", &self.deny)] {
            for subnet in subnets.iter().filter(|subnet| !is_word(subnet)) {
                problems.push(format!(
                    "{name}: `{subnet}` is neither an address nor a network nor `all`"
                ));
            }
        }
        if let Some(stratum) = self.local_stratum
            && !(1..=15).contains(&stratum)
        {
            problems.push(format!("local stratum: {stratum} is not between 1 and 15"));
        }
        if self.cmdport == Some(0) {
            problems.push("cmdport: 0 is not a port".to_owned());
        }
        for (name, value) in &self.extra {
            if !is_word(name) || value.contains('\n') {
                problems.push(format!("`{name} {value}` is not an option with its value"));
            }
        }
        problems
    }
}

/// Whether something is one word to chronyd, and no comment.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['!', ';', '#', '%'])
        && text.chars().all(|c| c.is_ascii_graphic())
}

impl fmt::Display for ChronyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, sources) in [("server", &self.server), ("pool", &self.pool)] {
            sources
                .iter()
                .try_for_each(|source| writeln!(f, "{name} {source}"))?;
        }
        if let Some((threshold, limit)) = self.makestep {
            let limit = limit.map_or("-1".to_owned(), |limit| limit.to_string());
            writeln!(f, "makestep {threshold} {limit}")?;
        }
        writeln!(f, "driftfile {STATE}/drift")?;
        if self.rtcsync {
            writeln!(f, "rtcsync")?;
        }
        for (name, subnets) in [("allow", &self.allow), ("deny", &self.deny)] {
            subnets
                .iter()
                .try_for_each(|subnet| writeln!(f, "{name} {subnet}"))?;
        }
        if let Some(stratum) = self.local_stratum {
            writeln!(f, "local stratum {stratum}")?;
        }
        writeln!(f, "port {}", self.port)?;
        writeln!(f, "bindcmdaddress {RUN}/chronyd.sock")?;
        writeln!(f, "cmdport {}", self.cmdport.unwrap_or(0))?;
        writeln!(f, "pidfile {RUN}/chronyd.pid")?;
        self.extra
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_chronyd_reads() {
        let config = ChronyConfig {
            makestep: Some((0.5, None)),
            local_stratum: Some(10),
            deny: vec!["192.0.2.7".to_owned()],
            cmdport: Some(323),
            ..ChronyConfig::new()
        };
        let config = config
            .server(Source::new("192.0.2.1").prefer().poll(2, 6))
            .pool(Source::new("pool.ntp.org").offline().option("maxsources 3"))
            .allow("192.0.2.0/24")
            .option("maxdistance", "16");
        insta::assert_snapshot!(config);
        assert_eq!(config.problems(), [""; 0]);
        let ports: Vec<String> = config.ports().collect();
        assert_eq!(ports, ["udp/123", "udp/127.0.0.1:323", "udp/[::1]:323"]);
    }

    #[test]
    fn without_clients_no_port_is_open() {
        let config = ChronyConfig::new().server("192.0.2.1");
        assert_eq!(config.ports().count(), 0);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = ChronyConfig {
            makestep: Some((f64::NAN, Some(0))),
            local_stratum: Some(16),
            cmdport: Some(0),
            ..ChronyConfig::new()
        };
        let bad = bad
            .server("two words")
            .server(Source::new("a").poll(8, 25))
            .server(Source::new("b").poll(8, 6))
            .pool(Source::new("c").option("nts"))
            .allow("# everybody")
            .option("log", "tracking\nallow all");
        insta::assert_snapshot!(bad.problems().join("\n"));
    }
}
