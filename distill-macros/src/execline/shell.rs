//! What people write who know shells, and what execline wants instead. `distill::package::script` knows the same two
//! lists, for scripts that are made while the program runs; a test holds them together.

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

/// Whether a shell would take `word` for an operator.
pub(super) fn is_operator(word: &[u8]) -> bool {
    OPERATORS.iter().any(|operator| operator.as_bytes() == word)
}

/// Whether operators are made of `char`.
pub(super) fn makes_operators(char: char) -> bool {
    "&|;<>".contains(char)
}

/// The program that `word` names, if it runs nothing after itself.
pub(super) fn ends(word: &[u8]) -> Option<&'static str> {
    let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    ENDS.iter().copied().find(|end| end.as_bytes() == name)
}

/// What is said about an operator.
pub(super) fn operator(operator: &str) -> String {
    let instead = match operator {
        "&&" => "`if { first } second`",
        "||" => "`ifelse { first } { true } second`",
        "|" => "`pipeline { first } second`",
        ";" => {
            "`foreground { first } second`, or `if { first } second` if the first has to succeed"
        }
        "&" => "`background { first } second`",
        ">" => "`redirfd -w 1 file command`",
        ">>" => "`redirfd -a 1 file command`",
        "<" => "`redirfd -r 0 file command`",
        ">&" | "&>" => "`fdmove -c 2 1 command` for `2>&1`",
        _ => "a command of execline",
    };
    format!(
        "execline is no shell: `{operator}` is no operator\n\
         hint: write {instead}; a word that holds `{operator}` is quoted: `\"…\"`"
    )
}

/// What is said about `$( )`.
pub(super) const SUBSTITUTION: &str = "execline is no shell: `$(` runs nothing\n\
     hint: write `backtick -E name { command }`, and `$name` in what follows; a word that holds `$(` is quoted: `\"…\"`";

/// What is said about a program with something behind it.
pub(super) fn unchained(program: &str) -> String {
    format!(
        "`{program}` runs nothing after itself: the next command would be its argument\n\
         hint: write `if {{ {program} … }}`, or `foreground {{ {program} … }}` if it may fail; \
         lines that are indented deeper continue a command"
    )
}
