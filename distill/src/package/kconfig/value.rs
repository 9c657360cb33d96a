//! Names and values of options.

use std::fmt;
use std::str::FromStr;

/// An option's name or value that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// A text that is no option's name.
    #[error("invalid option `{text}`\nhint: use letters, digits and `_`")]
    Symbol {
        /// The text.
        text: String,
    },
    /// A text that is no option's value.
    #[error("invalid value `{text}`: {why}")]
    Value {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The name of an option, without the `CONFIG_` that files put in front.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(String);

impl Symbol {
    /// Checks `text`, which may begin with `CONFIG_`.
    pub fn new(text: &str) -> Result<Symbol, OptionError> {
        let name = text.strip_prefix("CONFIG_").unwrap_or(text);
        let fits = |char: char| char.is_ascii_alphanumeric() || char == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(OptionError::Symbol {
                text: text.to_owned(),
            });
        }
        Ok(Symbol(name.to_owned()))
    }
}

impl FromStr for Symbol {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Symbol, OptionError> {
        Symbol::new(text)
    }
}

/// As in a `.config`: `CONFIG_SMP`.
impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CONFIG_{}", self.0)
    }
}

/// What an option is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Built in.
    Yes,
    /// Built as a module.
    Module,
    /// Left out; the same as not to be mentioned in a `.config`.
    No,
    /// A decimal number.
    Int(i64),
    /// A hexadecimal number.
    Hex(u64),
    /// A text, of one line.
    Text(String),
}

impl Value {
    /// Kconfig has no way to write control characters.
    pub(super) fn check(&self) -> Result<(), OptionError> {
        match self {
            Value::Text(text) if text.contains(char::is_control) => {
                let text = text.escape_debug().to_string();
                Err(OptionError::Value {
                    text,
                    why: "a control character in a text",
                })
            }
            _ => Ok(()),
        }
    }
}

/// As in a `.config`: `y`, `64`, `0x1000`, `"text"`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Yes => f.write_str("y"),
            Value::Module => f.write_str("m"),
            Value::No => f.write_str("n"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Hex(number) => write!(f, "{number:#x}"),
            Value::Text(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
    }
}

impl FromStr for Value {
    type Err = OptionError;

    /// Reads what a `.config` says after the `=`.
    fn from_str(text: &str) -> Result<Value, OptionError> {
        let error = |why| OptionError::Value {
            text: text.to_owned(),
            why,
        };
        match text {
            "y" => return Ok(Value::Yes),
            "m" => return Ok(Value::Module),
            "n" => return Ok(Value::No),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix('"') {
            return unquoted(rest).map(Value::Text).map_err(error);
        }
        if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            let number = u64::from_str_radix(digits, 16);
            return number
                .map(Value::Hex)
                .map_err(|_| error("not a hexadecimal number"));
        }
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Ok(Value::Int(number)),
            Ok(_) => Err(error("a number with a sign or zeros that it does not need")),
            Err(_) => Err(error("neither y, m, n, a number, nor a text in quotes")),
        }
    }
}

/// A text, of which `rest` is what follows the opening quote.
fn unquoted(rest: &str) -> Result<String, &'static str> {
    let (mut text, mut chars) = (String::new(), rest.chars());
    loop {
        match chars.next() {
            None => return Err("the closing quote is missing"),
            Some('"') if chars.as_str().is_empty() => return Ok(text),
            Some('"') => return Err("something follows the closing quote"),
            Some('\\') => text.extend(chars.next()),
            Some(char) if char.is_control() => return Err("a control character in a text"),
            Some(char) => text.push(char),
        }
    }
}

/// Built in or left out.
impl From<bool> for Value {
    fn from(yes: bool) -> Value {
        if yes { Value::Yes } else { Value::No }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}
