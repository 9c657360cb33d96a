//! Fragments put together.

use std::collections::BTreeMap;
use std::fmt;

use super::error::{Clash, KconfigError};
use super::fragment::{Fragment, write_option};
use super::value::{Symbol, Value};

/// A value, and who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The value.
    pub value: Value,
    /// The name of the fragment.
    pub by: String,
}

/// All that is asked of one configuration. Its `Display` is kconfig's own format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options(BTreeMap<Symbol, Asked>);

impl Options {
    /// All of `fragments`. What two of them want differently is an error that names both.
    pub fn merge(fragments: impl IntoIterator<Item = Fragment>) -> Result<Options, KconfigError> {
        let (mut options, mut clashes) = (Options::default(), Vec::new());
        for fragment in fragments {
            clashes.extend(options.clashes(&fragment));
            options = options.override_with(fragment)?;
        }
        if clashes.is_empty() {
            Ok(options)
        } else {
            Err(KconfigError::Clashes(clashes))
        }
    }

    /// The same with everything in `fragment` as it says there. A text of several lines is an error.
    pub fn override_with(mut self, fragment: Fragment) -> Result<Options, KconfigError> {
        let by = fragment.name;
        fragment.options.values().try_for_each(Value::check)?;
        let asked = |(symbol, value)| {
            (
                symbol,
                Asked {
                    value,
                    by: by.clone(),
                },
            )
        };
        self.0.extend(fragment.options.into_iter().map(asked));
        Ok(self)
    }

    fn clashes(&self, fragment: &Fragment) -> Vec<Clash> {
        let clash = |(symbol, value): (&Symbol, &Value)| {
            let asked = self.0.get(symbol).filter(|asked| asked.value != *value)?;
            Some(Clash {
                symbol: symbol.clone(),
                first: (asked.value.clone(), asked.by.clone()),
                second: (value.clone(), fragment.name.clone()),
            })
        };
        fragment.options.iter().filter_map(clash).collect()
    }

    /// The options, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Symbol, &Asked)> {
        self.0.iter()
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(symbol, asked)| write_option(f, symbol, &asked.value))
    }
}
