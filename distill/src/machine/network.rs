//! The virtual network: one card, a router that is QEMU itself, and ports of this host that lead
//! in.
//!
//! No privileges are needed: QEMU takes connections apart and makes them anew as its own (libslirp).

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A network card, and what it is connected with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Ports of this host's loopback address that lead to the machine.
    pub forwards: Vec<Forward>,
    /// Whether there is a metadata service.
    pub metadata: bool,
}

/// A port of this host's loopback address that leads to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// The port here.
    pub host: u16,
    /// The port of the machine.
    pub guest: u16,
}

/// Who has which address.
///
/// A cloud's machine reaches the metadata service by a link-local address, and everything else by
/// one that it learns there. libslirp knows one network, and answers for addresses of that alone. So
/// with a metadata service all of the network is link-local: a network that were wide enough for a
/// private address and a link-local one would hold a part of the Internet, which the machine could
/// then not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressing {
    /// The network, and how many bits of an address are the network's.
    pub network: (Ipv4Addr, u8),
    /// The machine. DHCP gives it this address.
    pub guest: Ipv4Addr,
    /// The router, by whose address the machine also reaches this host's loopback.
    pub gateway: Ipv4Addr,
    /// The name server: passes on to that of the host.
    pub nameserver: Ipv4Addr,
}

/// Where clouds have their metadata service.
pub(super) const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The card's address: QEMU's prefix and its usual first one.
pub(super) const MAC: &str = "52:54:00:12:34:56";

/// libslirp's own network.
const PLAIN: Addressing = Addressing {
    network: (Ipv4Addr::new(10, 0, 2, 0), 24),
    guest: Ipv4Addr::new(10, 0, 2, 15),
    gateway: Ipv4Addr::new(10, 0, 2, 2),
    nameserver: Ipv4Addr::new(10, 0, 2, 3),
};

/// The network that the metadata service is in (RFC 3927).
const WITH_METADATA: Addressing = Addressing {
    network: (Ipv4Addr::new(169, 254, 0, 0), 16),
    guest: Ipv4Addr::new(169, 254, 2, 15),
    gateway: Ipv4Addr::new(169, 254, 2, 2),
    nameserver: Ipv4Addr::new(169, 254, 2, 3),
};

impl Network {
    /// Who has which address.
    pub fn addressing(&self) -> Addressing {
        if self.metadata { WITH_METADATA } else { PLAIN }
    }
}

impl Addressing {
    /// The network's mask.
    pub fn netmask(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(u32::MAX.unbounded_shl(32 - u32::from(self.network.1)))
    }
}

/// The first port of this host's loopback address, from `first` on, that nobody listens on.
pub fn free_port(first: u16) -> io::Result<u16> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in first..=u16::MAX {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(address: Ipv4Addr, (network, bits): (Ipv4Addr, u8)) -> bool {
        (address.to_bits() ^ network.to_bits()) >> (32 - bits) == 0
    }

    #[test]
    fn everybody_is_in_the_network_that_is_answered_for() {
        for addressing in [PLAIN, WITH_METADATA] {
            let Addressing {
                network,
                guest,
                gateway,
                nameserver,
            } = addressing;
            for address in [guest, gateway, nameserver] {
                assert!(within(address, network), "{address}");
            }
        }
        assert!(within(METADATA, WITH_METADATA.network));
        assert!(!within(METADATA, PLAIN.network));
        assert_eq!(WITH_METADATA.netmask(), Ipv4Addr::new(255, 255, 0, 0));
    }

    #[test]
    fn nothing_of_the_internet_is_taken_for_a_neighbour() {
        for Addressing { network, .. } in [PLAIN, WITH_METADATA] {
            let (first, mask) = (network.0, u32::MAX >> network.1);
            let last = Ipv4Addr::from_bits(first.to_bits() | mask);
            for address in [first, last] {
                let own = address.is_private() || address.is_link_local();
                assert!(own, "{address}");
            }
        }
    }

    #[test]
    fn a_port_that_is_taken_is_not_free() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_port(port).unwrap(), port);
    }
}
