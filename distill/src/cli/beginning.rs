//! What a build does before anything of its own: it goes to its source, patches that, and sets variables. A shell
//! in its sandbox begins with the same.

use crate::package::script::{Arg, Program};

/// The interpreter and the arguments that do what the program of a build, whose text is given, does first, and then
/// run `command`. None if it is no script of execline, or does nothing of that.
pub(super) fn before(build: &str, command: &[String]) -> Option<(String, Vec<String>)> {
    let (first, script) = build.strip_prefix("#!")?.split_once('\n')?;
    let (interpreter, _) = first.split_once(' ')?;
    if !interpreter.ends_with("/execlineb") {
        return None;
    }
    let program = Program::parse(script).ok()?;
    let mut commands: Vec<Vec<Arg>> = (program.commands().iter())
        .take_while(|command| prepares(command))
        .cloned()
        .collect();
    if commands.is_empty() {
        return None;
    }
    let words = command.iter().map(|word| Arg::Word(word.clone().into()));
    commands.push(words.collect());
    let program: Program = commands.into_iter().collect();
    let arguments = ["-Pc".to_owned(), program.to_string()];
    Some((interpreter.to_owned(), arguments.into()))
}

/// Whether a command only prepares for others.
fn prepares(command: &[Arg]) -> bool {
    let is = |arg: Option<&Arg>, name: &str| matches!(arg, Some(Arg::Word(word)) if word == name.as_bytes());
    let patches = |arg: &Arg| match arg {
        Arg::Block(block) => matches!(block.commands(), [only] if is(only.first(), "patch")),
        Arg::Word(_) => false,
    };
    is(command.first(), "cd")
        || is(command.first(), "export")
        || matches!(command, [first, block] if is(Some(first), "if") && patches(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_shell_begins_where_the_build_begins() {
        let build = "#!/usr/bin/execlineb -P\ncd /src/zlib-1.3.1\nif { patch -p1 -i /patches/0001.patch }\n\
                     export CC x86_64-linux-musl-cc\nexport CFLAGS \"-Os -pipe\"\nif { ./configure }\n\
                     export LATER 1\nmake install\n";
        let (interpreter, arguments) = before(build, &words(&["make", "a b"])).unwrap();
        assert_eq!(
            (interpreter.as_str(), arguments[0].as_str()),
            ("/usr/bin/execlineb", "-Pc")
        );
        let expected = "cd /src/zlib-1.3.1\nif { patch -p1 -i /patches/0001.patch }\nexport CC x86_64-linux-musl-cc\n\
                        export CFLAGS \"-Os -pipe\"\nmake \"a b\"\n";
        assert_eq!(arguments[1], expected);
    }

    #[test]
    fn other_programs_have_no_such_beginning() {
        for build in [
            "#!/bin/sh -e\ncd /src\n",
            "\u{7f}ELF",
            "#!/usr/bin/execlineb -P\nmake install\n",
            "#!/usr/bin/execlineb -P\nif { cd /src }\nmake\n",
            "#!/usr/bin/execlineb -P\ncd { unmatched\n",
        ] {
            assert_eq!(before(build, &words(&["sh"])), None, "{build}");
        }
    }
}
