//! memcached: a cache in memory, over the network.

use std::net::{IpAddr, SocketAddr};

use distill::execline;
use distill::package::Words;
use distill::system::{Service, User};

/// What memcached is told, named after its options (`memcached(1)`). What is not here goes into
/// [`extra`](MemcachedConfig::extra).
///
/// Whoever can reach the port reads and writes everything: memcached asks nobody who they are. So it
/// listens on the machine's own address alone unless it is told otherwise.
///
/// ```
/// use distill_services::memcached::MemcachedConfig;
///
/// let config = MemcachedConfig {
///     memory_limit: 1024,
///     ..MemcachedConfig::on_all_addresses()
/// };
/// assert_eq!(config.extra, [""; 0]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedConfig {
    /// `--listen`: the addresses of the machine that it listens on; all, if there is none.
    pub listen: Vec<IpAddr>,
    /// `--port`, for TCP. (UDP is off.)
    pub port: u16,
    /// `--memory-limit`: how much it keeps, in MiB.
    pub memory_limit: u32,
    /// `--conn-limit`: how many connections there may be at a time.
    pub conn_limit: u32,
    /// `--threads`
    pub threads: u32,
    /// `--max-item-size`, in KiB.
    pub max_item_size: u32,
    /// `--disable-evictions`: says that it is full, instead of forgetting what was used longest ago.
    pub disable_evictions: bool,
    /// Further arguments, such as `-o`, `no_lru_crawler`.
    pub extra: Vec<String>,
}

impl Default for MemcachedConfig {
    fn default() -> MemcachedConfig {
        MemcachedConfig::new()
    }
}

impl MemcachedConfig {
    /// memcached's defaults, for the machine itself alone: 64 MiB, port 11211.
    pub fn new() -> MemcachedConfig {
        MemcachedConfig {
            listen: vec![IpAddr::from([127, 0, 0, 1])],
            port: 11211,
            memory_limit: 64,
            conn_limit: 1024,
            threads: 4,
            max_item_size: 1024,
            disable_evictions: false,
            extra: Vec::new(),
        }
    }

    /// memcached's defaults, for everybody who can reach the machine.
    pub fn on_all_addresses() -> MemcachedConfig {
        MemcachedConfig {
            listen: Vec::new(),
            ..MemcachedConfig::new()
        }
    }

    /// The same with another argument.
    pub fn arg(mut self, arg: impl Into<String>) -> MemcachedConfig {
        self.extra.push(arg.into());
        self
    }

    /// Where it can be reached from the machine itself.
    fn own_address(&self) -> String {
        let any = self.listen.iter().find(|address| !address.is_unspecified());
        any.map_or_else(|| "127.0.0.1".to_owned(), ToString::to_string)
    }

    fn listens(&self) -> Vec<String> {
        let port = self.port;
        let on = |address: &IpAddr| format!("tcp/{}", SocketAddr::new(*address, port));
        match self.listen.as_slice() {
            [] => vec![format!("tcp/{port}")],
            addresses => addresses.iter().map(on).collect(),
        }
    }

    fn args(&self) -> Words {
        let options = [
            ("-p", self.port.to_string()),
            ("-U", "0".to_owned()),
            ("-m", self.memory_limit.to_string()),
            ("-c", self.conn_limit.to_string()),
            ("-t", self.threads.to_string()),
            ("-I", format!("{}k", self.max_item_size)),
        ];
        let mut words: Vec<String> = options
            .into_iter()
            .flat_map(|(option, value)| [option.to_owned(), value])
            .collect();
        for address in &self.listen {
            words.extend(["-l".to_owned(), address.to_string()]);
        }
        words.extend(self.disable_evictions.then(|| "-M".to_owned()));
        words.extend(self.extra.iter().cloned());
        words.into()
    }

    /// What memcached would not accept.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let positive = [
            ("port", u32::from(self.port)),
            ("memory-limit", self.memory_limit),
            ("conn-limit", self.conn_limit),
            ("threads", self.threads),
        ];
        for (name, value) in positive {
            if value == 0 {
                problems.push(format!("{name}: 0 is too small"));
            }
        }
        // memcached's own limits: 1 KiB and 1 GiB, and no more than half of the memory.
        let largest = (self.memory_limit.saturating_mul(1024) / 2).min(1 << 20);
        if self.memory_limit > 0 && !(1..=largest).contains(&self.max_item_size) {
            problems.push(format!(
                "max-item-size: {} KiB is not between 1 KiB and {largest} KiB, half of memory-limit",
                self.max_item_size
            ));
        }
        problems
    }
}

/// memcached, run as its own user from the beginning. It is ready when it answers.
///
/// ```
/// use distill::system::System;
/// use distill_services::memcached::{MemcachedConfig, memcached};
///
/// let system = System::new().service(memcached(MemcachedConfig::new()));
/// # let _ = system;
/// ```
#[track_caller]
pub fn memcached(config: MemcachedConfig) -> Service {
    let (address, port) = (config.own_address(), config.port);
    let service = Service::longrun(
        "memcached",
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            memcached #{config.args()}
        },
    )
    .package(distill_packages::memcached)
    .user(User::system("memcached"))
    .run_as("memcached")
    .after_if_present("net.lo")
    .ready_when(execline! {
        pipeline { printf "version\\r\\nquit\\r\\n" }
        pipeline { timeout 5 nc #{address} #{port} }
        grep -q "^VERSION"
    });
    service.ports(config.listens()).problems(config.problems())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_arguments() {
        let config = MemcachedConfig {
            listen: vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            disable_evictions: true,
            ..MemcachedConfig::new()
        };
        assert_eq!(
            memcached(config.clone()).listens,
            ["tcp/10.0.0.1:11211", "tcp/[::1]:11211"]
        );
        insta::assert_debug_snapshot!(config.arg("-v").args());
    }

    #[test]
    fn impossible_values_are_named() {
        assert_eq!(MemcachedConfig::on_all_addresses().problems(), [""; 0]);
        let bad = MemcachedConfig {
            port: 0,
            threads: 0,
            max_item_size: 64 * 1024,
            ..MemcachedConfig::new()
        };
        insta::assert_snapshot!(bad.problems().join("\n"));
    }
}
