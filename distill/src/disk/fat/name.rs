//! Names in a FAT file system: paths, the volume's label and its serial number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::disk::guid::spread;

/// Why a text cannot be a name in a FAT file system.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// A path without components, or with an empty one.
    #[error("use `{0}` as a path in a FAT file system: a component is empty")]
    EmptyComponent(String),
    /// `.` or `..`, or a name that ends in a dot or a space, which FAT drops.
    #[error("use `{path}` as a path in a FAT file system: `{component}` ends in a dot or a space")]
    Trailing {
        /// The path.
        path: String,
        /// The component.
        component: String,
    },
    /// A character that long names exclude.
    #[error("use {path:?} as a path in a FAT file system: {character:?} cannot stand in a name")]
    Character {
        /// The path.
        path: String,
        /// The first character that is refused.
        character: char,
    },
    /// A long name has room for 255 UTF-16 units.
    #[error(
        "use `{path}` as a path in a FAT file system: `{component}` is longer than 255 UTF-16 units"
    )]
    TooLong {
        /// The path.
        path: String,
        /// The component.
        component: String,
    },
    /// A label is 1 to 11 characters of a small set.
    #[error(
        "use {0:?} as the label of a FAT file system\n\
         a label has 1 to 11 characters of A-Z, 0-9, space and !#$%&'()-@^_`{{}}~"
    )]
    Label(String),
    /// A serial number is eight hexadecimal digits with a dash.
    #[error("read `{0}` as the serial number of a FAT file system\nit looks like 5EED-0001")]
    VolumeId(String),
}

/// The path of a file in a FAT file system: components with `/` between them, none before the
/// first.
///
/// Case is kept but does not tell files apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FatPath(String);

impl FatPath {
    /// Checks a text.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let path = text.into();
        for component in path.split('/') {
            check_component(&path, component)?;
        }
        Ok(Self(path))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names on the way, the file's own the last; at least one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

fn check_component(path: &str, component: &str) -> Result<(), NameError> {
    let forbidden = |c: char| c.is_control() || "\"*:<>?\\|".contains(c);
    if component.is_empty() {
        return Err(NameError::EmptyComponent(path.to_owned()));
    }
    if let Some(character) = component.chars().find(|c| forbidden(*c)) {
        return Err(NameError::Character {
            path: path.to_owned(),
            character,
        });
    }
    if component.ends_with(['.', ' ']) {
        return Err(NameError::Trailing {
            path: path.to_owned(),
            component: component.to_owned(),
        });
    }
    if component.encode_utf16().count() > 255 {
        return Err(NameError::TooLong {
            path: path.to_owned(),
            component: component.to_owned(),
        });
    }
    Ok(())
}

/// The name of a FAT file system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FatLabel(String);

impl FatLabel {
    /// Checks a text.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let length = (1..=11).contains(&text.len());
        let characters = text.bytes().all(|byte| byte == b' ' || short_byte(byte));
        // The byte E5h marks a deleted entry; it is not in the set. A leading space would end the
        // name.
        if length && characters && !text.starts_with(' ') && !text.ends_with(' ') {
            Ok(Self(text))
        } else {
            Err(NameError::Label(text))
        }
    }

    /// The eleven bytes on the disk.
    pub(super) fn to_disk(&self) -> [u8; 11] {
        let mut padded = [b' '; 11];
        padded[..self.0.len()].copy_from_slice(self.0.as_bytes());
        padded
    }
}

/// Whether a byte may stand in a short name (Microsoft's FAT specification, section 6.1).
pub(super) fn short_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'()-@^_`{}~".contains(&byte)
}

/// The serial number of a FAT file system, written `5EED-0001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VolumeId(pub u32);

impl VolumeId {
    /// Derives one as [`Guid::derive`](crate::disk::Guid::derive) does.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low 32 bits are what is wanted"
    )]
    pub fn derive(seed: &[u8], label: &str) -> Self {
        let hash = spread(seed, label);
        Self((hash ^ (hash >> 32) ^ (hash >> 64) ^ (hash >> 96)) as u32)
    }
}

impl fmt::Display for FatPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FatLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}-{:04X}", self.0 >> 16, self.0 & 0xffff)
    }
}

impl FromStr for VolumeId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let hex = |part: &str| {
            let digits = part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
            digits.then(|| u32::from_str_radix(part, 16).ok()).flatten()
        };
        let halves = text
            .split_once('-')
            .and_then(|(high, low)| Some((hex(high)?, hex(low)?)));
        halves
            .map(|(high, low)| Self((high << 16) | low))
            .ok_or_else(|| NameError::VolumeId(text.to_owned()))
    }
}

macro_rules! from_text {
    ($($name:ident($make:expr)),+) => {$(
        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                $make(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    )+};
}

from_text!(
    FatPath(FatPath::new),
    FatLabel(FatLabel::new),
    VolumeId(|text: String| text.parse())
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_checked() {
        let path = FatPath::new("EFI/BOOT/BOOTX64.EFI").unwrap();
        assert_eq!(
            path.components().collect::<Vec<_>>(),
            ["EFI", "BOOT", "BOOTX64.EFI"]
        );
        for text in ["", "/a", "a/", "a//b"] {
            assert!(
                matches!(FatPath::new(text), Err(NameError::EmptyComponent(_))),
                "{text}"
            );
        }
        for text in [".", "a/..", "a. ", "b./c"] {
            assert!(
                matches!(FatPath::new(text), Err(NameError::Trailing { .. })),
                "{text}"
            );
        }
        for text in ["a:b", "a\\b", "a\0", "what?", "\"q\""] {
            assert!(
                matches!(FatPath::new(text), Err(NameError::Character { .. })),
                "{text}"
            );
        }
        assert!(FatPath::new("ü".repeat(255)).is_ok());
        assert!(matches!(
            FatPath::new("ü".repeat(256)),
            Err(NameError::TooLong { .. })
        ));
    }

    #[test]
    fn a_label_is_checked() {
        assert_eq!(&FatLabel::new("BOOT").unwrap().to_disk(), b"BOOT       ");
        for text in ["", "boot", "TWELVE CHARS", " X", "X ", "A.B", "É"] {
            assert_eq!(
                FatLabel::new(text),
                Err(NameError::Label(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_serial_number_reads_back() {
        let id = VolumeId(0x5eed_0001);
        assert_eq!(id.to_string(), "5EED-0001");
        assert_eq!("5eed-0001".parse(), Ok(id));
        for text in ["5eed0001", "5eed-001", "+eed-0001", "5eed-00011", ""] {
            assert!(text.parse::<VolumeId>().is_err(), "{text}");
        }
        assert_ne!(
            VolumeId::derive(b"seed", "a"),
            VolumeId::derive(b"seed", "b")
        );
    }
}
