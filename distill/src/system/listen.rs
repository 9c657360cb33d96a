//! The ports that services listen on: none is listened on twice.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::finding::{Finding, Problem};
use super::graph::Graph;
use super::platform::Platform;
use super::service::Service;

/// The first port that does not take a right of root's.
const UNPRIVILEGED: u16 = 1024;

/// A port, on all addresses or on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listen<'a> {
    protocol: &'a str,
    address: Option<IpAddr>,
    port: u16,
}

impl<'a> Listen<'a> {
    /// Reads `tcp/22`, `udp/127.0.0.1:53` or `tcp/[::1]:53`.
    fn parse(text: &'a str) -> Option<Listen<'a>> {
        let (protocol, rest) = text.split_once('/')?;
        let (address, port) = match rest.rsplit_once(':') {
            Some((address, port)) => {
                let bare = address
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'));
                (Some(bare.unwrap_or(address).parse::<IpAddr>().ok()?), port)
            }
            None => (None, rest),
        };
        ["tcp", "udp"].contains(&protocol).then_some(Listen {
            protocol,
            address: address.filter(|address| !address.is_unspecified()),
            port: port.parse().ok().filter(|port| *port != 0)?,
        })
    }

    /// Whether two cannot both listen.
    fn clashes(&self, other: &Listen<'_>) -> bool {
        let same = match (self.address, other.address) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        same && (self.protocol, self.port) == (other.protocol, other.port)
    }
}

/// The TCP ports that these services listen on for everybody, each once.
pub(super) fn open_tcp_ports(services: &[Service]) -> Vec<u16> {
    let listens = services.iter().flat_map(|service| &service.listens);
    let open = listens
        .filter_map(|text| Listen::parse(text))
        .filter(|listen| listen.protocol == "tcp" && listen.address.is_none());
    let ports: BTreeSet<u16> = open.map(|listen| listen.port).collect();
    ports.into_iter().collect()
}

/// The first port of a service that it may not listen on as the user that it runs as.
pub(super) fn low_port(service: &Service) -> Option<&str> {
    service.user_name()?;
    let is_low = |text: &&String| Listen::parse(text).is_some_and(|l| l.port < UNPRIVILEGED);
    service.listens.iter().find(is_low).map(String::as_str)
}

/// The services with a port that only root may listen on, where nothing lets anybody else.
pub(super) fn check_rights(platform: &Platform, graph: &Graph<'_>) -> Vec<Finding> {
    let finding = |service: &Service| {
        let problem = Problem::LowPort {
            service: service.name.clone(),
            port: low_port(service)?.to_owned(),
            user: service.user_name()?.to_owned(),
            platform: platform.name.clone(),
        };
        Some(Finding::new(problem, service.location))
    };
    match platform.capsh {
        Some(_) => Vec::new(),
        None => graph.services().filter_map(finding).collect(),
    }
}

/// The ports that more than one service listens on, and what is no port.
pub(super) fn check(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: Vec<(Listen<'_>, &Service)> = Vec::new();
    for service in graph.services() {
        for text in &service.listens {
            let Some(listen) = Listen::parse(text) else {
                findings.push(Finding::new(malformed(service, text), service.location));
                continue;
            };
            let others = || taken.iter().filter(|(_, other)| other.name != service.name);
            if let Some((_, other)) = others().find(|(other, _)| other.clashes(&listen)) {
                let problem = Problem::SamePort {
                    service: service.name.clone(),
                    port: text.clone(),
                    first: other.name.clone(),
                    defined: other.location,
                };
                findings.push(Finding::new(problem, service.location));
            }
            taken.push((listen, service));
        }
    }
    findings
}

fn malformed(service: &Service, text: &str) -> Problem {
    Problem::Port {
        service: service.name.clone(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_port_is_not_read() {
        for text in [
            "22",
            "tcp/",
            "tcp/0",
            "tcp/65536",
            "sctp/1",
            "tcp/host:1",
            "tcp/::1:x",
        ] {
            assert_eq!(Listen::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_clashes_with_all_addresses_and_with_itself() {
        let read = |text| Listen::parse(text).unwrap();
        let clash = |one, other| read(one).clashes(&read(other));
        assert!(clash("tcp/53", "tcp/127.0.0.1:53"));
        assert!(clash("tcp/0.0.0.0:53", "tcp/127.0.0.1:53"));
        assert!(clash("udp/[::1]:53", "udp/[::1]:53"));
        assert!(!clash("tcp/53", "udp/53"));
        assert!(!clash("udp/10.0.0.1:53", "udp/127.0.0.1:53"));
    }
}
