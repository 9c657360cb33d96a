//! The configuration as nginx reads it.

use std::fmt;
use std::net::SocketAddr;

use super::config::NginxConfig;
use super::directive::{Printer, quoted};
use super::server::{Handler, Listen, Location, Path, Server};
use super::variant::Variant;

/// The file that is there as soon as nginx listens.
pub(super) const PID: &str = "/run/nginx/nginx.pid";

impl fmt::Display for NginxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(Variant::Real))
    }
}

impl NginxConfig {
    pub(super) fn print(&self, variant: Variant) -> String {
        let mut top = Printer::default();
        let level = format!("{:?}", self.error_log).to_lowercase();
        let workers = self.worker_processes.map(|count| count.to_string());
        top.line(format_args!("user {}", variant.user()));
        top.line(format_args!(
            "worker_processes {}",
            workers.as_deref().unwrap_or("auto")
        ));
        top.line(format_args!("pid {PID}"));
        top.line(format_args!("error_log stderr {level}"));
        top.block("events", |events| {
            events.line(format_args!(
                "worker_connections {}",
                self.worker_connections
            ));
        });
        top.block("http", |http| self.print_http(variant, http));
        top.raw(&self.extra);
        top.finish()
    }

    fn print_http(&self, variant: Variant, http: &mut Printer) {
        let on = |on: bool| if on { "on" } else { "off" };
        http.line("include /usr/share/nginx/mime.types");
        http.line("default_type application/octet-stream");
        http.line(match self.access_log {
            true => "access_log /proc/self/fd/1",
            false => "access_log off",
        });
        http.line("sendfile on");
        http.line(format_args!(
            "client_max_body_size {}",
            self.client_max_body_size
        ));
        http.line(format_args!(
            "keepalive_timeout {}s",
            self.keepalive_timeout.as_secs()
        ));
        http.line(format_args!("server_tokens {}", on(self.server_tokens)));
        if self.gzip {
            http.line("gzip on");
            http.line(
                "gzip_types text/plain text/css text/xml application/json application/javascript",
            );
        }
        if self.servers.iter().any(|server| server.tls.is_some()) {
            http.line("ssl_protocols TLSv1.2 TLSv1.3");
            http.line("ssl_session_cache shared:TLS:1m");
        }
        http.raw(&self.http_extra);
        for server in &self.servers {
            server.print(variant, http);
        }
    }
}

impl Server {
    fn print(&self, variant: Variant, printer: &mut Printer) {
        printer.block("server", |server| {
            let listen = self.listen.iter().flat_map(|listen| listen.values());
            listen.for_each(|value| server.line(format_args!("listen {value}")));
            if !self.server_name.is_empty() {
                let names: Vec<String> = self.server_name.iter().map(|name| quoted(name)).collect();
                server.line(format_args!("server_name {}", names.join(" ")));
            }
            if let Some(root) = &self.root {
                server.line(format_args!("root {}", quoted(root)));
            }
            if !self.index.is_empty() {
                server.line(format_args!("index {}", self.index.join(" ")));
            }
            if let Some(tls) = &self.tls {
                let (certificate, key) = variant.certificate(tls);
                server.line(format_args!("ssl_certificate {}", quoted(certificate)));
                server.line(format_args!("ssl_certificate_key {}", quoted(key)));
            }
            server.raw(&self.extra);
            for location in &self.locations {
                location.print(variant, server);
            }
        });
    }
}

impl Listen {
    /// The values of the directives that say so.
    fn values(self) -> Vec<String> {
        let places = match self.address {
            None => vec![self.port.to_string(), format!("[::]:{}", self.port)],
            Some(address) => vec![SocketAddr::new(address, self.port).to_string()],
        };
        let options = [(self.ssl, " ssl"), (self.default_server, " default_server")];
        let options: String = options
            .into_iter()
            .filter_map(|(wanted, text)| wanted.then_some(text))
            .collect();
        places
            .into_iter()
            .map(|place| format!("{place}{options}"))
            .collect()
    }
}

impl Location {
    fn print(&self, variant: Variant, printer: &mut Printer) {
        printer.block(format_args!("location {}", self.path), |location| {
            self.handler.print(variant, location);
            location.raw(&self.extra);
        });
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Prefix(path) => f.write_str(&quoted(path)),
            Path::Prior(path) => write!(f, "^~ {}", quoted(path)),
            Path::Exact(path) => write!(f, "= {}", quoted(path)),
            Path::Regex(pattern) => write!(f, "~ {}", quoted(pattern)),
            Path::RegexNoCase(pattern) => write!(f, "~* {}", quoted(pattern)),
        }
    }
}

impl Handler {
    fn print(&self, variant: Variant, location: &mut Printer) {
        match self {
            Handler::Files => {}
            Handler::Root(directory) => location.line(format_args!("root {}", quoted(directory))),
            Handler::Alias(directory) => location.line(format_args!("alias {}", quoted(directory))),
            Handler::TryFiles(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
                location.line(format_args!("try_files {}", paths.join(" ")));
            }
            Handler::Proxy(address) => {
                let address = variant.upstream(address);
                location.line(format_args!("proxy_pass {}", quoted(&address)));
                for header in [
                    "Host $host",
                    "X-Real-IP $remote_addr",
                    "X-Forwarded-For $proxy_add_x_forwarded_for",
                    "X-Forwarded-Proto $scheme",
                ] {
                    location.line(format_args!("proxy_set_header {header}"));
                }
            }
            Handler::FastCgi(address) => {
                let address = variant.upstream(address);
                location.line("include /usr/share/nginx/fastcgi_params");
                location.line("fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name");
                location.line(format_args!("fastcgi_pass {}", quoted(&address)));
            }
            Handler::Return(status, text) if text.is_empty() => {
                location.line(format_args!("return {status}"));
            }
            Handler::Return(status, text) => {
                location.line(format_args!("return {status} {}", quoted(text)));
            }
        }
    }
}
