//! What one network interface is given.

use std::net::IpAddr;

use distill::package::Words;

use super::cidr::Cidr;

/// Where packets for some network go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The network.
    pub to: Cidr,
    /// The router; none, if the network is on the interface itself.
    pub via: Option<IpAddr>,
    /// Which of several routes is taken: the one with the lowest number.
    pub metric: Option<u32>,
}

impl Route {
    /// Packets to `to` go to the router `via`.
    pub fn new(to: Cidr, via: impl Into<IpAddr>) -> Route {
        Route {
            to,
            via: Some(via.into()),
            metric: None,
        }
    }
}

/// What one network interface is given.
///
/// ```
/// use distill_services::net::{Cidr, NetConfig, Route};
///
/// let lan = NetConfig {
///     addresses: vec![Cidr::new([10, 0, 0, 1], 24)],
///     routes: vec![Route::new(Cidr::new([10, 1, 0, 0], 16), [10, 0, 0, 2])],
///     mtu: Some(9000),
///     ..NetConfig::new()
/// };
/// assert_eq!(lan, lan.clone());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetConfig {
    /// Its addresses.
    pub addresses: Vec<Cidr>,
    /// Its routes, beside those to the networks of its addresses.
    pub routes: Vec<Route>,
    /// The size of the largest packet, in bytes (68 to 65535, at least 1280 for IPv6); the kernel's
    /// choice, if there is none.
    pub mtu: Option<u32>,
    /// Whether routers may tell it IPv6 addresses and routes, too, as the kernel lets them by itself.
    pub accept_ra: bool,
    /// The name servers; programs ask at most three.
    pub nameservers: Vec<IpAddr>,
    /// The domains in which names without a dot are looked for.
    pub search: Vec<String>,
    /// What could not be understood: reported when the system is put together.
    pub mistakes: Vec<String>,
}

impl Default for NetConfig {
    fn default() -> NetConfig {
        NetConfig::new()
    }
}

