//! What DigitalOcean tells a machine about itself: pages, and everything as one document.
//!
//! Format: <https://docs.digitalocean.com/reference/api/metadata/>.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::metadata::Metadata;
use super::network::{Addressing, MAC};

/// Everything as one value: what `/metadata/v1.json` is.
pub(super) fn document(metadata: &Metadata) -> Value {
    json!({
        "droplet_id": metadata.id,
        "hostname": metadata.hostname,
        "user_data": metadata.user_data,
        "vendor_data": "",
        "public_keys": metadata.public_keys,
        "region": metadata.region,
        "interfaces": { "public": [interface(metadata.addressing)], "private": [] },
        "floating_ip": { "ipv4": { "active": false } },
        "reserved_ip": { "ipv4": { "active": false } },
        "dns": { "nameservers": [metadata.addressing.nameserver] },
        "tags": null,
        "features": { "dhcp_enabled": true },
    })
}

fn interface(addressing: Addressing) -> Value {
    json!({
        "ipv4": address(addressing.guest, addressing.netmask(), addressing.gateway),
        "mac": MAC,
        "type": "public",
    })
}

fn address(address: Ipv4Addr, netmask: Ipv4Addr, gateway: Ipv4Addr) -> Value {
    json!({ "ip_address": address, "netmask": netmask, "gateway": gateway })
}

/// What lies at a path behind `/metadata/v1`; nothing if there is no such thing.
pub(super) fn page(metadata: &Metadata, path: &str) -> Option<String> {
    let Addressing {
        guest,
        gateway,
        nameserver,
        ..
    } = metadata.addressing;
    Some(match path.trim_end_matches('/') {
        "/id" => metadata.id.to_string(),
        "/hostname" => metadata.hostname.clone(),
        "/region" => metadata.region.clone(),
        "/user-data" => metadata.user_data.clone(),
        "/public-keys" => metadata.public_keys.join("\n"),
        "/dns/nameservers" => nameserver.to_string(),
        "/interfaces/public/0/mac" => MAC.to_owned(),
        "/interfaces/public/0/type" => "public".to_owned(),
        "/interfaces/public/0/ipv4/address" => guest.to_string(),
        "/interfaces/public/0/ipv4/netmask" => metadata.addressing.netmask().to_string(),
        "/interfaces/public/0/ipv4/gateway" => gateway.to_string(),
        _ => return None,
    })
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
        let value = document(&metadata());
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn parts() {
        let page = |path| page(&metadata(), path);
        assert_eq!(page("/hostname").unwrap(), "box");
        assert_eq!(
            page("/public-keys").unwrap(),
            "ssh-ed25519 AAAA me\nssh-rsa BBBB"
        );
        assert_eq!(
            page("/interfaces/public/0/ipv4/address/").unwrap(),
            "169.254.2.15"
        );
        for absent in ["/", "/nothing", ""] {
            assert_eq!(page(absent), None, "{absent}");
        }
    }
}
