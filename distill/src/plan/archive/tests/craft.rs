//! Archives made by hand, wrong ones above all.

use super::super::block::BLOCK;

/// An archive under way.
#[derive(Default, Clone)]
pub(super) struct Craft(pub(super) Vec<u8>);

/// A header as an ordinary program would write it.
pub(super) fn header(kind: u8, name: impl AsRef<[u8]>, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let name = name.as_ref();
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sum(&mut block);
    block
}

/// Makes the checksum right.
pub(super) fn sum(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

/// One record of an extended header.
pub(super) fn record(keyword: &str, value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    super::super::pax::write_record(&mut out, keyword, value);
    out
}

impl Craft {
    /// A header, changed before its sum is made, and bytes behind it.
    pub(super) fn with(
        mut self,
        mut block: [u8; BLOCK],
        change: impl FnOnce(&mut [u8; BLOCK]),
        bytes: impl AsRef<[u8]>,
    ) -> Craft {
        change(&mut block);
        sum(&mut block);
        self.0.extend(block);
        self.bytes(bytes)
    }

    /// Bytes, padded to a block.
    pub(super) fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Craft {
        self.0.extend(bytes.as_ref());
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    pub(super) fn file(self, name: impl AsRef<[u8]>, bytes: &str) -> Craft {
        self.with(header(b'0', name, bytes.len() as u64), |_| {}, bytes)
    }

    pub(super) fn program(self, name: &str, bytes: &str) -> Craft {
        let executable = |block: &mut [u8; BLOCK]| block[100..107].copy_from_slice(b"0000010");
        self.with(header(b'0', name, bytes.len() as u64), executable, bytes)
    }

    pub(super) fn dir(self, name: impl AsRef<[u8]>) -> Craft {
        self.with(header(b'5', name, 0), |_| {}, "")
    }

    pub(super) fn link(self, kind: u8, name: &str, to: impl AsRef<[u8]>) -> Craft {
        let to = to.as_ref();
        let put = |block: &mut [u8; BLOCK]| block[157..157 + to.len()].copy_from_slice(to);
        self.with(header(kind, name, 0), put, "")
    }

    pub(super) fn symlink(self, name: &str, target: impl AsRef<[u8]>) -> Craft {
        self.link(b'2', name, target)
    }

    pub(super) fn hard_link(self, name: &str, to: impl AsRef<[u8]>) -> Craft {
        self.link(b'1', name, to)
    }

    /// An extended header, of one member (`x`) or of all that follow (`g`).
    pub(super) fn pax(self, kind: u8, records: &[(&str, &str)]) -> Craft {
        let records: Vec<u8> = records.iter().flat_map(|(k, v)| record(k, v)).collect();
        self.with(
            header(kind, "PaxHeaders/x", records.len() as u64),
            |_| {},
            records,
        )
    }

    /// The mark of the end.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 2 * BLOCK]);
        self.0
    }
}
