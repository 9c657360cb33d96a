//! A DHCP server (RFC 2131) that gives addresses one after the other.

use std::net::Ipv4Addr;
use std::time::Duration;

use smoltcp::wire::{
    DHCP_CLIENT_PORT, DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress, IpEndpoint, Ipv4Cidr,
};

/// Who gets which address.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its own address, which is also the way out.
    pub(super) own: Ipv4Cidr,
    /// The first address that is given.
    pub(super) first: Ipv4Addr,
    /// For how long an address is given.
    pub(super) lease: Duration,
    /// Whether it is also a name server.
    pub(super) dns: bool,
    /// Who has an address: the first, the one after it, and so on.
    pub(super) known: Vec<EthernetAddress>,
}

/// What is said, to whom, and a line about it.
pub(super) struct Answer {
    pub(super) message: Vec<u8>,
    pub(super) to: IpEndpoint,
    pub(super) line: String,
}

impl Server {
    /// The answer to a message; nothing if it is none, or needs none.
    pub(super) fn answer(&mut self, message: &[u8]) -> Option<Answer> {
        let packet = DhcpPacket::new_checked(message).ok()?;
        let asked = DhcpRepr::parse(&packet).ok()?;
        let address = self.address_of(asked.client_hardware_address);
        let other = asked
            .server_identifier
            .is_some_and(|id| id != self.own.address());
        let wanted = asked.requested_ip.unwrap_or(asked.client_ip);
        let kind = match asked.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request if other => return None,
            DhcpMessageType::Request if wanted == address => DhcpMessageType::Ack,
            DhcpMessageType::Request => DhcpMessageType::Nak,
            _ => return None,
        };
        let said = self.reply(&asked, kind, address);
        let mut bytes = vec![0; said.buffer_len()];
        said.emit(&mut DhcpPacket::new_unchecked(&mut bytes[..]))
            .ok()?;
        let renews = kind == DhcpMessageType::Ack && !asked.client_ip.is_unspecified();
        let to = if renews {
            asked.client_ip
        } else {
            Ipv4Addr::BROADCAST
        };
        Some(Answer {
            message: bytes,
            to: IpEndpoint::new(to.into(), DHCP_CLIENT_PORT),
            line: format!(
                "dhcp {} {address}",
                if renews { "renew" } else { name(kind) }
            ),
        })
    }

    fn address_of(&mut self, client: EthernetAddress) -> Ipv4Addr {
        let known = self.known.iter().position(|known| *known == client);
        let index = known.unwrap_or_else(|| {
            self.known.push(client);
            self.known.len() - 1
        });
        Ipv4Addr::from_bits(self.first.to_bits() + u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn reply<'a>(
        &self,
        asked: &DhcpRepr<'_>,
        kind: DhcpMessageType,
        address: Ipv4Addr,
    ) -> DhcpRepr<'a> {
        let own = self.own.address();
        let good = kind != DhcpMessageType::Nak;
        let seconds = u32::try_from(self.lease.as_secs()).unwrap_or(u32::MAX);
        DhcpRepr {
            message_type: kind,
            transaction_id: asked.transaction_id,
            secs: 0,
            client_hardware_address: asked.client_hardware_address,
            client_ip: if good {
                asked.client_ip
            } else {
                Ipv4Addr::UNSPECIFIED
            },
            your_ip: if good { address } else { Ipv4Addr::UNSPECIFIED },
            server_ip: own,
            router: good.then_some(own),
            subnet_mask: good.then(|| self.own.netmask()),
            relay_agent_ip: asked.relay_agent_ip,
            broadcast: asked.broadcast,
            requested_ip: None,
            client_identifier: None,
            server_identifier: Some(own),
            parameter_request_list: None,
            dns_servers: (good && self.dns).then(|| [own].into_iter().collect()),
            max_size: None,
            lease_duration: good.then_some(seconds),
            renew_duration: good.then_some(seconds / 2),
            rebind_duration: good.then_some(seconds / 8 * 7),
            additional_options: &[],
        }
    }
}

fn name(kind: DhcpMessageType) -> &'static str {
    match kind {
        DhcpMessageType::Offer => "offer",
        DhcpMessageType::Ack => "lease",
        _ => "refuse",
    }
}
