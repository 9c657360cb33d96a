//! Ready-made systems: what many machines have in common, to start from.
//!
//! Each is a plain [`System`], independent of hardware, that is changed before it is given to a
//! platform:
//!
//! ```
//! use distill_packages::{curl, jq};
//! use distill_systems::ssh_host;
//!
//! let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p me@home";
//! let system = ssh_host(&[key]).hostname("web1").packages((curl, jq));
//! assert_eq!(system.packages.len(), 3);
//! ```

mod dns_resolver;
mod memcached;
mod router;
mod tor_relay;
mod web_server;

use distill::system::{System, sysctl};
use distill_services::sshd::SshdConfig;
use distill_services::{sshd, var_log};

pub use dns_resolver::{dns_resolver, resolver_config};
pub use memcached::memcached;
pub use router::{RouterConfig, router};
pub use tor_relay::tor_relay;
pub use web_server::web_server;

/// A machine that does nothing yet, but does it well: hardened kernel parameters
/// ([`sysctl::hardening`]), and a logger below `/var/log` for every daemon.
///
/// ```
/// use distill::execline;
/// use distill::system::Service;
///
/// let hello = Service::oneshot("hello", execline! { echo "hello, log" });
/// let system = distill_systems::minimal().service(hello);
/// # let _ = system;
/// ```
#[track_caller]
pub fn minimal() -> System {
    System::new().sysctl(sysctl::hardening()).loggers(var_log())
}

/// [`minimal`], and OpenSSH's server: who has one of `keys` (lines of public key files) is root.
///
/// Without a key here, a platform may know some, as the `droplet` does. The network is the
/// platform's; where it has none, add `distill_services::dhcp("eth0")`.
///
/// ```
/// let cloud = distill_systems::ssh_host(&[]);
/// assert_eq!(cloud.services[0].name, "sshd");
/// ```
#[track_caller]
pub fn ssh_host(keys: &[&str]) -> System {
    let trust = |config: SshdConfig, key: &&str| config.authorized_key("root", *key);
    let config = keys.iter().fold(SshdConfig::new(), trust);
    minimal()
        .service(sshd(config))
        .package(distill_packages::openssh_server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_where_sshd_looks() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3t5ZBY6J0Zb6bZ1vT0zcu0w0Zr3H3PqFQ6M1nB8v1p a";
        let system = ssh_host(&[key, key]);
        let paths: Vec<&str> = system.services[0]
            .files
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(
            paths,
            ["/etc/ssh/sshd_config", "/etc/ssh/authorized_keys/root"]
        );
        assert_eq!(system.services[0].problems, [""; 0]);
    }

    #[test]
    fn what_is_no_key_is_a_finding() {
        assert_eq!(ssh_host(&["my laptop"]).services[0].problems.len(), 1);
    }
}
