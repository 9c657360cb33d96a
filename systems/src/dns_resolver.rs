//! A resolver for a network.

use std::net::Ipv4Addr;

use distill::system::System;
use distill_services::chronyd::ChronyConfig;
use distill_services::packet_filter::Ruleset;
use distill_services::unbound::UnboundConfig;
use distill_services::{chronyd, packet_filter, unbound};

use crate::minimal;

/// What a [`dns_resolver`] for `networks` tells unbound: to be extended, and used instead.
///
/// ```
/// use distill_services::unbound;
/// use distill_services::unbound::Zone;
/// use distill_systems::{dns_resolver, resolver_config};
///
/// let networks = ["10.0.0.0/8"];
/// let config = resolver_config(&networks).stub_zone(Zone::new("corp.example", ["10.0.0.53"]).insecure());
/// let system = dns_resolver(&networks).replace(unbound(config));
/// # let _ = system;
/// ```
pub fn resolver_config(networks: &[&str]) -> UnboundConfig {
    let everywhere = UnboundConfig {
        interface: vec![Ipv4Addr::UNSPECIFIED.into()],
        ..UnboundConfig::new()
    };
    let allow = |config: UnboundConfig, network: &&str| config.allow(*network);
    networks.iter().fold(everywhere, allow)
}

/// [`minimal`], and a validating resolver (unbound) for whoever is in one of `networks`, with a clock
/// that is right (chronyd), since signatures have their time. Nothing but questions is let in.
///
/// The machine's own names, of time servers above all, are resolved by who its network says: no
/// signature is valid before the clock is right. The network is the platform's; where it has none, add
/// `distill_services::dhcp("eth0")`.
///
/// ```
/// let system = distill_systems::dns_resolver(&["10.0.0.0/8"]).hostname("ns");
/// # assert!(system.services.iter().all(|service| service.problems.is_empty()));
/// ```
#[track_caller]
pub fn dns_resolver(networks: &[&str]) -> System {
    let filter = Ruleset::host().accept_tcp([53]).accept_udp([53]);
    minimal().services([
        packet_filter(filter),
        chronyd(ChronyConfig::new().pool("pool.ntp.org")),
        unbound(resolver_config(networks)),
    ])
}
