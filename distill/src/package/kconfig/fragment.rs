//! Options that belong together, under a name.

use std::collections::BTreeMap;
use std::fmt;

use super::error::{Clash, KconfigError};
use super::value::{Symbol, Value};

/// Options that belong together. Its `Display` is kconfig's own format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fragment {
    /// What to call it in messages.
    pub name: String,
    /// The options.
    pub options: BTreeMap<Symbol, Value>,
}

impl Fragment {
    /// A fragment without options.
    pub fn new(name: impl Into<String>) -> Fragment {
        Fragment {
            name: name.into(),
            options: BTreeMap::new(),
        }
    }

    /// The same with `symbol` set to `value`, whatever it was before.
    pub fn set(mut self, symbol: Symbol, value: impl Into<Value>) -> Fragment {
        self.options.insert(symbol, value.into());
        self
    }

    /// Reads kconfig's own format: lines `CONFIG_NAME=value` and `# CONFIG_NAME is not set`; empty
    /// lines and other comments say nothing. One option with two values is an error.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Fragment, KconfigError> {
        let mut fragment = Fragment::new(name);
        for (index, text) in text.lines().enumerate() {
            let Some((symbol, value)) = assignment(text.trim()) else {
                if is_comment(text) {
                    continue;
                }
                let (fragment, line, text) = (fragment.name, index + 1, text.to_owned());
                return Err(KconfigError::Line {
                    fragment,
                    line,
                    text,
                });
            };
            fragment.add(symbol, value).map_err(|error| match error {
                KconfigError::Option(source) => KconfigError::Part {
                    fragment: fragment.name.clone(),
                    line: index + 1,
                    source,
                },
                clash => clash,
            })?;
        }
        Ok(fragment)
    }

    fn add(&mut self, symbol: &str, value: &str) -> Result<(), KconfigError> {
        let (symbol, value): (Symbol, Value) = (symbol.parse()?, value.parse()?);
        let by = |value| (value, self.name.clone());
        match self.options.insert(symbol.clone(), value.clone()) {
            Some(before) if before != value => {
                let (first, second) = (by(before), by(value));
                Err(KconfigError::Clashes(vec![Clash {
                    symbol,
                    first,
                    second,
                }]))
            }
            _ => Ok(()),
        }
    }
}

/// The name and the value that a line gives to an option.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let Some(comment) = line.strip_prefix('#') else {
        return line.split_once('=');
    };
    let name = comment.trim_start().strip_suffix(" is not set")?;
    name.starts_with("CONFIG_").then_some((name, "n"))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options
            .iter()
            .try_for_each(|(symbol, value)| write_option(f, symbol, value))
    }
}

/// A line as kconfig writes it.
pub(super) fn write_option(
    f: &mut fmt::Formatter<'_>,
    symbol: &Symbol,
    value: &Value,
) -> fmt::Result {
    match value {
        Value::No => writeln!(f, "# {symbol} is not set"),
        _ => writeln!(f, "{symbol}={value}"),
    }
}
