//! `sshd_config` as a value.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use distill::system::{File, PATH};

/// Where the host's own keys lie.
pub(super) const HOST_KEYS: &str = "/var/lib/sshd";
const AUTHORIZED_KEYS: &str = "/etc/ssh/authorized_keys";
const USER_CA: &str = "/etc/ssh/user_ca";

/// Where the host's own key lies.
pub(super) fn host_key() -> String {
    format!("{HOST_KEYS}/ssh_host_ed25519_key")
}

/// Whether and how root may log in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PermitRootLogin {
    /// With a key.
    #[default]
    ProhibitPassword,
    /// With a key that names the one command that it is for.
    ForcedCommandsOnly,
    /// Not at all.
    No,
}

impl fmt::Display for PermitRootLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PermitRootLogin::ProhibitPassword => "prohibit-password",
            PermitRootLogin::ForcedCommandsOnly => "forced-commands-only",
            PermitRootLogin::No => "no",
        })
    }
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of sshd_config(5)")]
pub enum LogLevel {
    Quiet,
    Fatal,
    Error,
    #[default]
    Info,
    Verbose,
    Debug,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_uppercase())
    }
}

/// The server's configuration. Fields are named as in `sshd_config(5)`; what is not here goes into
/// [`extra`](SshdConfig::extra). Passwords are off.
///
/// ```
/// use distill_services::sshd::{PermitRootLogin, SshdConfig};
///
/// let config = SshdConfig {
///     port: vec![2222],
///     permit_root_login: PermitRootLogin::No,
///     ..SshdConfig::new()
/// }
/// .option("Match", "User deploy")
/// .option("ForceCommand", "/usr/bin/deploy");
/// assert!(config.to_string().contains("PermitRootLogin no\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshdConfig {
    /// `Port`: 22, if there is none here and none in `listen_address`.
    pub port: Vec<u16>,
    /// `ListenAddress`: all addresses, if there is none.
    pub listen_address: Vec<String>,
    /// `PermitRootLogin`
    pub permit_root_login: PermitRootLogin,
    /// `AllowUsers`: everyone, if there is none.
    pub allow_users: Vec<String>,
    /// `AllowGroups`: everyone, if there is none.
    pub allow_groups: Vec<String>,
    /// `MaxAuthTries`
    pub max_auth_tries: u32,
    /// `LoginGraceTime`, in whole seconds.
    pub login_grace_time: Duration,
    /// `ClientAliveInterval`, in whole seconds; never, if it is zero.
    pub client_alive_interval: Duration,
    /// `ClientAliveCountMax`
    pub client_alive_count_max: u32,
    /// `AllowTcpForwarding`
    pub allow_tcp_forwarding: bool,
    /// `AllowAgentForwarding`
    pub allow_agent_forwarding: bool,
    /// `LogLevel`
    pub log_level: LogLevel,
    /// Whether files can be copied (`Subsystem sftp internal-sftp`).
    pub sftp: bool,
    /// Lines for `TrustedUserCAKeys`: whoever has a certificate of one of these may log in.
    pub trusted_user_ca_keys: Vec<String>,
    /// Users, and lines of their `authorized_keys`.
    pub authorized_keys: BTreeMap<String, Vec<String>>,
    /// Other options and their values, at the end and in this order, so that `Match` works. Of an
    /// option that stands twice, sshd takes the first.
    pub extra: Vec<(String, String)>,
}

impl Default for SshdConfig {
    fn default() -> SshdConfig {
        SshdConfig::new()
    }
}

impl SshdConfig {
    /// OpenSSH's defaults, without passwords and without forwarding the agent.
    pub fn new() -> SshdConfig {
        SshdConfig {
            port: Vec::new(),
            listen_address: Vec::new(),
            permit_root_login: PermitRootLogin::default(),
            allow_users: Vec::new(),
            allow_groups: Vec::new(),
            max_auth_tries: 6,
            login_grace_time: Duration::from_secs(120),
            client_alive_interval: Duration::ZERO,
            client_alive_count_max: 3,
            allow_tcp_forwarding: true,
            allow_agent_forwarding: false,
            log_level: LogLevel::default(),
            sftp: true,
            trusted_user_ca_keys: Vec::new(),
            authorized_keys: BTreeMap::new(),
            extra: Vec::new(),
        }
    }

    /// A server that lets in whoever has a certificate made with the key of `ca` (a line of its
    /// public key file).
    pub fn trusting(ca: impl Into<String>) -> SshdConfig {
        SshdConfig {
            trusted_user_ca_keys: vec![ca.into()],
            ..SshdConfig::new()
        }
    }

    /// The same; whoever has the key of `line` (of a public key file, perhaps with options in front)
    /// may log in as `user`.
    pub fn authorized_key(
        mut self,
        user: impl Into<String>,
        line: impl Into<String>,
    ) -> SshdConfig {
        self.authorized_keys
            .entry(user.into())
            .or_default()
            .push(line.into());
        self
    }

