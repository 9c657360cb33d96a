//! What can be wrong with options.

use std::error::Error as _;
use std::fmt;

use super::value::{OptionError, Symbol, Value};
use crate::plan::{Name, Plan};

/// An option that two fragments want differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The option.
    pub symbol: Symbol,
    /// What came first, and the name of the fragment.
    pub first: (Value, String),
    /// What came then, and the name of the fragment.
    pub second: (Value, String),
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((one, by_one), (other, by_other)) = (&self.first, &self.second);
        write!(
            f,
            "{}: {one} in `{by_one}`, {other} in `{by_other}`",
            self.symbol
        )
    }
}

/// Options that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KconfigError {
    /// An option that cannot be.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A line that sets no option.
    #[error(
        "line {line} of `{fragment}` sets no option: `{text}`\n\
         hint: use `CONFIG_NAME=value` or `# CONFIG_NAME is not set`"
    )]
    Line {
        /// The fragment's name.
        fragment: String,
        /// The line, from 1.
        line: usize,
        /// The line itself.
        text: String,
    },
    /// An option in a fragment that cannot be.
    #[error("line {line} of `{fragment}` cannot be read")]
    Part {
        /// The fragment's name.
        fragment: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        source: OptionError,
    },
    /// Fragments that contradict each other.
    #[error("{}", clashes(.0))]
    Clashes(Vec<Clash>),
}

impl KconfigError {
    /// The package `name` as a plan that says what is wrong with its options: what a recipe returns
    /// that cannot do without them.
    #[track_caller]
    pub fn plan(&self, name: &str) -> Plan {
        let name = Name::new(name).unwrap_or_else(|_| Name::new("unnamed").expect("a name"));
        let cause = self.source().map(|source| format!(": {source}"));
        Plan::named(name).invalid(format!("{self}{}", cause.unwrap_or_default()))
    }
}

fn clashes(clashes: &[Clash]) -> String {
    let mut text = "fragments want options differently".to_owned();
    for clash in clashes {
        text.push_str("\n  ");
        text.push_str(&clash.to_string());
    }
    text + "\nhint: what shall win goes into `override_with`"
}
