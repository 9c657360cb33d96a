//! What cannot be, as far as it is known without nginx.

use std::collections::BTreeSet;

use super::config::NginxConfig;
use super::server::{Handler, Listen, Location, Path, Server};

impl NginxConfig {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.servers.iter().flat_map(Server::problems).collect();
        if self.worker_processes == Some(0) || self.worker_connections == 0 {
            problems.push("worker_processes, worker_connections: none would answer".to_owned());
        }
        let mut defaults = BTreeSet::new();
        let listen = self.servers.iter().flat_map(|server| &server.listen);
        for Listen { address, port, .. } in listen.filter(|listen| listen.default_server) {
            if !defaults.insert((*address, *port)) {
                problems.push(format!("default_server: port {port} has two"));
            }
        }
        problems
    }
}

impl Server {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.listen.is_empty() {
            problems.push("listen: a server has to have a port".to_owned());
        }
        if self.listen.iter().any(|listen| listen.port == 0) {
            problems.push("listen: 0 is not a port".to_owned());
        }
        let encrypted = self.listen.iter().any(|listen| listen.ssl);
        if encrypted != self.tls.is_some() {
            problems.push("tls: a port with TLS and a certificate belong together".to_owned());
        }
        let files = self
            .tls
            .iter()
            .flat_map(|tls| [&tls.ssl_certificate, &tls.ssl_certificate_key]);
        for path in files
            .chain(&self.root)
            .filter(|path| !path.starts_with('/'))
        {
            problems.push(format!("`{path}` is not an absolute path"));
        }
        let words = self.server_name.iter().chain(&self.index);
        for word in words.filter(|word| !is_word(word)) {
            problems.push(format!("server_name, index: `{word}` is not one word"));
        }
        problems.extend(self.locations.iter().filter_map(Location::problem));
        problems
    }
}

impl Location {
    fn problem(&self) -> Option<String> {
        let (Path::Prefix(path) | Path::Prior(path) | Path::Exact(path)) = &self.path else {
            return self.handler.problem();
        };
        if !path.starts_with('/') && !path.starts_with('@') {
            return Some(format!("location: `{path}` does not begin with a slash"));
        }
        self.handler.problem()
    }
}

impl Handler {
    fn problem(&self) -> Option<String> {
        match self {
            Handler::Files => None,
            Handler::Root(path) | Handler::Alias(path) => (!path.starts_with('/'))
                .then(|| format!("root, alias: `{path}` is not an absolute path")),
            Handler::TryFiles(paths) => {
                (paths.len() < 2).then(|| "try_files: there have to be two or more".to_owned())
            }
            Handler::Proxy(address) => {
                let known = ["http://", "https://"]
                    .iter()
                    .any(|scheme| address.starts_with(scheme));
                (!known || !is_word(address)).then(|| {
                    format!(
                        "proxy_pass: `{address}` is not an address such as `http://127.0.0.1:8080`"
                    )
                })
            }
            Handler::FastCgi(address) => {
                (!is_word(address)).then(|| format!("fastcgi_pass: `{address}` is not an address"))
            }
            Handler::Return(status, _) => {
                (!(100..=999).contains(status)).then(|| format!("return: {status} is not a status"))
            }
        }
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || ";{}\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::super::server::Tls;
    use super::*;

    fn tls() -> Tls {
        Tls {
            ssl_certificate: "/var/lib/tls/site.pem".to_owned(),
            ssl_certificate_key: "/var/lib/tls/site.key".to_owned(),
        }
    }

    #[test]
    fn prints_what_nginx_reads() {
        let api = Handler::Proxy("http://backend.internal:8080".to_owned());
        let site = Server::new()
            .name("example.org")
            .tls(tls())
            .root("/usr/share/www")
            .location(Path::Prefix("/api/".to_owned()), api)
            .location(
                Path::Regex(r"\.php$".to_owned()),
                Handler::FastCgi("unix:/run/app.sock".to_owned()),
            )
            .location(
                Path::Exact("/teapot".to_owned()),
                Handler::Return(418, "short; stout\n".to_owned()),
            );
        let plain = Server::new().listen([Listen::on(80).at([10, 0, 0, 1])]);
        let config = NginxConfig {
            gzip: true,
            extra: vec![
                "stream {\n    server { listen 53; proxy_pass 10.0.0.1:53; }\n}".to_owned(),
            ],
            ..NginxConfig::new()
        };
        let config = config.server(site).server(plain);
        assert_eq!(config.problems(), [""; 0]);
        insta::assert_snapshot!(config);
        insta::assert_snapshot!(config.print(super::super::variant::Variant::Trial));
    }

    #[test]
    fn impossible_values_are_named() {
        let location =
            |path: &str, handler| Server::new().location(Path::Prefix(path.to_owned()), handler);
        let servers = [
            Server::new().listen([]),
            Server::new().listen([Listen::on(0)]),
            Server::new().listen([Listen::tls(443)]),
            Server {
                tls: Some(tls()),
                ..Server::new()
            },
            Server::new().root("www"),
            Server::new().name("a; b"),
            location("api", Handler::Files),
            location("/", Handler::Root("www".to_owned())),
            location("/", Handler::TryFiles(vec!["$uri".to_owned()])),
            location("/", Handler::Proxy("127.0.0.1:80".to_owned())),
            location("/", Handler::Return(7, String::new())),
        ];
        for server in servers {
            let config = NginxConfig::new().server(server);
            assert_eq!(config.problems().len(), 1, "{config:?}");
        }
        let first = Listen {
            default_server: true,
            ..Listen::on(80)
        };
        let twice = Server::new().listen([first]);
        let config = NginxConfig::new().server(twice.clone()).server(twice);
        assert_eq!(config.problems().len(), 1);
    }
}