impl NetConfig {
    /// Nothing.
    pub fn new() -> NetConfig {
        NetConfig {
            addresses: Vec::new(),
            routes: Vec::new(),
            mtu: None,
            accept_ra: true,
            nameservers: Vec::new(),
            search: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// The same with another address, such as `192.0.2.7/24`.
    pub fn address(mut self, address: &str) -> NetConfig {
        match address.parse() {
            Ok(address) => self.addresses.push(address),
            Err(error) => self.mistakes.push(format!("address: {error}")),
        }
        self
    }

    /// The same with a router to everywhere.
    pub fn gateway(mut self, router: impl Into<IpAddr>) -> NetConfig {
        let router = router.into();
        let to = if router.is_ipv4() {
            Cidr::ANY_V4
        } else {
            Cidr::ANY_V6
        };
        self.routes.push(Route::new(to, router));
        self
    }

    /// The same with another name server.
    pub fn nameserver(mut self, server: impl Into<IpAddr>) -> NetConfig {
        self.nameservers.push(server.into());
        self
    }

    /// Lines for `/run/resolv.conf`.
    pub(super) fn resolv(&self) -> String {
        let search =
            (!self.search.is_empty()).then(|| format!("search {}\n", self.search.join(" ")));
        let servers = self
            .nameservers
            .iter()
            .map(|server| format!("nameserver {server}\n"));
        search.into_iter().chain(servers).collect()
    }

    pub(super) fn has_ipv6(&self) -> bool {
        self.addresses.iter().any(|cidr| cidr.address.is_ipv6())
    }

    /// What is done before the interface is up: what a failed try left is taken away.
    pub(super) fn before(&self, interface: &str) -> Vec<Words> {
        let mut commands = forget(interface);
        if let Some(mtu) = self.mtu {
            let mtu = mtu.to_string();
            commands.push(["ip", "link", "set", interface, "mtu", &mtu].into());
        }
        if !self.accept_ra {
            // `sysctl` would take dots in an interface's name for slashes.
            let path = format!("/proc/sys/net/ipv6/conf/{interface}/accept_ra");
            commands.push(["redirfd", "-w", "1", &path, "echo", "0"].into());
        }
        commands
    }

    pub(super) fn addresses(&self, interface: &str) -> Vec<Words> {
        let command = |cidr: &Cidr| {
            let add = Words::from(["ip", "addr", "add"]).with(cidr.to_string());
            let broadcast = cidr.address.is_ipv4() && cidr.prefix < 31;
            let add = match broadcast {
                true => add.with(["broadcast", "+"]),
                false => add,
            };
            add.with(["dev", interface])
        };
        self.addresses.iter().map(command).collect()
    }

    pub(super) fn routes(&self, interface: &str) -> Vec<Words> {
        let command = |route: &Route| {
            let family = if route.to.address.is_ipv4() {
                "-4"
            } else {
                "-6"
            };
            let to = route.to.to_string();
            let mut command = Words::from(["ip", family, "route", "replace", &to]);
            if let Some(via) = route.via {
                command = command.with(["via", &via.to_string()]);
            }
            command = command.with(["dev", interface]);
            if route.via.is_some_and(|via| !self.reaches(via)) {
                command = command.with("onlink");
            }
            match route.metric {
                Some(metric) => command.with(["metric", &metric.to_string()]),
                None => command,
            }
        };
        self.routes.iter().map(command).collect()
    }

    /// Whether a router lies in a network of its own, or is told by its link's address.
    fn reaches(&self, router: IpAddr) -> bool {
        let link = match router {
            IpAddr::V6(router) => router.is_unicast_link_local(),
            IpAddr::V4(_) => false,
        };
        link || self.addresses.iter().any(|cidr| cidr.contains(router))
    }

    /// What cannot be.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = self.mistakes.clone();
        if self.addresses.is_empty() && self.mistakes.is_empty() {
            problems.push("addresses: there is none".to_owned());
        }
        let routes = self.routes.iter().map(|route| ("routes", route.to));
        let own = self.addresses.iter().map(|cidr| ("addresses", *cidr));
        for (name, cidr) in own.chain(routes).filter(|(_, cidr)| !cidr.is_valid()) {
            problems.push(format!(
                "{name}: the prefix of `{cidr}` is longer than the address"
            ));
        }
        for Cidr { address, .. } in &self.addresses {
            if address.is_unspecified() || address.is_multicast() {
                problems.push(format!("addresses: no host can have `{address}`"));
            }
        }
        for route in &self.routes {
            problems.extend(route_problem(route));
        }
        let least = if self.has_ipv6() { 1280 } else { 68 };
        if let Some(mtu) = self.mtu.filter(|mtu| !(least..=65535).contains(mtu)) {
            problems.push(format!("mtu: {mtu} is not between {least} and 65535"));
        }
        let bad = |name: &&String| name.is_empty() || name.contains(char::is_whitespace);
        problems.extend(
            self.search
                .iter()
                .filter(bad)
                .map(|name| format!("search: `{name}` is not a domain")),
        );
        problems
    }
}

fn route_problem(route: &Route) -> Option<String> {
    let Route { to, via, .. } = route;
    if via.is_some_and(|via| via.is_ipv4() != to.address.is_ipv4()) {
        return Some(format!(
            "routes: `{to}` and its router are of two protocols"
        ));
    }
    (to.is_valid() && to.network() != *to).then(|| {
        format!(
            "routes: `{to}` has bits outside its network, `{}`",
            to.network()
        )
    })
}

/// Takes all addresses but the link's own away.
pub(super) fn forget(interface: &str) -> Vec<Words> {
    vec![
        ["ip", "-4", "addr", "flush", "dev", interface].into(),
        [
            "ip", "-6", "addr", "flush", "dev", interface, "scope", "global",
        ]
        .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_values_are_named() {
        let good = NetConfig::new()
            .address("10.0.0.2/24")
            .gateway([10, 0, 0, 1]);
        assert_eq!(good.problems(), [""; 0]);
        let bad = NetConfig {
            addresses: vec![Cidr::new([10, 0, 0, 1], 40), Cidr::ANY_V4],
            routes: vec![
                Route::new(Cidr::new([10, 1, 0, 1], 16), [10, 0, 0, 2]),
                Route::new(Cidr::ANY_V6, [10, 0, 0, 2]),
            ],
            mtu: Some(60),
            search: vec!["two words".to_owned()],
            ..NetConfig::new().address("10.0.0.1")
        };
        assert_eq!(bad.problems().len(), 7, "{:?}", bad.problems());
        assert_eq!(NetConfig::new().problems().len(), 1);
    }
}
