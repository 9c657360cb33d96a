//! Sets of variables: for the environment of a script, or as arguments of make.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::error::ExpandError;
use super::word::Word;
use super::words::{Script, Words};
use crate::package::Config;

#[derive(Clone)]
enum Entry {
    Set(String, Words),
    Function(Arc<dyn Fn(&Config) -> Variables + Send + Sync>),
}

/// A set of variables, name → value; what comes later replaces what came before.
///
/// A value is any [`Words`]: several are joined by spaces, and *none* means that the variable is
/// not set. (A value of one empty word is the empty string.) Made from pairs, from lists of
/// variables, and from functions of the config that return variables.
///
/// ```
/// # use distill::package::{Config, Variables};
/// fn cflags(_: &Config) -> [&'static str; 2] { ["-Os", "-pipe"] }
/// let env = Variables::new().set("CFLAGS", cflags).set("CXX", ()).set("LANG", "C");
/// # let _ = env;
/// ```
#[derive(Clone, Default)]
pub struct Variables(Vec<Entry>);

impl Variables {
    /// No variables.
    pub fn new() -> Variables {
        Variables::default()
    }

    /// These, and `name` with `value`.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Words>) -> Variables {
        self.0.push(Entry::Set(name.into(), value.into()));
        self
    }

    /// These, changed by `more`.
    pub fn with(mut self, more: impl Into<Variables>) -> Variables {
        self.0.extend(more.into().0);
        self
    }

    /// The same values under other names.
    ///
    /// ```
    /// # use distill::package::Variables;
    /// let cc_for_build = Variables::new().set("CC", "gcc").renamed(|name| format!("{name}_FOR_BUILD"));
    /// # let _ = cc_for_build;
    /// ```
    pub fn renamed(self, rename: impl Fn(&str) -> String + Send + Sync + 'static) -> Variables {
        let rename: Rename = Arc::new(rename);
        self.renamed_by(&rename)
    }

    fn renamed_by(self, rename: &Rename) -> Variables {
        let entry = |entry| match entry {
            Entry::Set(name, value) => Entry::Set(rename(&name), value),
            Entry::Function(function) => {
                let rename = Arc::clone(rename);
                Entry::Function(Arc::new(move |config| function(config).renamed_by(&rename)))
            }
        };
        Variables(self.0.into_iter().map(entry).collect())
    }

    /// What is set for `config`, by name; a variable that is to be unset has no value.
    pub fn expand(&self, config: &Config) -> Result<BTreeMap<String, Option<Word>>, ExpandError> {
        let mut values = BTreeMap::new();
        self.collect(config, 0, &mut values)?;
        Ok(values)
    }

    fn collect(
        &self,
        config: &Config,
        depth: usize,
        values: &mut BTreeMap<String, Option<Word>>,
    ) -> Result<(), ExpandError> {
        for entry in &self.0 {
            match entry {
                Entry::Set(name, value) => {
                    check(name)?;
                    values.insert(name.clone(), joined(value.expand(config)?));
                }
                Entry::Function(_) if depth == super::expand::DEPTH => {
                    return Err(ExpandError::Endless);
                }
                Entry::Function(function) => function(config).collect(config, depth + 1, values)?,
            }
        }
        Ok(())
    }

    /// Commands that put these into the environment: `export NAME value`, or `unexport NAME`.
    pub fn export(self) -> Script {
        Script::from(self.words(|name, value| match value {
            Some(value) => Script::new().command(("export", name, value)),
            None => Script::new().command(("unexport", name)),
        }))
    }

    /// Words `NAME=value`, as `make` and `env` take them. What is unset is left out.
    pub fn overrides(self) -> Words {
        self.words(|name, value| match value {
            Some(value) => Words::joined([Words::from(name), "=".into(), value.into()]),
            None => Words::new(),
        })
    }

    fn words<W: Into<Words>>(
        self,
        each: impl Fn(String, Option<Word>) -> W + Send + Sync + 'static,
    ) -> Words {
        Words::computed(move |config| {
            let values = self.expand(config)?;
            Ok(values
                .into_iter()
                .map(|(name, value)| each(name, value))
                .collect())
        })
    }
}

type Rename = Arc<dyn Fn(&str) -> String + Send + Sync>;

fn check(name: &str) -> Result<(), ExpandError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(ExpandError::Name {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// The words in one, with spaces between them; nothing if there are none.
fn joined(words: Vec<Word>) -> Option<Word> {
    words
        .into_iter()
        .reduce(|joined, word| joined.join(" ").join(word))
}

impl<K: Into<String>, V: Into<Words>> From<(K, V)> for Variables {
    fn from((name, value): (K, V)) -> Variables {
        Variables::new().set(name, value)
    }
}

impl<F, R> From<F> for Variables
where
    F: Fn(&Config) -> R + Send + Sync + 'static,
    R: Into<Variables>,
{
    fn from(function: F) -> Variables {
        let function = move |config: &Config| function(config).into();
        Variables(vec![Entry::Function(Arc::new(function))])
    }
}

impl<T: Into<Variables>> FromIterator<T> for Variables {
    fn from_iter<I: IntoIterator<Item = T>>(sets: I) -> Variables {
        sets.into_iter().fold(Variables::new(), Variables::with)
    }
}

impl<T: Into<Variables>> From<Vec<T>> for Variables {
    fn from(sets: Vec<T>) -> Variables {
        sets.into_iter().collect()
    }
}

impl<T: Into<Variables>, const N: usize> From<[T; N]> for Variables {
    fn from(sets: [T; N]) -> Variables {
        sets.into_iter().collect()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for entry in &self.0 {
            match entry {
                Entry::Set(name, value) => list.entry(&(name, value)),
                Entry::Function(_) => list.entry(&"function of the config"),
            };
        }
        list.finish()
    }
}
