//! From scripts to programs: functions are called, lists flattened, joined words put together.

use super::error::ExpandError;
use super::program::{Arg, Program};
use super::shell;
use super::word::Word;
use super::words::{Function, Item, Script, Words};
use crate::package::Config;

/// Functions that return functions may nest this deep.
pub(super) const DEPTH: usize = 100;

impl Script {
    /// The program that this script is for `config`.
    pub fn expand(&self, config: &Config) -> Result<Program, ExpandError> {
        let mut lines = Lines::default();
        Expander { config, depth: 0 }.script(self, &mut lines)?;
        let program = lines.done.into_iter().collect();
        shell::check(&program)?;
        Ok(program)
    }
}

impl Words {
    /// The words that these are for `config`.
    pub fn expand(&self, config: &Config) -> Result<Vec<Word>, ExpandError> {
        Expander { config, depth: 0 }.flat(self)
    }

    /// The words that these are for `config`, as text; a variable shows as `${name}`.
    pub fn texts(&self, config: &Config) -> Result<Vec<String>, ExpandError> {
        let text = |word: Word| {
            String::from_utf8(word.to_bytes()?).map_err(|error| ExpandError::NotText {
                word: error.as_bytes().escape_ascii().to_string(),
            })
        };
        self.expand(config)?.into_iter().map(text).collect()
    }
}

/// The commands of a program in the making.
#[derive(Default)]
struct Lines {
    done: Vec<Vec<Arg>>,
    /// Whether the next argument continues the last line.
    open: bool,
}

impl Lines {
    fn push(&mut self, arg: Arg) {
        match self.done.last_mut() {
            Some(line) if self.open => line.push(arg),
            _ => self.done.push(vec![arg]),
        }
        self.open = true;
    }

    fn end_line(&mut self) {
        self.open = false;
    }
}

#[derive(Clone, Copy)]
struct Expander<'a> {
    config: &'a Config,
    depth: usize,
}

impl Expander<'_> {
    /// What `function` returns, and an expander for it.
    fn call(self, function: &Function) -> Result<(Self, Words), ExpandError> {
        if self.depth == DEPTH {
            return Err(ExpandError::Endless);
        }
        let inner = Expander {
            depth: self.depth + 1,
            ..self
        };
        Ok((inner, function(self.config)?))
    }

    fn script(self, script: &Script, lines: &mut Lines) -> Result<(), ExpandError> {
        for command in &script.0 {
            lines.end_line();
            self.arguments(command, lines)?;
        }
        lines.end_line();
        Ok(())
    }

    fn arguments(self, words: &Words, lines: &mut Lines) -> Result<(), ExpandError> {
        for item in &words.0 {
            match item {
                Item::Word(word) => {
                    if let Some(operator) = word.operator() {
                        return Err(ExpandError::Operator { operator });
                    }
                    lines.push(Arg::Word(word.to_bytes()?));
                }
                Item::Joined(parts) => lines.push(Arg::Word(self.joined(parts)?.to_bytes()?)),
                Item::Block(block) => {
                    let mut inner = Lines::default();
                    self.script(block, &mut inner)?;
                    lines.push(Arg::Block(inner.done.into_iter().collect()));
                }
                Item::Script(script) => self.script(script, lines)?,
                Item::Function(function) => {
                    let (inner, words) = self.call(function)?;
                    inner.arguments(&words, lines)?;
                }
            }
        }
        Ok(())
    }

    /// Words that have to be words, without blocks.
    fn flat(self, words: &Words) -> Result<Vec<Word>, ExpandError> {
        let mut flat = Vec::new();
        for item in &words.0 {
            match item {
                Item::Word(word) => flat.push(word.clone()),
                Item::Joined(parts) => flat.push(self.joined(parts)?),
                Item::Block(_) => return Err(ExpandError::Block),
                Item::Script(script) => {
                    for command in &script.0 {
                        flat.extend(self.flat(command)?);
                    }
                }
                Item::Function(function) => {
                    let (inner, words) = self.call(function)?;
                    flat.extend(inner.flat(&words)?);
                }
            }
        }
        Ok(flat)
    }

    fn joined(self, parts: &[Words]) -> Result<Word, ExpandError> {
        let mut joined = Word::default();
        for part in parts {
            for (index, word) in self.flat(part)?.into_iter().enumerate() {
                let space = if index == 0 { "" } else { " " };
                joined = joined.join(space).join(word);
            }
        }
        Ok(joined)
    }
}