    /// The same with another option.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> SshdConfig {
        self.extra.push((name.into(), value.into()));
        self
    }

    /// The ports that it listens on, as far as they are told apart from addresses.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        let default = (self.port.is_empty() && self.listen_address.is_empty()).then_some(22);
        self.port.iter().copied().chain(default)
    }

    /// The files that the configuration names.
    #[track_caller]
    pub(super) fn files(&self) -> Vec<File> {
        let lines = |lines: &[String]| {
            lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let mut files = Vec::new();
        for (user, keys) in &self.authorized_keys {
            files.push(File::new(format!("{AUTHORIZED_KEYS}/{user}"), lines(keys)));
        }
        if !self.trusted_user_ca_keys.is_empty() {
            files.push(File::new(USER_CA, lines(&self.trusted_user_ca_keys)));
        }
        files
    }

    /// What sshd would not accept, or would understand as something else.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.port.contains(&0) {
            problems.push("Port: 0 is not a port".to_owned());
        }
        let words = [&self.listen_address, &self.allow_users, &self.allow_groups];
        for word in words.into_iter().flatten() {
            if word.is_empty() || word.contains(char::is_whitespace) || word.contains('"') {
                problems.push(format!(
                    "ListenAddress, AllowUsers, AllowGroups: `{word}` is not one word"
                ));
            }
        }
        let keys = self.authorized_keys.iter().flat_map(|(user, lines)| {
            lines
                .iter()
                .map(move |line| (format!("the authorized key of `{user}`"), line))
        });
        let cas = self
            .trusted_user_ca_keys
            .iter()
            .map(|line| ("TrustedUserCAKeys".to_owned(), line));
        problems.extend(
            keys.chain(cas)
                .filter(|(_, line)| !is_public_key(line))
                .map(|(what, line)| format!("{what}: `{line}` is not a line of a public key file")),
        );
        for (name, value) in &self.extra {
            if !name.chars().all(|c| c.is_ascii_alphanumeric()) || value.contains('\n') {
                problems.push(format!("`{name} {value}` is not an option with its value"));
            }
        }
        problems
    }
}

/// Whether a line holds a kind of key and base64 that begins with the same kind.
fn is_public_key(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let known = |word: &&str| {
        ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"]
            .iter()
            .any(|p| word.starts_with(p))
    };
    let kind = words.find(known);
    // A length of four bytes comes first, all but the last of them zero.
    !line.contains('\n')
        && kind.is_some()
        && words.next().is_some_and(|key| key.starts_with("AAAA"))
}

impl fmt::Display for SshdConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        self.port
            .iter()
            .try_for_each(|port| writeln!(f, "Port {port}"))?;
        self.listen_address
            .iter()
            .try_for_each(|a| writeln!(f, "ListenAddress {a}"))?;
        writeln!(f, "HostKey {}", host_key())?;
        writeln!(f, "PidFile /run/sshd.pid")?;
        writeln!(
            f,
            "PasswordAuthentication no\nKbdInteractiveAuthentication no"
        )?;
        writeln!(f, "PermitRootLogin {}", self.permit_root_login)?;
        for (name, list) in [
            ("AllowUsers", &self.allow_users),
            ("AllowGroups", &self.allow_groups),
        ] {
            if !list.is_empty() {
                writeln!(f, "{name} {}", list.join(" "))?;
            }
        }
        writeln!(
            f,
            "AuthorizedKeysFile {AUTHORIZED_KEYS}/%u /run/ssh/authorized_keys/%u .ssh/authorized_keys"
        )?;
        if !self.trusted_user_ca_keys.is_empty() {
            writeln!(f, "TrustedUserCAKeys {USER_CA}")?;
        }
        writeln!(f, "MaxAuthTries {}", self.max_auth_tries)?;
        writeln!(f, "LoginGraceTime {}", self.login_grace_time.as_secs())?;
        writeln!(
            f,
            "ClientAliveInterval {}",
            self.client_alive_interval.as_secs()
        )?;
        writeln!(f, "ClientAliveCountMax {}", self.client_alive_count_max)?;
        writeln!(f, "AllowTcpForwarding {}", yes(self.allow_tcp_forwarding))?;
        writeln!(
            f,
            "AllowAgentForwarding {}",
            yes(self.allow_agent_forwarding)
        )?;
        writeln!(f, "LogLevel {}", self.log_level)?;
        writeln!(f, "SetEnv PATH={PATH}")?;
        if self.sftp {
            writeln!(f, "Subsystem sftp internal-sftp")?;
        }
        self.extra
            .iter()
            .try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p x";

    #[test]
    fn prints_what_sshd_reads() {
        let config = SshdConfig {
            port: vec![22, 2222],
            ..SshdConfig::trusting(KEY)
        };
        insta::assert_snapshot!(config.option("Banner", "/etc/issue"));
    }

    #[test]
    fn impossible_values_are_named() {
        let good = SshdConfig::trusting(KEY)
            .authorized_key("root", format!("command=\"uptime\",restrict {KEY}"))
            .authorized_key("root", format!("sk-{KEY}"));
        assert_eq!(good.problems(), [""; 0]);
        let bad = SshdConfig {
            port: vec![0],
            allow_users: vec!["a b".to_owned()],
            ..SshdConfig::trusting("-----BEGIN OPENSSH PRIVATE KEY-----")
        };
        let bad = bad
            .authorized_key("root", "ssh-ed25519")
            .option("Two Words", "x");
        assert_eq!(bad.problems().len(), 5, "{:?}", bad.problems());
    }
}
