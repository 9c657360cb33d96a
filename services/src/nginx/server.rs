//! Servers and what they do with which paths.

use std::net::IpAddr;

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address; all of both protocols, if there is none.
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// Whether with TLS (`ssl`).
    pub ssl: bool,
    /// Whether this server answers for all names that no other has (`default_server`).
    pub default_server: bool,
}

impl Listen {
    /// A port, on all addresses.
    pub fn on(port: u16) -> Listen {
        Listen {
            address: None,
            port,
            ssl: false,
            default_server: false,
        }
    }

    /// A port with TLS, on all addresses.
    pub fn tls(port: u16) -> Listen {
        Listen {
            ssl: true,
            ..Listen::on(port)
        }
    }

    /// The same on one address alone.
    pub fn at(self, address: impl Into<IpAddr>) -> Listen {
        Listen {
            address: Some(address.into()),
            ..self
        }
    }
}

/// A certificate with its key: files that root can read when nginx starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// `ssl_certificate`: the server's certificate, and those between it and a known one.
    pub ssl_certificate: String,
    /// `ssl_certificate_key`
    pub ssl_certificate_key: String,
}

/// Which paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path {
    /// Those that begin so; of several the longest.
    Prefix(String),
    /// The same, and no regular expression is looked at (`^~`).
    Prior(String),
    /// This one alone (`=`).
    Exact(String),
    /// Those that match a regular expression (`~`).
    Regex(String),
    /// The same, whatever the case of letters (`~*`).
    RegexNoCase(String),
}

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// A file below the server's root.
    Files,
    /// A file below this directory, at the whole path (`root`).
    Root(String),
    /// A file below this directory, at what is left of the path (`alias`).
    Alias(String),
    /// The first of these that is there; the last one is taken in any case (`try_files`).
    TryFiles(Vec<String>),
    /// Another server is asked (`proxy_pass`): `http://127.0.0.1:8080`. It is told who asks.
    Proxy(String),
    /// A `FastCGI` server is asked (`fastcgi_pass`): `127.0.0.1:9000` or `unix:/run/app.sock`.
    FastCgi(String),
    /// An answer that is known (`return`): a status, and a text or an address.
    Return(u16, String),
}

/// What is done with requests for some paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which paths.
    pub path: Path,
    /// What is done.
    pub handler: Handler,
    /// Other directives, each with its semicolon.
    pub extra: Vec<String>,
}

/// One server: a name, or several, on some ports.
///
/// ```
/// use distill_services::nginx::{Handler, Listen, Path, Server, Tls};
///
/// let key = Tls {
///     ssl_certificate: "/var/lib/acme/site.pem".to_owned(),
///     ssl_certificate_key: "/var/lib/acme/site.key".to_owned(),
/// };
/// let site = Server::new()
///     .name("example.org")
///     .tls(key)
///     .root("/usr/share/www")
///     .location(Path::Prefix("/api/".to_owned()), Handler::Proxy("http://127.0.0.1:8080".to_owned()));
/// let redirect = Server::new()
///     .name("example.org")
///     .location(Path::Prefix("/".to_owned()), Handler::Return(301, "https://$host$request_uri".to_owned()));
/// assert_eq!((site.listen[0].port, redirect.listen[0].port), (443, 80));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `listen`
    pub listen: Vec<Listen>,
    /// `server_name`: all, if there is none.
    pub server_name: Vec<String>,
    /// `root`: where files lie.
    pub root: Option<String>,
    /// `index`: what a directory's own file is called.
    pub index: Vec<String>,
    /// The certificate, for ports with TLS.
    pub tls: Option<Tls>,
    /// What is done with which paths; files are served, if nothing is said.
    pub locations: Vec<Location>,
    /// Other directives, each with its semicolon.
    pub extra: Vec<String>,
}

impl Default for Server {
    fn default() -> Server {
        Server::new()
    }
}

impl Server {
    /// A server on port 80.
    pub fn new() -> Server {
        Server {
            listen: vec![Listen::on(80)],
            server_name: Vec::new(),
            root: None,
            index: vec!["index.html".to_owned()],
            tls: None,
            locations: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The same with another name.
    pub fn name(mut self, name: impl Into<String>) -> Server {
        self.server_name.push(name.into());
        self
    }

    /// The same with files below this directory.
    pub fn root(self, directory: impl Into<String>) -> Server {
        Server {
            root: Some(directory.into()),
            ..self
        }
    }

    /// The same on these ports instead.
    pub fn listen(self, listen: impl IntoIterator<Item = Listen>) -> Server {
        Server {
            listen: listen.into_iter().collect(),
            ..self
        }
    }

    /// The same with TLS on port 443 instead.
    pub fn tls(self, tls: Tls) -> Server {
        Server {
            tls: Some(tls),
            ..self.listen([Listen::tls(443)])
        }
    }

    /// The same; this is done with requests for these paths.
    pub fn location(mut self, path: Path, handler: Handler) -> Server {
        self.locations.push(Location {
            path,
            handler,
            extra: Vec::new(),
        });
        self
    }
}
