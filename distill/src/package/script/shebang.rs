//! The first line of a script, which names its interpreter.

use std::fmt;

use super::program::Program;
use crate::plan::AbsPath;

/// What becomes of a script's own arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Positional {
    /// They are dropped (`-P`): right for whatever takes none, such as a service's run script.
    #[default]
    Ignored,
    /// They replace `$#`, `$0`, `$1`… and `$@` (`-S N`); those missing up to this number are empty.
    Substituted(u8),
    /// The same, but `$@` begins after this number of arguments (`-s N`).
    Shifted(u8),
}

/// The first line of a script: `#!/usr/bin/execlineb -P`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shebang {
    /// The interpreter. The kernel runs it directly, so it has to be a binary that is there.
    pub execlineb: AbsPath,
    /// What becomes of the script's arguments.
    pub positional: Positional,
}

impl Shebang {
    /// A script that ignores its arguments.
    pub fn new(execlineb: AbsPath) -> Shebang {
        Shebang {
            execlineb,
            positional: Positional::Ignored,
        }
    }

    /// The same, for a script with arguments.
    pub fn positional(self, positional: Positional) -> Shebang {
        Shebang { positional, ..self }
    }

    /// The text of an executable file that runs `program`.
    pub fn file(&self, program: &Program) -> String {
        format!("{self}\n{program}")
    }
}

impl fmt::Display for Shebang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#!{} ", self.execlineb)?;
        match self.positional {
            Positional::Ignored => f.write_str("-P"),
            Positional::Substituted(least) => write!(f, "-S{least}"),
            Positional::Shifted(count) => write!(f, "-s{count}"),
        }
    }
}
