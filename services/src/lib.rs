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

mod acpid;
mod check;
mod console;
mod dhcp;
pub mod dhcpcd;
pub mod dnsmasq;
mod kmsg;
mod log;
pub mod net;
pub mod nginx;
pub mod packet_filter;
pub mod radvd;
mod seed;
pub mod sshd;
mod var_mount;

pub use acpid::acpid;
pub use console::{console_shell, getty};
pub use dhcp::dhcp;
pub use dhcpcd::net_dhcpcd;
pub use dnsmasq::dnsmasq;
pub use kmsg::kmsg;
pub use log::{LogConfig, log, var_log};
pub use net::{net_lo, net_static};
pub use nginx::nginx;
pub use packet_filter::packet_filter;
pub use radvd::radvd;
pub use seed::urandom_seed;
pub use sshd::sshd;
pub use var_mount::{var_mount, var_mount_on};
