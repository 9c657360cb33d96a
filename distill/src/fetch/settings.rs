//! What fetching has to know about this machine and this run.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::address::Address;
use super::cache::Cache;
use super::mirror::{DEBIAN_MIRRORS, DEBIAN_SNAPSHOT, default_mirrors};
use crate::plan::MirrorFamily;

/// Where Linux distributions keep the certificates of the authorities that they trust: Debian, Arch
/// and Alpine; Fedora and its kin; openSUSE; OpenSSL's own default.
pub const CA_CERTIFICATES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How to fetch: none of this can change what is fetched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where unfinished downloads lie, on the file system of the destination, so that a finished
    /// one can be renamed into it. Made when it is missing.
    pub partial_dir: Utf8PathBuf,
    /// Whether to stay off the network. Caches and origins on this machine are still used.
    pub offline: bool,
    /// Asked before the origins of a source, in this order.
    pub caches: Vec<Cache>,
    /// How long a cache may say nothing when it is asked whether it has something. After that it is given
    /// up, and not asked again.
    pub question_timeout: Duration,
    /// Base addresses of Debian's archive, what `pool/` lies below, in order of preference.
    pub debian: Vec<Address>,
    /// Base addresses of each family of mirrors, in order of preference.
    pub mirrors: BTreeMap<MirrorFamily, Vec<Address>>,
    /// How to reach the network, if not directly.
    pub proxies: Proxies,
    /// How often to try again.
    pub retry: Retry,
    /// How long a connection may take to come up.
    pub connect_timeout: Duration,
    /// How long a server may send nothing.
    pub stall_timeout: Duration,
    /// How many downloads may run at once.
    pub parallel: usize,
    /// How to introduce ourselves to servers.
    pub user_agent: String,
    /// Files with the certificates of trusted authorities (PEM); the first that exists is used.
    pub ca_certificates: Vec<Utf8PathBuf>,
}

impl Settings {
    /// The defaults: on line, no cache, no proxy, public mirrors.
    pub fn new(partial_dir: impl Into<Utf8PathBuf>) -> Settings {
        let debian = DEBIAN_MIRRORS.iter().chain([&DEBIAN_SNAPSHOT]);
        Settings {
            partial_dir: partial_dir.into(),
            offline: false,
            caches: Vec::new(),
            question_timeout: Duration::from_secs(5),
            debian: debian.map(|base| Address::from(*base)).collect(),
            mirrors: default_mirrors(),
            proxies: Proxies::default(),
            retry: Retry::default(),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            parallel: 6,
            user_agent: concat!("distill/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_certificates: CA_CERTIFICATES.map(Utf8PathBuf::from).to_vec(),
        }
    }

    /// Puts `mirrors` of Debian's archive before those that are known already.
    pub fn prefer_debian(&mut self, mirrors: impl IntoIterator<Item = Address>) {
        let mut all: Vec<Address> = mirrors.into_iter().collect();
        all.append(&mut self.debian);
        self.debian.clear();
        for mirror in all {
            if !self.debian.contains(&mirror) {
                self.debian.push(mirror);
            }
        }
    }
}

/// Proxies, as addresses such as `http://proxy.example:3128`, with the meaning that curl gives to
/// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http://` addresses.
    pub http: Option<Address>,
    /// For `https://` addresses.
    pub https: Option<Address>,
    /// For both, unless one of their own is given.
    pub all: Option<Address>,
    /// Hosts that are reached directly: names, suffixes and networks, separated by commas; all, if one of them is `*`.
    pub none: Option<String>,
}

impl Proxies {
    /// Those that are used at all: none, if `none` has a `*`, as curl understands it.
    pub(super) fn in_use(&self) -> Proxies {
        let hosts = self.none.as_deref().unwrap_or_default();
        match hosts.split(',').any(|host| host.trim() == "*") {
            true => Proxies::default(),
            false => self.clone(),
        }
    }

    /// The proxy for addresses of a scheme, whatever hosts `none` has.
    pub(super) fn of_scheme(&self, scheme: &str) -> Option<&Address> {
        let own = match scheme {
            "http" => &self.http,
            _ => &self.https,
        };
        own.as_ref().or(self.all.as_ref())
    }
}

/// How often to try a place again after an error that may pass, and how long to wait in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often to try one address, at least 1. Downloads that get on are not counted.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each.
    pub first_wait: Duration,
    /// The longest wait, also when a server asks for more (that one is given up).
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry {
            attempts: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_mirrors_come_first_and_none_twice() {
        let mut settings = Settings::new("/nowhere");
        let kernel = DEBIAN_MIRRORS[0];
        settings.prefer_debian(["http://near.example/debian", kernel].map(Address::from));
        let expected = ["http://near.example/debian", kernel, DEBIAN_SNAPSHOT];
        assert_eq!(settings.debian, expected);
    }
}
