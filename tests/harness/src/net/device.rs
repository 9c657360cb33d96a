//! A peer's network card.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use super::hub::{Frame, Plug};

/// Ethernet's payload and its head.
const MTU: usize = 1514;

/// A plug, and what was heard by it.
pub(super) struct Wire {
    plug: Plug,
    heard: VecDeque<Frame>,
}

impl Wire {
    pub(super) fn new(plug: Plug) -> Wire {
        Wire {
            plug,
            heard: VecDeque::new(),
        }
    }

    pub(super) fn hear(&mut self, frame: Frame) {
        self.heard.push_back(frame);
    }
}

impl Device for Wire {
    type RxToken<'a> = Heard;
    type TxToken<'a> = Mouth<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Heard, Mouth<'_>)> {
        let frame = self.heard.pop_front()?;
        Some((Heard(frame), Mouth(&self.plug)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Mouth<'_>> {
        Some(Mouth(&self.plug))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MTU;
        // A machine's card leaves checksums to whoever sends its frames on, and nobody does.
        capabilities.checksum.ipv4 = smoltcp::phy::Checksum::Tx;
        capabilities.checksum.udp = smoltcp::phy::Checksum::Tx;
        capabilities.checksum.tcp = smoltcp::phy::Checksum::Tx;
        capabilities
    }
}

/// A frame that was heard.
pub(super) struct Heard(Frame);

impl RxToken for Heard {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// What sends a frame.
pub(super) struct Mouth<'a>(&'a Plug);

impl TxToken for Mouth<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.send(&frame.into());
        result
    }
}
