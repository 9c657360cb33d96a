//! Virtual networks: who is on one hears what the others say, and nobody else does.

mod device;
mod dhcp;
mod dns;
mod http;
mod hub;
mod ntp;
mod peer;
mod wire;

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

pub use http::{Request, Response};
pub use peer::{Peer, PeerSetup};

use hub::Hub;

/// An Ethernet of its own: see [`Lab::net`](crate::Lab::net). Copies are the same network.
///
/// Frames go to everybody but the sender. The network is in memory, and needs no privileges.
#[derive(Debug, Clone)]
pub struct Net {
    number: u32,
    hub: Arc<Hub>,
    macs: Arc<AtomicU16>,
}

impl Net {
    pub(crate) fn new(number: u32) -> Net {
        Net {
            number,
            hub: Arc::default(),
            macs: Arc::default(),
        }
    }

    /// Divides the network: nobody hears anybody until it is [joined](Net::join).
    pub fn divide(&self) {
        self.hub.divide(true);
    }

    /// Puts the network together again.
    pub fn join(&self) {
        self.hub.divide(false);
    }

    /// An address that nobody else has here: QEMU's prefix, the network's number, and a number.
    pub(crate) fn new_mac_bytes(&self) -> [u8; 6] {
        let [high, low] = self.macs.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let net = self.number.to_be_bytes()[3];
        [0x52, 0x54, 0x00, net, high, low]
    }

    pub(crate) fn new_mac(&self) -> String {
        let bytes = self.new_mac_bytes().map(|byte| format!("{byte:02x}"));
        bytes.join(":")
    }

    /// Connects whoever connects to this socket first.
    pub(crate) fn plug(&self, listener: UnixListener) {
        wire::serve(Arc::clone(&self.hub), listener);
    }
}
