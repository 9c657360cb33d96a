//! A cache.

use distill::system::{Sysctl, System};
use distill_services::memcached::{MemcachedConfig, memcached as server};
use distill_services::packet_filter;
use distill_services::packet_filter::Ruleset;

use crate::minimal;

/// [`minimal`], and memcached with so many MiB, for all of a private network: whoever reaches the machine
/// reaches port 11211, and nothing else.
///
/// memcached asks nobody who they are: keep the machine away from strangers. The network is the
/// platform's; where it has none, add `distill_services::dhcp("eth0")`.
///
/// ```
/// let system = distill_systems::memcached(1024).hostname("cache");
/// # assert!(system.services.iter().all(|service| service.problems.is_empty()));
/// ```
#[track_caller]
pub fn memcached(mebibytes: u32) -> System {
    let config = MemcachedConfig {
        memory_limit: mebibytes,
        ..MemcachedConfig::on_all_addresses()
    };
    let filter = Ruleset::host().accept_tcp([config.port]);
    minimal()
        .services([packet_filter(filter), server(config)])
        // As many may wait to be let in as memcached's own limit allows.
        .sysctl(Sysctl::new().set("net.core.somaxconn", 1024))
}
