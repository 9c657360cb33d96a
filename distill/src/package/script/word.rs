//! One word, with variables that are replaced when the script runs.

use std::fmt;

use super::error::ExpandError;
use super::shell;

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    /// Text that is meant as it is, whatever it looks like.
    Verbatim(Vec<u8>),
    Variable(String),
}

/// One word of a script: text, and variables that are replaced when the script runs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Word(Vec<Part>);

impl Word {
    /// A word of bytes that need not be UTF-8.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Word {
        Word(vec![Part::Text(bytes.into())])
    }

    /// A word that is meant as it is, also if it looks like an operator of a shell: `;`, as `find -exec` wants it.
    /// [`execline!`](crate::execline) makes it of a word in quotes.
    pub fn verbatim(text: impl Into<Vec<u8>>) -> Word {
        Word(vec![Part::Verbatim(text.into())])
    }

    /// The operator that somebody may have meant who knows shells.
    pub(super) fn operator(&self) -> Option<String> {
        match self.0.as_slice() {
            [Part::Text(text)] if shell::is_operator(text) => {
                Some(String::from_utf8_lossy(text).into_owned())
            }
            _ => None,
        }
    }

    /// The variable `name`, which some command before it defines: `importas`, `define`, `forx` and
    /// their like, or a shebang with [positional parameters](super::Positional).
    pub fn var(name: impl Into<String>) -> Word {
        Word(vec![Part::Variable(name.into())])
    }

    /// This word and `other` in one.
    pub fn join(mut self, other: impl Into<Word>) -> Word {
        self.0.extend(other.into().0);
        self
    }

    /// The word as execlineb gets it.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, ExpandError> {
        let mut bytes = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) | Part::Verbatim(text) => bytes.extend(text),
                Part::Variable(name) => push_variable(&mut bytes, name)?,
            }
        }
        if bytes.contains(&0) {
            let word = String::from_utf8_lossy(&bytes).into_owned();
            return Err(ExpandError::Nul { word });
        }
        Ok(bytes)
    }
}

/// A substitution takes two backslashes before a variable for one.
fn push_variable(bytes: &mut Vec<u8>, name: &str) -> Result<(), ExpandError> {
    if name.is_empty() || name.contains(['$', '{', '}']) {
        let name = name.to_owned();
        return Err(ExpandError::Variable { name });
    }
    let backslashes = bytes.iter().rev().take_while(|b| **b == b'\\').count();
    bytes.extend(std::iter::repeat_n(b'\\', backslashes));
    bytes.extend(format!("${{{name}}}").as_bytes());
    Ok(())
}

impl From<&str> for Word {
    fn from(text: &str) -> Word {
        Word::bytes(text)
    }
}

impl From<String> for Word {
    fn from(text: String) -> Word {
        Word::bytes(text)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for part in &self.0 {
            match part {
                Part::Text(text) | Part::Verbatim(text) => write!(f, "{}", text.escape_ascii())?,
                Part::Variable(name) => write!(f, "${{{name}}}")?,
            }
        }
        f.write_str("\"")
    }
}
