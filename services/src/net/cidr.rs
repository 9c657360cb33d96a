//! Addresses with the length of their network's prefix.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address with the length of its network's prefix: `192.0.2.7/24`.
///
/// ```
/// use distill_services::net::Cidr;
///
/// let own: Cidr = "192.0.2.7/24".parse()?;
/// assert_eq!(own, Cidr::new([192, 0, 2, 7], 24));
/// assert!(own.contains([192, 0, 2, 1]) && !own.contains([192, 0, 3, 1]));
/// assert!("192.0.2.7/33".parse::<Cidr>().is_err());
/// # Ok::<(), distill_services::net::ParseCidrError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    /// The address.
    pub address: IpAddr,
    /// How many bits of it are its network's: at most 32 or 128. More is found when a service is
    /// checked.
    pub prefix: u8,
}

/// A text that is no address with a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address with a prefix, such as `192.0.2.7/24`")]
pub struct ParseCidrError(String);

impl Cidr {
    /// An address with a prefix of so many bits.
    pub fn new(address: impl Into<IpAddr>, prefix: u8) -> Cidr {
        let address = address.into();
        Cidr { address, prefix }
    }

    /// All IPv4 addresses.
    pub const ANY_V4: Cidr = Cidr {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        prefix: 0,
    };

    /// All IPv6 addresses.
    pub const ANY_V6: Cidr = Cidr {
        address: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        prefix: 0,
    };

    /// Whether the prefix is not longer than the address.
    pub fn is_valid(self) -> bool {
        self.prefix <= if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether `address` lies in the network.
    pub fn contains(self, address: impl Into<IpAddr>) -> bool {
        match (bits(self.address), bits(address.into())) {
            ((own, length), (other, same)) if length == same && self.is_valid() => {
                let host = u32::from(length - self.prefix);
                // A shift by all bits is none.
                (own ^ other).checked_shr(host).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// The network, with zeros where the host's bits are.
    pub fn network(self) -> Cidr {
        let (own, length) = bits(self.address);
        let host = u32::from(length.saturating_sub(self.prefix));
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        let address = match self.address {
            // The upper bits are zero.
            IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(own & mask).unwrap_or(0)).into(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(own & mask).into(),
        };
        Cidr { address, ..self }
    }
}

/// The bits of an address, and how many there are.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl From<IpAddr> for Cidr {
    /// The address alone: a prefix of all bits.
    fn from(address: IpAddr) -> Cidr {
        let prefix = bits(address).1;
        Cidr { address, prefix }
    }
}

impl FromStr for Cidr {
    type Err = ParseCidrError;

    fn from_str(text: &str) -> Result<Cidr, ParseCidrError> {
        let parse = || {
            let (address, prefix) = text.split_once('/')?;
            let cidr = Cidr {
                address: address.parse().ok()?,
                prefix: prefix.parse().ok()?,
            };
            cidr.is_valid().then_some(cidr)
        };
        parse().ok_or_else(|| ParseCidrError(text.to_owned()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_told_apart() {
        let cidr = |text: &str| text.parse::<Cidr>().unwrap();
        assert!(cidr("0.0.0.0/0").contains([8, 8, 8, 8]));
        assert!(!cidr("0.0.0.0/0").contains(Ipv6Addr::LOCALHOST));
        assert!(cidr("fd00::1/128").contains("fd00::1".parse::<IpAddr>().unwrap()));
        assert!(!cidr("fd00::1/127").contains("fd00::2".parse::<IpAddr>().unwrap()));
        assert!(!Cidr::new([10, 0, 0, 1], 33).contains([10, 0, 0, 1]));
        assert_eq!(cidr("10.1.2.3/8").network(), cidr("10.0.0.0/8"));
        assert_eq!(cidr("10.1.2.3/0").network(), Cidr::ANY_V4);
        assert_eq!(cidr("fd00:1::2/64").network(), cidr("fd00:1::/64"));
        assert_eq!(Cidr::from(IpAddr::from([10, 0, 0, 1])).prefix, 32);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            "10.0.0.1",
            "10.0.0.1/33",
            "::/129",
            "10.0.0/8",
            "a/8",
            "10.0.0.1/-1",
        ] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }
}
