//! Names of partitions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A partition's name: 1 to 36 characters of 16 bits each (UCS-2, as the specification says), no control
/// characters, no white space (a kernel's command line could not name it).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// Why a text cannot be a partition's name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LabelError {
    /// There is none.
    #[error("use an empty text as the label of a partition")]
    Empty,
    /// GPT has room for 36 units of 16 bits.
    #[error("use `{label}` as the label of a partition: {units} characters, at most 36 fit")]
    TooLong {
        /// The text.
        label: String,
        /// Its length.
        units: usize,
    },
    /// Control character, white space, or one that needs more than 16 bits: the kernel and others take it for
    /// two.
    #[error("use {label:?} as the label of a partition: {character:?} cannot stand in one")]
    Character {
        /// The text.
        label: String,
        /// The first character that is refused.
        character: char,
    },
}

impl Label {
    /// The most units of 16 bits.
    pub const MAX_UNITS: usize = 36;

    /// Checks a text.
    pub fn new(text: impl Into<String>) -> Result<Self, LabelError> {
        let label = text.into();
        let refused = |c: &char| c.is_control() || c.is_whitespace() || c.len_utf16() > 1;
        let units = label.chars().count();
        if let Some(character) = label.chars().find(refused) {
            Err(LabelError::Character { label, character })
        } else if label.is_empty() {
            Err(LabelError::Empty)
        } else if units > Self::MAX_UNITS {
            Err(LabelError::TooLong { label, units })
        } else {
            Ok(Self(label))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Label {
    type Error = LabelError;

    fn try_from(text: String) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_checked() {
        assert_eq!(Label::new("root-a").unwrap().as_str(), "root-a");
        assert!(Label::new("x".repeat(36)).is_ok());
        assert_eq!(Label::new(""), Err(LabelError::Empty));
        assert!(Label::new("\u{ffee}".repeat(36)).is_ok());
        assert!(matches!(
            Label::new("x".repeat(37)),
            Err(LabelError::TooLong { units: 37, .. })
        ));
        // The last one needs two units.
        for text in ["a b", "a\n", "\u{7f}", "nul\0", "sea🌊"] {
            assert!(
                matches!(Label::new(text), Err(LabelError::Character { .. })),
                "{text:?}"
            );
        }
    }
}
