//! Services: what a system starts at boot.
//!
//! Each function returns a [`Service`](distill::system::Service), which is data: it can be changed
//! before it is given to a [`System`](distill::system::System) or a platform.
//!
//! ```
//! use distill::system::{System, sysctl};
//! use distill_services::{console_shell, dhcp, kmsg, net_lo, sshd, urandom_seed, var_log, var_mount};
//! use distill_services::sshd::SshdConfig;
//!
//! let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p me@home";
//! let system = System::new()
//!     .services([var_mount(), urandom_seed(), kmsg(), net_lo(), dhcp("eth0")])
//!     .service(console_shell("ttyS0", 115_200))
//!     .service(sshd(SshdConfig::new().authorized_key("root", key)))
//!     .sysctl(sysctl::hardening())
//!     .loggers(var_log());
//! # let _ = system;
//! ```
//!
//! What is not here is a few lines of a crate of your own: a script that runs once at boot
//! ([`Service::oneshot`](distill::system::Service::oneshot)), or a daemon from a recipe of your own
//! ([`Service::longrun`](distill::system::Service::longrun)).
//!
//! ```
//! use distill::package::Config;
//! use distill::plan::Plan;
//! use distill::system::{Directory, Service, System, User};
//! use distill::{cmmi_package, execline};
//!
//! fn guestbook_package(config: &Config) -> Plan {
//!     cmmi_package! { config,
//!         name: "guestbook", version: "1.0",
//!         licence: "MIT", homepage: "https://example.org/guestbook",
//!         source: url("https://example.org/$name-$version.tar.xz",
//!             sha256("0000000000000000000000000000000000000000000000000000000000000000")),
//!     }
//! }
//!
//! /// A script, before the daemon.
//! fn greeting() -> Service {
//!     Service::oneshot("greeting", execline! { redirfd -w 1 "/run/greeting" echo welcome })
//!         .writes("/run/greeting")
//! }
//!
//! /// The daemon, as its own user, with a directory that lasts.
//! fn guestbook(port: u16) -> Service {
//!     Service::longrun("guestbook", execline! {
//!         fdmove -c 2 1
//!         guestbook --foreground --port #{port} --data "/var/lib/guestbook"
//!     })
//!     .package(guestbook_package)
//!     .user(User::system("guestbook"))
//!     .run_as("guestbook")
//!     .after("var-mount")
//!     .after("greeting")
//!     .directory(Directory::new("/var/lib/guestbook").owner(distill::system::Owner::new("guestbook", "guestbook")))
//!     .listens(format!("tcp/{port}"))
//!     .ready_when(execline! { nc -z "127.0.0.1" #{port} })
//! }
//!
//! let system = System::new().services([greeting(), guestbook(8080)]);
//! # let _ = system;
//! ```
//!
//! # Rights
//!
//! A daemon runs as a user of its own as soon as it can, and keeps of root's rights what it says that it needs.
//! Those that start no programs but their own cannot gain any either (`setpriv --nnp`, see `prctl(2)`,
//! `PR_SET_NO_NEW_PRIVS`).

mod acpid;
mod check;
pub mod chronyd;
mod clock;
mod console;
pub mod cron;
mod dhcp;
pub mod dhcpcd;
pub mod dnsmasq;
mod kmsg;
mod log;
pub mod memcached;
pub mod net;
pub mod nginx;
pub mod ntpd;
pub mod packet_filter;
pub mod radvd;
mod seed;
pub mod sshd;
mod swap;
#[cfg(test)]
mod tests;
pub mod tor;
pub mod unbound;
mod var_mount;

pub use acpid::acpid;
pub use chronyd::chronyd;
pub use clock::note_time;
pub use console::{console_shell, getty};
pub use cron::cron;
pub use dhcp::dhcp;
pub use dhcpcd::net_dhcpcd;
pub use dnsmasq::dnsmasq;
pub use kmsg::kmsg;
pub use log::{LogConfig, log, var_log};
pub use memcached::memcached;
pub use net::{net_lo, net_static};
pub use nginx::nginx;
pub use ntpd::ntpd;
pub use packet_filter::packet_filter;
pub use radvd::radvd;
pub use seed::urandom_seed;
pub use sshd::sshd;
pub use swap::swap;
pub use tor::tor;
pub use unbound::unbound;
pub use var_mount::{var_mount, var_mount_on};
