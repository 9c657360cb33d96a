//! Why words are no program.

/// Words that cannot be a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// No word of a program can hold a NUL byte.
    #[error("a NUL byte in the word `{}`", word.escape_default())]
    Nul {
        /// The word, with what is not UTF-8 replaced.
        word: String,
    },
    /// A name that execline cannot substitute.
    #[error("invalid variable name `{name}`\nhint: use letters, digits and `_`")]
    Variable {
        /// The name.
        name: String,
    },
    /// A name that no variable of the environment can have.
    #[error(
        "invalid name `{name}` of an environment variable\nhint: it must not be empty or hold `=`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A block where only words can stand: in a joined word, in a variable's value, in a list.
    #[error("a block `{{ … }}` where only words can stand")]
    Block,
    /// A function of the config that returns itself, perhaps by way of others.
    #[error("functions of the config that return each other without end")]
    Endless,
    /// An operator of shells, which is a word like others to execline.
    #[error(
        "execline is no shell: `{operator}` is no operator\nhint: write `if`, `pipeline`, `redirfd` and their like; `Word::verbatim` makes a word of it"
    )]
    Operator {
        /// The word.
        operator: String,
    },
    /// A program that runs nothing after itself, and a command behind it.
    #[error(
        "`{program}` runs nothing after itself: the next command (`{next}`) would be its argument\nhint: put it into a block: `if {{ {program} … }}`"
    )]
    Unchained {
        /// The program.
        program: String,
        /// What stands behind it.
        next: String,
    },
    /// A word that is longer than Linux gives to programs.
    #[error(
        "a word of {length} bytes (`{begin}…`), where no program can be given more than {longest}\nhint: put it into a file, and name that"
    )]
    Long {
        /// Its beginning.
        begin: String,
        /// Its length.
        length: usize,
        /// What it may have where it stands.
        longest: usize,
    },
    /// A word that has to be text and is not.
    #[error("the word `{word}` is not UTF-8")]
    NotText {
        /// The word, with what is not UTF-8 escaped.
        word: String,
    },
}
