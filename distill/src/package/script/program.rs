//! Programs: scripts without anything left to decide.

/// An argument in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A word: any bytes but NUL.
    Word(Vec<u8>),
    /// `{ … }`
    Block(Program),
}

/// A script with nothing left to decide: words are bytes.
///
/// Its [`Display`](std::fmt::Display) is text that execlineb reads back as the same program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program(Vec<Vec<Arg>>);

impl Program {
    /// The commands, none of them empty.
    pub fn commands(&self) -> &[Vec<Arg>] {
        &self.0
    }

    /// The command line that execlineb makes of the program: the words of a block are marked by a
    /// space in front, once for each block around them, and an empty word ends the block.
    pub fn argv(&self) -> Vec<Vec<u8>> {
        let mut argv = Vec::new();
        self.extend_argv(0, &mut argv);
        argv
    }

    fn extend_argv(&self, depth: usize, argv: &mut Vec<Vec<u8>>) {
        let mark = |depth| vec![b' '; depth];
        for arg in self.0.iter().flatten() {
            match arg {
                Arg::Word(word) => argv.push([&mark(depth), word.as_slice()].concat()),
                Arg::Block(block) => {
                    block.extend_argv(depth + 1, argv);
                    argv.push(mark(depth));
                }
            }
        }
    }
}

impl FromIterator<Vec<Arg>> for Program {
    fn from_iter<I: IntoIterator<Item = Vec<Arg>>>(commands: I) -> Program {
        Program(
            commands
                .into_iter()
                .filter(|command| !command.is_empty())
                .collect(),
        )
    }
}
