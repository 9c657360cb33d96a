//! For whom a configuration is printed.

use super::server::Tls;

/// Where the trial's certificate and its key lie.
pub(super) const CERTIFICATE: &str = "/run/nginx-trial/certificate.pem";
pub(super) const KEY: &str = "/run/nginx-trial/key.pem";

/// For whom a configuration is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// For the machine.
    Real,
    /// For a place without a network, a name server, other users, or the machine's files.
    Trial,
}

impl Variant {
    pub(super) fn user(self) -> &'static str {
        match self {
            Variant::Real => "nginx",
            Variant::Trial => "root root",
        }
    }

    /// The files of the certificate and its key.
    pub(super) fn certificate(self, tls: &Tls) -> (&str, &str) {
        match self {
            Variant::Real => (&tls.ssl_certificate, &tls.ssl_certificate_key),
            Variant::Trial => (CERTIFICATE, KEY),
        }
    }

    /// The address of another server, whose name nobody there knows.
    pub(super) fn upstream(self, address: &str) -> String {
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), address),
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        // A variable is looked up when it is used, a socket is not looked up.
        if self == Variant::Real || host.starts_with("unix:") || host.contains('$') {
            return address.to_owned();
        }
        let port = match host.rsplit_once(':') {
            Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => format!(":{port}"),
            _ => String::new(),
        };
        format!("{scheme}127.0.0.1{port}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn names_of_others_are_replaced() {
        for (real, trial) in [
            ("http://backend:8080/x/", "http://127.0.0.1:8080/x/"),
            ("https://backend", "https://127.0.0.1"),
            ("http://[fd00::1]:80/", "http://127.0.0.1:80/"),
            ("backend:9000", "127.0.0.1:9000"),
            ("unix:/run/app.sock", "unix:/run/app.sock"),
            (
                "http://unix:/run/app.sock:/x",
                "http://unix:/run/app.sock:/x",
            ),
            ("http://$upstream", "http://$upstream"),
        ] {
            assert_eq!(Variant::Trial.upstream(real), trial);
            assert_eq!(Variant::Real.upstream(real), real);
        }
    }
}
