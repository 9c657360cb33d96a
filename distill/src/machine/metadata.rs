//! What a cloud tells a machine about itself: in DigitalOcean's form here, in that of others in
//! `clouds`. All of them have one address, and paths that differ.
//!
//! Format: <https://docs.digitalocean.com/reference/api/metadata/>.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::clouds;
use super::http::{Answer, Request};
use super::network::{Addressing, MAC};

/// What a cloud tells a machine about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The number of the machine.
    pub id: u64,
    /// Its name.
    pub hostname: String,
    /// Where it stands.
    pub region: String,
    /// Who may log in, as lines of `authorized_keys`.
    pub public_keys: Vec<String>,
    /// What its user wants it to know.
    pub user_data: String,
    /// Its address, and the way out.
    pub addressing: Addressing,
}

impl Metadata {
    /// Of a machine with this name, on a network with this addressing.
    pub fn new(hostname: impl Into<String>, addressing: Addressing) -> Metadata {
        Metadata {
            id: 1,
            hostname: hostname.into(),
            region: "local".to_owned(),
            public_keys: Vec::new(),
            user_data: String::new(),
            addressing,
        }
    }

    /// Everything as one value: what `/metadata/v1.json` is.
    pub fn json(&self) -> Value {
        json!({
            "droplet_id": self.id,
            "hostname": self.hostname,
            "user_data": self.user_data,
            "vendor_data": "",
            "public_keys": self.public_keys,
            "region": self.region,
            "interfaces": { "public": [self.interface()], "private": [] },
            "floating_ip": { "ipv4": { "active": false } },
            "reserved_ip": { "ipv4": { "active": false } },
            "dns": { "nameservers": [self.addressing.nameserver] },
            "tags": null,
            "features": { "dhcp_enabled": true },
        })
    }

    fn interface(&self) -> Value {
        let Addressing { guest, gateway, .. } = self.addressing;
        let netmask = self.addressing.netmask();
        json!({
            "ipv4": address(guest, netmask, gateway),
            "mac": MAC,
            "type": "public",
        })
    }

    /// What the service says to a request, in the form of the cloud whose path it is.
    pub(super) fn answer(&self, request: &Request<'_>) -> Answer {
        if request.method == "PUT" {
            return clouds::answer(self, request);
        }
        match request.path.strip_prefix("/metadata/v1") {
            Some(".json") => Answer::json(&self.json()),
            Some(path) => self.page(path.trim_end_matches('/')).into(),
            None => clouds::answer(self, request),
        }
    }

    /// What lies at a path in DigitalOcean's form; nothing if there is no such thing.
    fn page(&self, path: &str) -> Option<String> {
        let Addressing {
            guest,
            gateway,
            nameserver,
            ..
        } = self.addressing;
        Some(match path {
            "/id" => self.id.to_string(),
            "/hostname" => self.hostname.clone(),
            "/region" => self.region.clone(),
            "/user-data" => self.user_data.clone(),
            "/public-keys" => self.public_keys.join("\n"),
            "/dns/nameservers" => nameserver.to_string(),
            "/interfaces/public/0/mac" => MAC.to_owned(),
            "/interfaces/public/0/type" => "public".to_owned(),
            "/interfaces/public/0/ipv4/address" => guest.to_string(),
            "/interfaces/public/0/ipv4/netmask" => self.addressing.netmask().to_string(),
            "/interfaces/public/0/ipv4/gateway" => gateway.to_string(),
            _ => return None,
        })
    }
}

fn address(address: Ipv4Addr, netmask: Ipv4Addr, gateway: Ipv4Addr) -> Value {
    json!({ "ip_address": address, "netmask": netmask, "gateway": gateway })
}

#[cfg(test)]
mod tests {
    use super::super::network::Network;
    use super::*;

    fn metadata() -> Metadata {
        let network = Network {
            metadata: true,
            ..Network::default()
        };
        let mut metadata = Metadata::new("box", network.addressing());
        metadata.public_keys = vec!["ssh-ed25519 AAAA me".to_owned(), "ssh-rsa BBBB".to_owned()];
        metadata
    }

    #[test]
    fn the_whole() {
        let value = metadata().json();
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn parts() {
        let ask = |path| {
            let (method, headers) = ("GET", Vec::new());
            let request = Request {
                method,
                path,
                headers,
            };
            metadata().answer(&request)
        };
        let page = |path| ask(path).body;
        assert_eq!(page("/metadata/v1/hostname"), "box");
        assert_eq!(
            page("/metadata/v1/public-keys"),
            "ssh-ed25519 AAAA me\nssh-rsa BBBB"
        );
        assert_eq!(
            page("/metadata/v1/interfaces/public/0/ipv4/address/"),
            "169.254.2.15"
        );
        for absent in ["/", "/metadata/v2.json", "/metadata/v1/nothing", ""] {
            assert_eq!(ask(absent).status, "404 Not Found", "{absent}");
        }
    }
}
