//! Names and versions of packages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hash::serde_as_text;

/// A text that cannot be a name or a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid {kind} `{text}`\nhint: use 1 to 128 letters, digits and any of `+-._~`, beginning with a letter or digit"
)]
pub struct NameError {
    kind: &'static str,
    text: String,
}

fn is_word(text: &str) -> bool {
    let mut chars = text.chars();
    text.len() <= 128
        && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && chars.all(|c| c.is_ascii_alphanumeric() || "+-._~".contains(c))
}

/// The two differ in meaning, not in form.
macro_rules! word {
    ($(#[$doc:meta])* $type:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Checks `text`.
            pub fn new(text: impl Into<String>) -> Result<$type, NameError> {
                let text = text.into();
                if is_word(&text) { Ok($type(text)) } else { Err(NameError { kind: $kind, text }) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<$type, NameError> {
                $type::new(text)
            }
        }

        serde_as_text!($type);
    };
}

word! {
    /// The name of a package, service or plan: letters, digits and `+-._~`.
    Name, "name"
}
word! {
    /// A version as upstream writes it: letters, digits and `+-._~`.
    Version, "version"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_at_the_boundary() {
        for good in ["zlib", "gtk+3.0", "7zip", "x_y~rc1"] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", ".hidden", "a b", "a/b", "ä", &"x".repeat(129)] {
            assert!(Name::new(bad).is_err(), "{bad}");
        }
    }
}
