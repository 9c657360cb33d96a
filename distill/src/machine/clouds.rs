//! What a machine is told by the metadata services of clouds, which have one address, and paths that
//! differ. Of others than DigitalOcean it is as much as says who may log in, and what the machine is
//! called.
//!
//! Formats: Amazon's `IMDSv2`
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>), Google's
//! (<https://cloud.google.com/compute/docs/metadata/querying-metadata>), Azure's
//! (<https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>), and `OpenStack`'s
//! (<https://docs.openstack.org/nova/latest/user/metadata.html>).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::digitalocean;
use super::http::{Answer, Request};
use super::metadata::Metadata;

/// What the stand-in for Amazon's service calls a session.
const TOKEN: &str = "c2Vzc2lvbi1vZi10aGUtc3RhbmQtaW4=";

/// The longest session, in seconds.
const TTL_MAX: u32 = 21_600;

/// What the service says to a request, in the form of the cloud whose path it is.
pub(super) fn answer(metadata: &Metadata, request: &Request<'_>) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    if request.method == "PUT" {
        return match path {
            "/latest/api/token" => token(request),
            _ => Answer::status("405 Method Not Allowed"),
        };
    }
    if let Some(path) = path.strip_prefix("/latest/") {
        if request.header("x-aws-ec2-metadata-token") != Some(TOKEN) {
            return Answer::status("401 Unauthorized");
        }
        return amazon(metadata, path).into();
    }
    if let Some(path) = path.strip_prefix("/computeMetadata/v1/") {
        if request.header("metadata-flavor") != Some("Google") {
            return Answer::status("403 Forbidden");
        }
        return google(metadata, path).into();
    }
    match path.strip_prefix("/metadata/v1") {
        Some(".json") => return Answer::json(&digitalocean::document(metadata)),
        Some(path) => return digitalocean::page(metadata, path).into(),
        None => {}
    }
    if path == "/metadata/instance" {
        if request.header("metadata") != Some("true") || !request.path.contains("?api-version=") {
            return Answer::status("400 Bad Request");
        }
        return Answer::json(&azure(metadata));
    }
    if path == "/openstack/latest/meta_data.json" {
        return Answer::json(&openstack(metadata));
    }
    Answer::status("404 Not Found")
}

/// A session of `IMDSv2`, if the request says how long it shall last.
fn token(request: &Request<'_>) -> Answer {
    let ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds");
    match ttl.and_then(|ttl| ttl.parse::<u32>().ok()) {
        Some(1..=TTL_MAX) => Some(TOKEN.to_owned()).into(),
        _ => Answer::status("400 Bad Request"),
    }
}

fn amazon(metadata: &Metadata, path: &str) -> Option<String> {
    let path = path.strip_prefix("meta-data/")?;
    if let Some(path) = path.strip_prefix("public-keys/") {
        let keys = &metadata.public_keys;
        if path.is_empty() {
            let mut list = String::new();
            for number in 0..keys.len() {
                let _ = writeln!(list, "{number}=key-{number}");
            }
            return (!keys.is_empty()).then(|| list.trim_end().to_owned());
        }
        let number: usize = path.strip_suffix("/openssh-key")?.parse().ok()?;
        return Some(format!("{}\n", keys.get(number)?));
    }
    match path {
        "hostname" | "local-hostname" => Some(metadata.hostname.clone()),
        "instance-id" => Some(format!("i-{:017x}", metadata.id)),
        "placement/region" => Some(metadata.region.clone()),
        "local-ipv4" => Some(metadata.addressing.guest.to_string()),
        _ => None,
    }
}

