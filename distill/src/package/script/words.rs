//! Lists of words and scripts, as a recipe writes them: parts of them may wait for a config.

use std::fmt;
use std::sync::Arc;

use super::error::ExpandError;
use super::word::Word;
use crate::package::Config;

/// What a function of the config has to be to stand among words.
pub(super) type Function = Arc<dyn Fn(&Config) -> Result<Words, ExpandError> + Send + Sync>;

#[derive(Clone)]
pub(super) enum Item {
    Word(Word),
    /// One word made of what the parts expand to.
    Joined(Vec<Words>),
    /// `{ … }`
    Block(Script),
    /// The commands of a script, in place.
    Script(Script),
    Function(Function),
}

/// Any number of words: what a recipe gives where words are wanted.
///
/// Made from text, numbers, [`Word`]s, paths and names; from lists, tuples and options of these;
/// from [`Script`]s; and from functions and closures `Fn(&Config) -> impl Into<Words>`, which are
/// called when the config is known, and whose result may hold functions again.
#[derive(Clone, Default)]
pub struct Words(pub(super) Vec<Item>);

impl Words {
    /// No words.
    pub fn new() -> Words {
        Words::default()
    }

    /// These words and `more`.
    pub fn with(mut self, more: impl Into<Words>) -> Words {
        self.0.extend(more.into().0);
        self
    }

    /// These words and a `{ }` block.
    pub fn block(mut self, block: impl Into<Script>) -> Words {
        self.0.push(Item::Block(block.into()));
        self
    }

    /// One word, made of all `parts` without anything between them; a part of several words has
    /// single spaces between these, a part of none adds nothing. In [`execline!`](crate::execline):
    /// `CC=#{cc}`.
    ///
    /// ```
    /// # use distill::package::{Config, Words};
    /// fn cc(_: &Config) -> [&'static str; 2] { ["gcc", "-pipe"] }
    /// let word = Words::joined([Words::from("CC="), Words::from(cc)]);
    /// # let _ = word; // expands to `"CC=gcc -pipe"`
    /// ```
    pub fn joined<P: Into<Words>>(parts: impl IntoIterator<Item = P>) -> Words {
        let parts = parts.into_iter().map(Into::into).collect();
        Words(vec![Item::Joined(parts)])
    }
}

impl Words {
    /// Words that a function computes, if it can.
    pub(super) fn computed(
        function: impl Fn(&Config) -> Result<Words, ExpandError> + Send + Sync + 'static,
    ) -> Words {
        Words(vec![Item::Function(Arc::new(function))])
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Word(word) => word.fmt(f),
            Item::Joined(parts) => f.debug_tuple("joined").field(parts).finish(),
            Item::Block(block) => f.debug_tuple("block").field(block).finish(),
            Item::Script(script) => script.fmt(f),
            Item::Function(_) => f.write_str("function of the config"),
        }
    }
}

/// A chain of commands, each of which ends by running the next one.
///
/// To execline a script is one flat sequence of words and blocks; that it is kept command by
/// command here only decides where the printed text has its lines.
#[derive(Clone, Default)]
pub struct Script(pub(super) Vec<Words>);

impl Script {
    /// A script that does nothing.
    pub fn new() -> Script {
        Script::default()
    }

    /// This script, continued by a command: its program and arguments.
    pub fn command(mut self, words: impl Into<Words>) -> Script {
        self.0.push(words.into());
        self
    }

    /// This script, continued by another one.
    pub fn then(mut self, next: impl Into<Script>) -> Script {
        self.0.extend(next.into().0);
        self
    }

    /// This script, continued by a command that takes one block: `foreground { block }`.
    pub fn with_block(self, program: impl Into<Words>, block: impl Into<Script>) -> Script {
        self.command(program.into().block(block))
    }

    /// A script that runs `scripts` one after the other, each as a child, as long as they succeed:
    /// `if { … } if { … } …`
    pub fn if_all<S: Into<Script>>(scripts: impl IntoIterator<Item = S>) -> Script {
        let chain = |chain: Script, script: S| chain.with_block("if", script);
        scripts.into_iter().fold(Script::new(), chain)
    }

    /// A script that changes the working directory.
    pub fn cd(dir: impl Into<Words>) -> Script {
        Script::new().command(("cd", dir.into()))
    }

    /// A script that sets one variable of the environment.
    pub fn export(name: impl Into<Words>, value: impl Into<Words>) -> Script {
        Script::new().command(("export", name.into(), Words::joined([value.into()])))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("script ")?;
        f.debug_list().entries(&self.0).finish()
    }
}
