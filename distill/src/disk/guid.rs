//! GUIDs of disks, partitions and partition types; never random.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A 128-bit identifier, written `8-4-4-4-12` in lower-case hexadecimal digits.
///
/// ```
/// use distill::disk::Guid;
/// let esp: Guid = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B".parse().unwrap();
/// assert_eq!(esp.to_string(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Guid([u8; 16]);

/// A text that is not a GUID.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("read `{0}` as a GUID\na GUID looks like c12a7328-f81f-11d2-ba4b-00a0c93ec93b")]
pub struct GuidError(String);

impl Guid {
    /// The GUID of all zeros, by which a table says "nothing here".
    pub const NIL: Self = Self([0; 16]);

    /// A GUID of these bytes, in the order in which they are written.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A GUID from a number; for constants: `Guid::from_u128(0xc12a7328_f81f_…)`.
    pub const fn from_u128(number: u128) -> Self {
        Self(number.to_be_bytes())
    }

    /// The bytes in the order in which they are written.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Derives the GUID of the thing called `label` in the image that `seed` stands for.
    ///
    /// `seed` is a digest (or any bytes that differ where images differ): it brings the entropy.
    /// What is done here only spreads it over 16 bytes and tells labels apart, with FNV-1a of 128
    /// bits. The result is a version 8 GUID (RFC 9562, section 5.8: "custom"), variant 10.
    pub fn derive(seed: &[u8], label: &str) -> Self {
        let mut bytes = spread(seed, label).to_be_bytes();
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// The bytes as GPT and UEFI store them: the first three groups little-endian.
    pub const fn to_disk(self) -> [u8; 16] {
        swap_groups(self.0)
    }

    /// The inverse of [`Guid::to_disk`].
    pub const fn from_disk(bytes: [u8; 16]) -> Self {
        Self(swap_groups(bytes))
    }
}

/// FNV-1a over the length of the seed, the seed and the label; then two rounds of "shift, multiply"
/// that spread the last bytes' effect, which FNV leaves in few bits, over all of them.
pub(super) fn spread(seed: &[u8], label: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    /// The golden ratio's first 128 bits: odd, and as good as any.
    const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let length = (seed.len() as u64).to_le_bytes();
    let bytes = length.iter().chain(seed).chain(label.as_bytes());
    let hash = bytes.fold(OFFSET, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    let hash = (hash ^ (hash >> 67)).wrapping_mul(FACTOR);
    let hash = (hash ^ (hash >> 61)).wrapping_mul(FACTOR);
    hash ^ (hash >> 64)
}

const fn swap_groups(b: [u8; 16]) -> [u8; 16] {
    [
        b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    ]
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        parse(text).ok_or_else(|| GuidError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Guid> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = groups.concat();
    if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(Guid::from_u128)
}

impl TryFrom<String> for Guid {
    type Error = GuidError;

    fn try_from(text: String) -> Result<Self, GuidError> {
        text.parse()
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> Self {
        guid.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_disk_forms_are_the_specification_s() {
        // UEFI 2.10, table 5.7: the ESP's type; the bytes are those that `gdisk` writes.
        let esp: Guid = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B".parse().unwrap();
        let disk = [
            0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e,
            0xc9, 0x3b,
        ];
        assert_eq!(esp.to_disk(), disk);
        assert_eq!(Guid::from_disk(disk), esp);
        assert_eq!(
            esp,
            Guid::from_u128(0xc12a_7328_f81f_11d2_ba4b_00a0_c93e_c93b)
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "c12a7328f81f11d2ba4b00a0c93ec93b",
            "c12a7328-f81f-11d2-ba4b-00a0c93ec93",
            "c12a7328-f81f-11d2-ba4b-00a0c93ec93bb",
            "+12a7328-f81f-11d2-ba4b-00a0c93ec93b",
            "c12a732-8f81f-11d2-ba4b-00a0c93ec93b",
            "é2a7328-f81f-11d2-ba4b-00a0c93ec93b",
        ] {
            assert!(text.parse::<Guid>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_derived_guid_is_version_8_and_depends_on_seed_and_label() {
        let guid = Guid::derive(b"seed", "root");
        assert_eq!(guid.as_bytes()[6] >> 4, 8);
        assert_eq!(guid.as_bytes()[8] >> 6, 2);
        assert_ne!(guid, Guid::derive(b"seed", "esp"));
        assert_ne!(guid, Guid::derive(b"sees", "root"));
        assert_ne!(Guid::derive(b"ab", "c"), Guid::derive(b"a", "bc"));
        // Fixed for ever: disks out there carry it.
        assert_eq!(guid.to_string(), "ec7befe7-5303-812c-bdac-c588e3670cec");
    }

    #[test]
    fn neighbouring_labels_give_distant_guids() {
        let bits = |a: &str, b: &str| {
            let [a, b] =
                [a, b].map(|label| u128::from_be_bytes(*Guid::derive(&[7; 32], label).as_bytes()));
            (a ^ b).count_ones()
        };
        for (a, b) in [("a", "b"), ("slot-a", "slot-b"), ("1", "2"), ("", "x")] {
            assert!(bits(a, b) > 30, "{a} {b}: {} bits differ", bits(a, b));
        }
    }
}
