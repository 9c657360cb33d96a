//! A web server.

use distill::system::System;
use distill_services::nginx::NginxConfig;
use distill_services::packet_filter::Ruleset;
use distill_services::{nginx, packet_filter};

use crate::minimal;

/// [`minimal`], and nginx with `config`: whoever is outside reaches ports 80 and 443, and gets answers to
/// pings. Nothing else is let in; to log in, replace the `packet-filter`.
///
/// The network is the platform's; where it has none, add `distill_services::dhcp("eth0")`. What is
/// served is files of the system, or lies below `/var`.
///
/// ```
/// use distill::system::File;
/// use distill_services::nginx::{NginxConfig, Server};
/// use distill_systems::web_server;
///
/// let site = NginxConfig::new().server(Server::new().root("/usr/share/www"));
/// let system = web_server(site).file(File::new("/usr/share/www/index.html", "<p>hello\n"));
/// # assert!(system.services.iter().all(|service| service.problems.is_empty()));
/// ```
#[track_caller]
pub fn web_server(config: NginxConfig) -> System {
    let outside = Ruleset::host().accept_tcp([80, 443]);
    minimal().services([packet_filter(outside), nginx(config)])
}
