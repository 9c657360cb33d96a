//! Permission bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hash::serde_as_text;

/// Permission bits of a file or directory, `0000` to `7777` octal; shown as four octal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mode(u16);

impl Mode {
    /// A plain file: `0644`.
    pub const FILE: Mode = Mode(0o644);
    /// A program or a directory: `0755`.
    pub const EXECUTABLE: Mode = Mode(0o755);
    /// A directory: `0755`.
    pub const DIR: Mode = Mode(0o755);

    /// The permission bits of `bits`; file type bits are dropped.
    #[allow(clippy::cast_possible_truncation, reason = "the mask fits")]
    pub const fn new(bits: u32) -> Mode {
        Mode((bits & 0o7777) as u16)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// The bits, as nodes have them.
    pub(super) const fn to_le_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    /// Whether anyone may execute it.
    pub const fn is_executable(self) -> bool {
        self.0 & 0o111 != 0
    }

    /// Whether it is set-user-id or set-group-id.
    pub const fn is_setid(self) -> bool {
        self.0 & 0o6000 != 0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        match u16::from_str_radix(text, 8) {
            Ok(bits) if text.len() == 4 && bits <= 0o7777 => Ok(Mode(bits)),
            _ => Err(format!("invalid mode `{text}`: expected four octal digits")),
        }
    }
}

serde_as_text!(Mode);
