//! All shell scripts of the workspace, in files of their own and in strings of Rust: what a program prints is
//! assigned before it is used.
//!
//! A shell gives no thought to whether a program in `$( )` fails whose output is an argument (`ShellCheck` calls that
//! SC2312): `echo "$(wc -c <file)"` succeeds without a file, also under `set -e`. In `size=$(wc -c <file)` it is the
//! command's own failure.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::{TokenStream, TokenTree};
use syn::Lit;

/// Where substitutions are left as they are, and why.
const LEFT: [(&str, &str); 1] = [(
    "distill/src/package/cmmi.rs",
    "part of nearly every package: another word there would build all of them again; nothing can fail in it that \
     does not make a file unreadable",
)];

/// Where scripts of the program are; tests have their own ways.
const SOURCES: [&str; 7] = [
    "distill/src/package",
    "distill/src/system",
    "packages/src",
    "platforms/src",
    "services/src",
    "systems/src",
    "tests/harness/src",
];

/// The commands in `script` that use what a substitution prints, instead of assigning it: the lines.
fn misused(script: &str) -> Vec<String> {
    let lines = script.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with('#') => "",
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    look(&text, &mut found);
    found
}

/// Looks at all substitutions in `text`, and into them.
fn look(text: &str, found: &mut Vec<String>) {
    let mut from = 0;
    while let Some(begin) = next_substitution(text, from) {
        let end = end_of(text, begin);
        let inner = &text[begin + 2..end];
        let arithmetic = inner.starts_with('(');
        if !arithmetic && !is_assigned(text, begin, end) {
            let start = text[..begin].rfind('\n').map_or(0, |at| at + 1);
            let line = text[start..].lines().next().unwrap_or_default();
            found.push(line.trim().to_owned());
        }
        look(inner, found);
        from = end;
    }
}

/// Where the next `$(` begins that the shell would see.
fn next_substitution(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut single, mut double, mut at) = (false, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !single => at += 1,
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            b'$' if !single && at >= from && bytes.get(at + 1) == Some(&b'(') => return Some(at),
            // The quotes inside of a substitution are its own.
            b'$' if !single && bytes.get(at + 1) == Some(&b'(') => {
                at = end_of(text, at);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the substitution that begins at `begin` has its `)`.
fn end_of(text: &str, begin: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut single, mut double, mut depth, mut at) = (false, false, 0, begin + 1);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !single => at += 1,
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            b'$' if !single && bytes.get(at + 1) == Some(&b'(') && at > begin => {
                at = end_of(text, at);
            }
            b'(' if !single && !double => depth += 1,
            b')' if !single && !double => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    panic!("a substitution without an end: {}", &text[begin..]);
}

/// Whether the substitution is the last part of a command that is nothing but an assignment.
fn is_assigned(text: &str, begin: usize, end: usize) -> bool {
    let line = text[..begin].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..begin].trim_start();
    // The last command before it on the line.
    let separators = [
        "&& ", "|| ", "; ", "{ ", "( ", "$(", "! ", "if ", "until ", "while ", "then ", "do ", ") ",
    ];
    let starts = separators
        .iter()
        .filter_map(|separator| Some(before.rfind(separator)? + separator.len()));
    let command = &before[starts.max().unwrap_or(0)..];
    let Some((name, value)) = command.split_once('=') else {
        return false;
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let after = text[end + 1..]
        .trim_start_matches(|c: char| c == '"' || c.is_ascii_alphanumeric() || "-_./".contains(c));
    let after = after.trim_start_matches([' ', '\t']);
    let ends = after.is_empty()
        || ["\n", "&&", "||", ";", ")", "}"]
            .iter()
            .any(|end| after.starts_with(end));
    is_name && !value.contains([' ', '\t']) && ends
}

/// The strings in the code of a file that is not for tests.
fn strings(tokens: TokenStream, found: &mut Vec<String>) {
    let mut for_tests = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if for_tests => {
                // What stands behind `#[cfg(test)]`: the attribute's own brackets come first.
                for_tests = group.delimiter() != proc_macro2::Delimiter::Brace;
            }
            TokenTree::Group(group) => {
                for_tests = group.stream().to_string() == "cfg (test)";
                strings(group.stream(), found);
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => for_tests = false,
            TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    found.push(text.value());
                }
            }
            _ => {}
        }
    }
}

/// All files below a directory.
fn files(dir: &Path, found: &mut BTreeSet<Utf8PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("the sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files(&path, found),
            false => drop(found.insert(Utf8PathBuf::from_path_buf(path).expect("UTF-8"))),
        }
    }
}

/// The scripts in a file.
fn scripts(file: &Utf8Path) -> Vec<String> {
    let read = || std::fs::read_to_string(file).expect("a source");
    match file.extension() {
        Some("sh") => vec![read()],
        // Whatever is only there for tests.
        Some("rs") if file.as_str().contains("tests") || file.file_stem() == Some("failures") => {
            Vec::new()
        }
        Some("rs") => {
            let mut found = Vec::new();
            strings(read().parse().expect("Rust"), &mut found);
            found.retain(|text| text.contains("$("));
            found
        }
        _ => Vec::new(),
    }
}

#[test]
fn what_a_program_prints_is_assigned_before_it_is_used() {
    let workspace = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace");
    let mut all = BTreeSet::new();
    for source in SOURCES {
        files(workspace.join(source).as_std_path(), &mut all);
    }
    let (mut read, mut wrong) = (0, Vec::new());
    for file in &all {
        let place = file.strip_prefix(workspace).expect("inside");
        for script in scripts(file) {
            read += usize::from(file.extension() == Some("sh"));
            let left = LEFT.iter().any(|(left, _)| place == *left);
            let lines = misused(&script);
            assert!(
                !(left && lines.is_empty()),
                "{place} need not be left out any more"
            );
            wrong.extend(
                lines
                    .into_iter()
                    .filter(|_| !left)
                    .map(|line| format!("{place}: {line}")),
            );
        }
    }
    assert!(read > 20, "only {read} scripts");
    assert!(wrong.is_empty(), "assign it first:\n{}", wrong.join("\n"));
}

#[test]
fn uses_are_told_from_assignments() {
    for good in [
        "size=$(wc -c <file)",
        "size=\"$(wc -c <file)\"",
        "device=/dev/$(name \"$1\") || return",
        "a=$(one) && b=$(two | three 's/$(x)//') || exit",
        "if value=$(cat x); then",
        "until found=$(a; b)",
        "echo $((1 + size))",
        "x=$(for name; do y=$(state \"$name\"); done | sort)",
        "# it is $(not) called",
        "echo '$(not) called' \\$(nor)",
    ] {
        assert_eq!(misused(good), [""; 0], "{good}");
    }
    for bad in [
        "echo \"$(wc -c <file)\"",
        "printf '%s' \"it's $(wc -c <file)\"",
        "[ \"$(cat x)\" = 1 ] || exit",
        "for name in $(ls); do",
        "case $(cat x) in",
        "set -- $(a | b)",
        "echo $(($(cat x) + 1))",
        "x=$(basename \"$(dirname \"$y\")\")",
        "x=$(a)$(b)",
        "NAME=$(a) command",
        "export name=$(a)",
    ] {
        assert!(!misused(bad).is_empty(), "{bad}");
    }
}
