//! A relay of the Tor network.

use distill::system::System;
use distill_services::chronyd::ChronyConfig;
use distill_services::packet_filter::Ruleset;
use distill_services::tor::{Relay, TorConfig};
use distill_services::{chronyd, packet_filter, tor};

use crate::minimal;

/// [`minimal`], and a relay of the Tor network, with a clock that is right (chronyd). Nothing is let in
/// but the relay's port.
///
/// The relay's keys lie in `/var/lib/tor`: they are its name, and what is known of it depends on them.
/// The network is the platform's; where it has none, add `distill_services::dhcp("eth0")`.
///
/// ```
/// use distill_services::tor::Relay;
///
/// let relay = Relay {
///     relay_bandwidth_rate: Some(4096),
///     ..Relay::new("example", "admin@example.org")
/// };
/// let system = distill_systems::tor_relay(relay);
/// # assert!(system.services.iter().all(|service| service.problems.is_empty()));
/// ```
#[track_caller]
pub fn tor_relay(relay: Relay) -> System {
    let filter = Ruleset::host().accept_tcp([relay.or_port]);
    minimal().services([
        packet_filter(filter),
        chronyd(ChronyConfig::new().pool("pool.ntp.org")),
        tor(TorConfig::relay(relay)),
    ])
}
