//! Why hooks are called.

use std::fmt;

/// Why hooks are called: the names are those of `dhcpcd-run-hooks(8)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of dhcpcd-run-hooks(8)")]
pub enum Reason {
    Preinit,
    Carrier,
    NoCarrier,
    NoCarrierRoaming,
    Inform,
    Inform6,
    Bound,
    Bound6,
    Renew,
    Renew6,
    Rebind,
    Rebind6,
    Reboot,
    Reboot6,
    Delegated6,
    Ipv4ll,
    Static,
    ThirdParty,
    Timeout,
    Expire,
    Expire6,
    Nak,
    Reconfigure,
    RouterAdvert,
    Stop,
    Stop6,
    Stopped,
    Departed,
    Fail,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::ThirdParty => f.write_str("3RDPARTY"),
            Reason::NoCarrierRoaming => f.write_str("NOCARRIER_ROAMING"),
            other => f.write_str(&format!("{other:?}").to_uppercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_their_programs_names() {
        let names = [
            Reason::ThirdParty,
            Reason::NoCarrierRoaming,
            Reason::RouterAdvert,
            Reason::Ipv4ll,
            Reason::Bound6,
        ];
        let expected = [
            "3RDPARTY",
            "NOCARRIER_ROAMING",
            "ROUTERADVERT",
            "IPV4LL",
            "BOUND6",
        ];
        assert_eq!(names.map(|reason| reason.to_string()), expected);
    }
}
