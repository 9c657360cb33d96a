//! `OpenNTPD`: sets the clock and keeps it.

use std::fmt;

use distill::execline;
use distill::system::{Directory, File, Service, User};

const CONFIG: &str = "/etc/ntpd.conf";
const AWAIT: &str = "/usr/libexec/distill/await-route";

/// `OpenNTPD`'s configuration. Fields are named as in `ntpd.conf(5)`; what is not here goes into
/// [`extra`](NtpConfig::extra). There are no constraints: they
/// need TLS, which this ntpd is built without, so that a line with one is refused.
///
/// ```
/// use distill_services::ntpd::NtpConfig;
///
/// let config = NtpConfig::new().server("192.0.2.1").servers("pool.ntp.org");
/// assert_eq!(config.to_string(), "server 192.0.2.1\nservers pool.ntp.org\n");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NtpConfig {
    /// `server`: names or addresses; of a name, one address is asked.
    pub server: Vec<String>,
    /// `servers`: names of which all addresses are asked.
    pub servers: Vec<String>,
    /// `sensor`: clocks of the machine, or `*`.
    pub sensor: Vec<String>,
    /// `listen on`: addresses where others are told the time, or `*`.
    pub listen_on: Vec<String>,
    /// Further lines.
    pub extra: Vec<String>,
}

impl NtpConfig {
    /// No server yet, and no clients.
    pub fn new() -> NtpConfig {
        NtpConfig::default()
    }

    /// The same with another server.
    pub fn server(mut self, server: impl Into<String>) -> NtpConfig {
        self.server.push(server.into());
        self
    }

    /// The same with a name of which all addresses are asked.
    pub fn servers(mut self, servers: impl Into<String>) -> NtpConfig {
        self.servers.push(servers.into());
        self
    }

    /// The same with another line.
    pub fn line(mut self, line: impl Into<String>) -> NtpConfig {
        self.extra.push(line.into());
        self
    }

    fn lists(&self) -> [(&'static str, &[String]); 4] {
        [
            ("listen on", &self.listen_on),
            ("server", &self.server),
            ("servers", &self.servers),
            ("sensor", &self.sensor),
        ]
    }

    /// What ntpd would not accept, or would understand as something else.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, values) in self.lists() {
            let word = |text: &&String| {
                !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && c != '#')
            };
            for value in values.iter().filter(|value| !word(value)) {
                problems.push(format!("{name}: `{value}` is not one word"));
            }
        }
        if self.server.is_empty() && self.servers.is_empty() && self.sensor.is_empty() {
            problems.push("server, servers, sensor: nobody is there to tell the time".to_owned());
        }
        for line in &self.extra {
            if line.contains('\n') {
                problems.push(format!("`{line}` is not one line"));
            }
            if line.trim_start().starts_with("constraint") {
                problems.push(format!(
                    "`{line}`: constraints need TLS, which this ntpd is built without"
                ));
            }
        }
        problems
    }
}

impl fmt::Display for NtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, values) in self.lists() {
            values
                .iter()
                .try_for_each(|value| writeln!(f, "{name} {value}"))?;
        }
        self.extra.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// `OpenNTPD`. It starts when there is a way to somewhere, sets the clock if it is told the time
/// within 15 seconds (`ntpd(8)`, `-s`), and adjusts it slowly from then on. It is ready when it
/// answers `ntpctl`, which tells how good the clock is.
///
/// The network is spoken to by a process without any rights, in an empty directory. What is known
/// about the clock's drift lies on `/var`.
///
/// ```
/// use distill::system::System;
/// use distill_services::ntpd::{NtpConfig, ntpd};
/// use distill_services::var_mount;
///
/// let config = NtpConfig::new().servers("pool.ntp.org");
/// let system = System::new().service(var_mount()).service(ntpd(config));
/// # let _ = system;
/// ```
#[track_caller]
pub fn ntpd(config: NtpConfig) -> Service {
    let service = Service::longrun(
        "ntpd",
        execline! {
            fdmove -c 2 1
            if { #{AWAIT} }
            setpriv --nnp
            "/usr/sbin/ntpd" -d -s -f #{CONFIG}
        },
    )
    .package(distill_packages::openntpd)
    .after("var-mount")
    .user(User::system("ntpd").home("/var/empty"))
    // It may not be read by everybody.
    .file(File::new(CONFIG, config.to_string()).mode(0o600))
    .file(File::new(AWAIT, include_str!("await-route.sh")).mode(0o755))
    .directory(Directory::new("/var/empty"))
    .directory(Directory::new("/var/db"))
    .writes("/var/db/ntpd.drift")
    .writes("/run/ntpd.sock")
    .ready_when(execline! {
        redirfd -w 1 /dev/null
        ntpctl -s status
    });
    let listens = !config.listen_on.is_empty();
    service
        .ports(listens.then_some("udp/123"))
        .problems(config.problems())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_ntpd_reads() {
        let config = NtpConfig {
            sensor: vec!["*".to_owned()],
            listen_on: vec!["192.0.2.1".to_owned(), "::1".to_owned()],
            ..NtpConfig::new()
        };
        let config = config
            .server("192.0.2.2")
            .servers("pool.ntp.org")
            .line("server 192.0.2.3 weight 5");
        insta::assert_snapshot!(config);
        assert_eq!(config.problems(), [""; 0]);
        assert_eq!(ntpd(config).listens, ["udp/123"]);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = NtpConfig {
            listen_on: vec!["all of them".to_owned()],
            ..NtpConfig::new()
        };
        let bad = bad.line("constraints from \"https://www.example.org\"");
        insta::assert_snapshot!(bad.problems().join("\n"));
    }
}
