//! `nginx.conf` as a value.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::server::{Listen, Server};

/// How much is logged beside requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of nginx's error_log")]
pub enum ErrorLog {
    Emerg,
    Alert,
    Crit,
    Error,
    Warn,
    #[default]
    Notice,
    Info,
    Debug,
}

/// nginx's configuration. Fields are named as its directives; what is not here goes into the `extra`
/// lines of its context.
///
/// ```
/// use distill_services::nginx::{NginxConfig, Server};
///
/// let config = NginxConfig {
///     gzip: true,
///     http_extra: vec!["add_header X-Frame-Options DENY;".to_owned()],
///     ..NginxConfig::new()
/// }
/// .server(Server::new().root("/usr/share/www"));
/// assert!(config.to_string().contains("    gzip on;\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NginxConfig {
    /// `worker_processes`: one a processor, if there is none.
    pub worker_processes: Option<u32>,
    /// `worker_connections`: how many each process has at a time, to clients and to servers.
    pub worker_connections: u32,
    /// The level of `error_log`.
    pub error_log: ErrorLog,
    /// Whether requests are logged (`access_log`).
    pub access_log: bool,
    /// `client_max_body_size`, in bytes; no limit, if it is zero.
    pub client_max_body_size: u64,
    /// `keepalive_timeout`, in whole seconds; connections are closed at once, if it is zero.
    pub keepalive_timeout: Duration,
    /// `server_tokens`: whether clients are told nginx's version.
    pub server_tokens: bool,
    /// `gzip`: whether texts are compressed for clients that can read them.
    pub gzip: bool,
    /// The servers.
    pub servers: Vec<Server>,
    /// Other directives at the top, each with its semicolon: `stream { … }`.
    pub extra: Vec<String>,
    /// Other directives in `http`, each with its semicolon.
    pub http_extra: Vec<String>,
    /// Whether nginx reads the configuration when the image is built (`nginx -t`), so that one that it
    /// refuses makes no image. Names of other servers, and certificates, are replaced by some that are
    /// there. Switch this off if lines in `extra` name files that only the running machine has.
    pub check: bool,
}

impl Default for NginxConfig {
    fn default() -> NginxConfig {
        NginxConfig::new()
    }
}

impl NginxConfig {
    /// No server yet; nginx's defaults, without telling its version.
    pub fn new() -> NginxConfig {
        NginxConfig {
            worker_processes: None,
            worker_connections: 1024,
            error_log: ErrorLog::default(),
            access_log: true,
            client_max_body_size: 1 << 20,
            keepalive_timeout: Duration::from_secs(75),
            server_tokens: false,
            gzip: false,
            servers: Vec::new(),
            extra: Vec::new(),
            http_extra: Vec::new(),
            check: true,
        }
    }

    /// The same with another server.
    pub fn server(mut self, server: Server) -> NginxConfig {
        self.servers.push(server);
        self
    }

    /// Where the servers listen, as services say it.
    pub(super) fn listens(&self) -> BTreeSet<String> {
        let listen = self.servers.iter().flat_map(|server| &server.listen);
        let place = |listen: &Listen| match listen.address {
            Some(address) => format!("tcp/{}", SocketAddr::new(address, listen.port)),
            None => format!("tcp/{}", listen.port),
        };
        listen.map(place).collect()
    }

    /// Whether it listens on addresses that have to be there.
    pub(super) fn has_own_addresses(&self) -> bool {
        let mut listen = self.servers.iter().flat_map(|server| &server.listen);
        listen.any(|listen| listen.address.is_some())
    }
}
