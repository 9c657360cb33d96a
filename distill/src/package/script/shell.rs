//! What people write who know shells, and what execline wants instead: for scripts that are made while a program runs,
//! as [`execline!`](crate::execline) does for those that are written down. It has the same two lists.

use super::error::ExpandError;
use super::program::{Arg, Program};

/// Words that a shell takes for operators.
const OPERATORS: &[&str] = &[
    "&&", "||", "|", ";", "&", ">", ">>", "<", ">&2", "1>&2", "2>", "2>&1",
];

/// Programs that run nothing after themselves: what follows would be their arguments.
const ENDS: &[&str] = &[
    "ar",
    "awk",
    "base64",
    "basename",
    "bzip2",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cmake",
    "cmp",
    "comm",
    "configure",
    "cp",
    "cpio",
    "curl",
    "cut",
    "date",
    "dd",
    "diff",
    "dirname",
    "echo",
    "exit",
    "expr",
    "false",
    "find",
    "gcc",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "hostname",
    "id",
    "install",
    "ip",
    "kill",
    "ld",
    "ln",
    "ls",
    "make",
    "meson",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "modprobe",
    "mount",
    "mv",
    "ninja",
    "patch",
    "perl",
    "printf",
    "python3",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "strip",
    "sync",
    "sysctl",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "truncate",
    "umount",
    "uname",
    "uniq",
    "unzip",
    "wc",
    "wget",
    "xz",
    "zstd",
];

/// The longest word that Linux gives to a program (`MAX_ARG_STRLEN`, without the byte at its end).
const LONGEST: usize = 131_071;

/// Whether a shell would take `word` for an operator.
pub(super) fn is_operator(word: &[u8]) -> bool {
    OPERATORS.iter().any(|operator| operator.as_bytes() == word)
}

/// What would be known only when the program runs, if then.
pub(super) fn check(program: &Program) -> Result<(), ExpandError> {
    check_at(program, 0)
}

/// Around the words of `program` are `depth` blocks, each of which makes them longer by a byte.
fn check_at(program: &Program, depth: usize) -> Result<(), ExpandError> {
    let commands = program.commands();
    for (command, next) in commands.iter().zip(commands.iter().skip(1)) {
        unchained(command, next)?;
    }
    for arg in commands.iter().flatten() {
        match arg {
            Arg::Word(word) if word.len() + depth > LONGEST => {
                return Err(ExpandError::Long {
                    begin: shown(word),
                    length: word.len(),
                    longest: LONGEST - depth,
                });
            }
            Arg::Word(_) => {}
            Arg::Block(block) => check_at(block, depth + 1)?,
        }
    }
    Ok(())
}

/// Whether `command` runs nothing after itself.
fn unchained(command: &[Arg], next: &[Arg]) -> Result<(), ExpandError> {
    let Some(Arg::Word(word)) = command.first() else {
        return Ok(());
    };
    let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if !ENDS.iter().any(|end| end.as_bytes() == name) {
        return Ok(());
    }
    let next = match next.first() {
        Some(Arg::Word(next)) => shown(next),
        Some(Arg::Block(_)) | None => "{ … }".to_owned(),
    };
    let program = String::from_utf8_lossy(name).into_owned();
    Err(ExpandError::Unchained { program, next })
}

/// The beginning of a word.
fn shown(word: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(word).chars().take(40).collect();
    text.escape_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macro_knows_the_same() {
        let place = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../distill-macros/src/execline/shell.rs"
        );
        let text = std::fs::read_to_string(place).unwrap();
        let list = |name: &str| -> Vec<String> {
            let (_, rest) = text
                .split_once(&format!("const {name}: &[&str] = &["))
                .unwrap();
            let (list, _) = rest.split_once("];").unwrap();
            let words = list
                .split(',')
                .map(|word| word.trim().trim_matches('"').to_owned());
            words.filter(|word| !word.is_empty()).collect()
        };
        assert_eq!(list("OPERATORS"), OPERATORS);
        assert_eq!(list("ENDS"), ENDS);
        assert!(ENDS.is_sorted());
    }
}