/// Keys are said to be those of the user `root`.
fn google(metadata: &Metadata, path: &str) -> Option<String> {
    match path {
        "instance/hostname" => Some(metadata.hostname.clone()),
        "instance/id" => Some(metadata.id.to_string()),
        "instance/attributes/ssh-keys" if !metadata.public_keys.is_empty() => {
            let lines = metadata.public_keys.iter().map(|key| format!("root:{key}"));
            Some(lines.collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

fn azure(metadata: &Metadata) -> Value {
    let keys = metadata.public_keys.iter();
    let keys: Vec<Value> = keys
        .map(|key| json!({ "keyData": format!("{key}\r\n"), "path": "/root/.ssh/authorized_keys" }))
        .collect();
    json!({ "compute": {
        "name": metadata.hostname,
        "location": metadata.region,
        "osProfile": { "computerName": metadata.hostname },
        "publicKeys": keys,
    } })
}

fn openstack(metadata: &Metadata) -> Value {
    let keys = metadata.public_keys.iter().enumerate();
    let keys: serde_json::Map<String, Value> = keys
        .map(|(number, key)| (format!("key-{number}"), json!(format!("{key}\n"))))
        .collect();
    json!({
        "uuid": format!("{:032x}", metadata.id),
        "name": metadata.hostname,
        "hostname": metadata.hostname,
        "public_keys": keys,
    })
}

#[cfg(test)]
mod tests {
    use super::super::network::Network;
    use super::*;

    fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> (String, String) {
        let mut metadata = Metadata::new("box", Network::default().addressing());
        metadata.public_keys = vec!["ssh-ed25519 AAAA me".to_owned(), "ssh-rsa BBBB".to_owned()];
        let headers = headers.iter().copied();
        let request = Request {
            method,
            path,
            headers: headers.collect(),
        };
        let Answer { status, body, .. } = answer(&metadata, &request);
        (status[..3].to_owned(), body)
    }

    #[test]
    fn amazon_wants_a_session() {
        let ttl = "X-aws-ec2-metadata-token-ttl-seconds";
        let keys = "/latest/meta-data/public-keys/";
        assert_eq!(ask("GET", keys, &[]).0, "401");
        assert_eq!(
            ask("GET", keys, &[("X-aws-ec2-metadata-token", "x")]).0,
            "401"
        );
        assert_eq!(ask("PUT", "/latest/api/token", &[]).0, "400");
        assert_eq!(ask("PUT", "/latest/api/token", &[(ttl, "99999")]).0, "400");
        let (status, token) = ask("PUT", "/latest/api/token", &[(ttl, "300")]);
        assert_eq!(status, "200");
        let get = |path: &str| ask("GET", path, &[("X-AWS-EC2-metadata-token", token.as_str())]).1;
        assert_eq!(get(keys), "0=key-0\n1=key-1");
        assert_eq!(get(&format!("{keys}1/openssh-key")), "ssh-rsa BBBB\n");
        assert_eq!(get(&format!("{keys}2/openssh-key")), "");
        assert_eq!(get("/latest/meta-data/hostname"), "box");
    }

    #[test]
    fn others_want_a_header() {
        let google = "/computeMetadata/v1/instance/attributes/ssh-keys";
        assert_eq!(ask("GET", google, &[]).0, "403");
        let (status, keys) = ask("GET", google, &[("Metadata-Flavor", "Google")]);
        assert_eq!(status, "200");
        assert_eq!(keys, "root:ssh-ed25519 AAAA me\nroot:ssh-rsa BBBB");
        let azure = "/metadata/instance?api-version=2021-02-01";
        assert_eq!(ask("GET", azure, &[]).0, "400");
        assert_eq!(
            ask("GET", "/metadata/instance", &[("Metadata", "true")]).0,
            "400"
        );
        let (status, json) = ask("GET", azure, &[("Metadata", "true")]);
        assert_eq!(status, "200");
        assert!(json.contains(r#""keyData":"ssh-rsa BBBB\r\n""#), "{json}");
    }

    #[test]
    fn digitalocean_has_pages_and_a_document() {
        let (status, name) = ask("GET", "/metadata/v1/hostname", &[]);
        assert_eq!((status.as_str(), name.as_str()), ("200", "box"));
        let (status, json) = ask("GET", "/metadata/v1.json", &[]);
        assert_eq!(status, "200");
        assert!(json.contains(r#""hostname":"box""#), "{json}");
        for absent in ["/", "/metadata/v2.json", "/metadata/v1/nothing", ""] {
            assert_eq!(ask("GET", absent, &[]).0, "404", "{absent}");
        }
    }

    #[test]
    fn openstack_has_one_document() {
        let (status, json) = ask("GET", "/openstack/latest/meta_data.json", &[]);
        assert_eq!(status, "200");
        assert!(json.contains(r#""key-1":"ssh-rsa BBBB\n""#), "{json}");
        assert_eq!(ask("GET", "/openstack/latest/nothing", &[]).0, "404");
        assert_eq!(ask("PUT", "/openstack/latest/meta_data.json", &[]).0, "405");
    }
}
