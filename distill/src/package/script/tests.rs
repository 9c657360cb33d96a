use std::fs;
use std::io::Write as _;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::package::Config;
use crate::package::testing::config;
use crate::{execline, words};

fn program(script: &Script) -> Program {
    script.expand(&config()).unwrap()
}

fn cc(_: &Config) -> [&'static str; 2] {
    ["gcc", "-pipe"]
}

fn nothing(_: &Config) {}

/// Functions that return functions.
fn deep(_: &Config) -> Words {
    words!["a", |_: &Config| words![cc, |_: &Config| "b"]]
}

fn endless(_: &Config) -> Words {
    Words::from(endless)
}

fn sample() -> Script {
    let patch = execline! { patch -p1 -i "/src/a b.patch" };
    execline! {
        cd "mpfr-4.2.2"
        if { #{patch} }
        importas -i n JOBS
        if {
            ./configure --prefix=/usr CC=#{cc} #{nothing} --disable-shared
        }
        if { make -j${n} V=1 } // comments are Rust's
        redirfd -w 1 /dev/null
        backtick -E here { pwd }
        if { test -n $here }
        make "DESTDIR=/out" #{["install", "install-man"]} LIBS=#{nothing}
    }
}

#[test]
fn prints_a_script() {
    insta::assert_snapshot!(program(&sample()), @r#"
    cd mpfr-4.2.2
    if { patch -p1 -i "/src/a b.patch" }
    importas -i n JOBS
    if { ./configure --prefix=/usr "CC=gcc -pipe" --disable-shared }
    if { make -j${n} V=1 }
    redirfd -w 1 /dev/null
    backtick -E here { pwd }
    if { test -n ${here} }
    make DESTDIR=/out install install-man LIBS=
    "#);
}

#[test]
fn prints_long_commands_and_blocks() {
    let flags: Vec<String> = (0..12)
        .map(|n| format!("--with-option-{n}=value"))
        .collect();
    let long = Script::new().command(("./configure", flags));
    let script = Script::if_all([long.clone(), Script::cd("x").then(long.clone())]).then(long);
    insta::assert_snapshot!(program(&script), @r"
    if {
      ./configure --with-option-0=value --with-option-1=value --with-option-2=value
          --with-option-3=value --with-option-4=value --with-option-5=value --with-option-6=value
          --with-option-7=value --with-option-8=value --with-option-9=value --with-option-10=value
          --with-option-11=value
    }
    if {
      cd x
      ./configure --with-option-0=value --with-option-1=value --with-option-2=value
          --with-option-3=value --with-option-4=value --with-option-5=value --with-option-6=value
          --with-option-7=value --with-option-8=value --with-option-9=value --with-option-10=value
          --with-option-11=value
    }
    ./configure --with-option-0=value --with-option-1=value --with-option-2=value --with-option-3=value
        --with-option-4=value --with-option-5=value --with-option-6=value --with-option-7=value
        --with-option-8=value --with-option-9=value --with-option-10=value --with-option-11=value
    ");
}

#[test]
fn quotes_what_has_to_be_quoted() {
    let script = Script::new().command(
        [
            Word::from("plain-./:=,@%+~^*?$x"),
            "".into(),
            " a".into(),
            "a b".into(),
            "#".into(),
            "{".into(),
            "}".into(),
            "{x}".into(),
            "a{b}".into(),
            "\"'`".into(),
            "\\".into(),
            "a\nb\tc\r\u{7}\u{1b}".into(),
            "ä\u{85}".into(),
            Word::bytes(*b"\xff1\xfe"),
        ]
        .to_vec(),
    );
    insta::assert_snapshot!(program(&script), @r##"
    plain-./:=,@%+~^*?$x "" " a" "a b" "#" "{" "}" "{x}" a{b} "\"'`" "\\" "a\nb\tc\r\0x07\0x1b"
        "ä\0xc2\0x85" "\0xff1\0xfe"
    "##);
}

#[test]
fn variables_are_apart_from_text() {
    let script = execline! { echo $x ${y}z a$x.b "$x" $@ $ $1 "\\"$x "a\\b\\\\"${x} };
    insta::assert_snapshot!(program(&script), @r#"echo ${x} ${y}z a${x}.b $x $@ $ ${1} "\\\\${x}" "a\\b\\\\\\\\${x}""#);
}

#[test]
fn the_macro_and_its_twin_agree() {
    let twin = Script::new()
        .command(words!["fdmove", "-c", "2", "1"])
        .command(
            Words::from("if")
                .block(Script::new().command(words!["mkdir", "-p", "/run/x"]))
                .with("memcached")
                .with("-u")
                .with(Words::joined([Words::from("--"), Words::from(cc)])),
        );
    let script = execline! {
        fdmove -c 2 1
        if { mkdir -p /run/x } memcached -u --#{cc}
    };
    assert_eq!(format!("{script:?}"), format!("{twin:?}"));
}

#[test]
fn functions_are_expanded_to_any_depth() {
    let words = words![deep, (1, 2u8, -3), Some("c"), None::<&str>, vec!["d"], ()];
    assert_eq!(
        words.texts(&config()).unwrap(),
        ["a", "gcc", "-pipe", "b", "1", "2", "-3", "c", "d"]
    );
    let script = execline! { make "-j"#{2} "a"#b };
    assert_eq!(program(&script).to_string(), "make -j2 \"a#b\"\n");
    let joined = Words::joined([Words::from("CC="), deep.into(), nothing.into()]);
    assert_eq!(joined.texts(&config()).unwrap(), ["CC=a gcc -pipe b"]);
}

#[test]
fn scripts_splice_into_scripts() {
    let inner = execline! {
        cd x
        umask 022
    };
    let script = execline! { foreground { #{&inner} ls } #{inner} exec ls };
    insta::assert_snapshot!(program(&script), @r"
    foreground {
      cd x
      umask 022
      ls
    }
    cd x
    umask 022
    exec ls
    ");
}

#[test]
fn refuses_what_cannot_be_a_program() {
    let refuse = |words: Words| {
        Script::from(words)
            .expand(&config())
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(refuse("a\0b".into()), @r"a NUL byte in the word `a\u{0}b`");
    insta::assert_snapshot!(refuse(Word::var("a b}").into()), @r"
    invalid variable name `a b}`
    hint: use letters, digits and `_`
    ");
    insta::assert_snapshot!(refuse(Words::joined([Words::new().block(Script::new())])), @"a block `{ … }` where only words can stand");
    insta::assert_snapshot!(refuse(endless.into()), @"functions of the config that return each other without end");
    insta::assert_snapshot!(refuse(Words::from(Variables::new().set("A=", "b").export())), @r"
    invalid name `A=` of an environment variable
    hint: it must not be empty or hold `=`
    ");
    let bytes = Words::from(Word::bytes(*b"\xff"));
    insta::assert_snapshot!(bytes.texts(&config()).unwrap_err(), @r"the word `\xff` is not UTF-8");
}

#[test]
fn a_later_variable_replaces_an_earlier_one() {
    let env = Variables::from([("CC", "cc"), ("LANG", ""), ("B", "b")])
        .set("B", ())
        .with(|_: &Config| Variables::new().set("CC", cc))
        .with(|_: &Config| ("A", "1"));
    insta::assert_snapshot!(program(&env.clone().export()), @r#"
    export A 1
    unexport B
    export CC "gcc -pipe"
    export LANG ""
    "#);
    let renamed = env.renamed(|name| format!("HOST{name}"));
    assert_eq!(
        renamed.overrides().texts(&config()).unwrap(),
        ["HOSTA=1", "HOSTCC=gcc -pipe", "HOSTLANG="]
    );
}

#[test]
fn shebangs() {
    let shebang = Shebang::new("/usr/bin/execlineb".parse().unwrap());
    let program = program(&execline! { echo $1 });
    let text = shebang
        .positional(Positional::Substituted(1))
        .file(&program);
    assert_eq!(text, "#!/usr/bin/execlineb -S1\necho ${1}\n");
    assert_eq!(Program::parse(&text).unwrap(), program);
}

#[test]
fn reads_what_execlineb_reads() {
    let text =
        "# a comment\nif { a\\ b\"c d\"\\\"  # another\n}b\n} {x \"{\" \\} \"\"a\"\\0x41\\\nb\"\n";
    let words = Program::parse(text).unwrap().argv();
    let words: Vec<&str> = words
        .iter()
        .map(|word| std::str::from_utf8(word).unwrap())
        .collect();
    assert_eq!(words, ["if", " a bc d\"", " }b", "", "{x", "{", "}", "aAb"]);
}

#[test]
fn names_the_line_that_it_cannot_read() {
    for (text, error) in [
        ("a\n}", "line 2: unmatched `}`"),
        ("{ a\n", "line 2: unmatched `{`"),
        ("a\n\"b", "line 2: a `\"` without its match"),
        ("a\\\nb", "line 2: `\\` at the end of a line"),
        (
            "\"\\0x00\"",
            "line 1: a `\\0` that is not `\\0x01` to `\\0xff`",
        ),
        (
            "\"\\065\"",
            "line 1: a `\\0` that is not `\\0x01` to `\\0xff`",
        ),
        ("\"\\65\"", "line 1: a decimal escape"),
    ] {
        let found = Program::parse(text).unwrap_err().to_string();
        assert_eq!(
            found,
            format!("cannot read the script, {error}"),
            "{text:?}"
        );
    }
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    let any = prop::collection::vec(1..=255u8, 0..6);
    let nasty = "[ \\\\\"{}#$\\n\\ta0é-]{0,5}".prop_map(String::into_bytes);
    let long = "[a-z]{20,60}".prop_map(String::into_bytes);
    prop_oneof![any, nasty, long]
}

fn any_program() -> impl Strategy<Value = Program> {
    let word = || word().prop_map(Arg::Word);
    let command = prop::collection::vec(word(), 1..6);
    let leaf = prop::collection::vec(command, 0..4).prop_map(Program::from_iter);
    leaf.prop_recursive(3, 40, 4, move |inner| {
        let arg = prop_oneof![3 => word(), 1 => inner.prop_map(Arg::Block)];
        let command = prop::collection::vec(arg, 1..6);
        prop::collection::vec(command, 0..4).prop_map(Program::from_iter)
    })
}

proptest! {
    #[test]
    fn parsing_gives_back_what_was_printed(program in any_program()) {
        let text = program.to_string();
        prop_assert_eq!(Program::parse(&text), Ok(program), "{}", text);
    }
}

/// Where Debian and upstream put the interpreter proper.
fn execlineb() -> Option<&'static str> {
    let places = [
        "/usr/lib/execline/bin/execlineb",
        "/usr/bin/execlineb",
        "/bin/execlineb",
    ];
    places
        .into_iter()
        .find(|place| fs::exists(place).unwrap_or(false))
}

/// The command line that execlineb itself makes of `program`. It is run as the first arguments of
/// a program that shows its own command line.
fn argv_by_execlineb(execlineb: &str, program: &Program) -> Vec<Vec<u8>> {
    let show = Script::new().command(["/bin/sh", "-c", "cat /proc/$$/cmdline; :", "sh"]);
    let show = show.expand(&config()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("script");
    fs::write(&file, format!("{show}{program}")).unwrap();
    let output = Command::new(execlineb)
        .arg("-P")
        .arg(&file)
        .env_clear()
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn execlineb_reads_what_was_printed() {
    let Some(execlineb) = execlineb() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "execlineb is needed: install execline"
        );
        writeln!(std::io::stderr(), "skipped: no execlineb on this machine").unwrap();
        return;
    };
    let check = |program: Program| {
        let mut found = argv_by_execlineb(execlineb, &program);
        found.drain(..4);
        found.pop();
        assert_eq!(found, program.argv(), "{program}");
    };
    check(program(&sample()));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let program = any_program().new_tree(&mut runner).unwrap().current();
        check(program);
    }
}

#[test]
fn what_only_a_shell_would_understand_is_a_mistake() {
    let error = |script: &Script| script.expand(&config()).unwrap_err().to_string();
    for operator in ["&&", "||", "|", ";", ">", ">>", "<", "2>&1"] {
        let words = ["echo", "a", operator, "b"];
        let said = error(&execline! { if { #{Script::new().command(words)} } true });
        assert!(
            said.contains(&format!("`{operator}` is no operator\nhint: ")),
            "{said}"
        );
        let meant = Words::from("echo").with(Word::verbatim(operator));
        let program = program(&Script::new().command(meant));
        let expected = Arg::Word(operator.into());
        assert_eq!(program.commands()[0][1], expected);
    }
    // In quotes it was meant, and part of a word it is text.
    let quoted = execline! { sh -c "a && b" "&&" #{"x"}"|" };
    let program = program(&quoted);
    let words = &program.commands()[0];
    assert_eq!(
        words[3..],
        [Arg::Word(b"&&".into()), Arg::Word(b"x|".into())]
    );
}

#[test]
fn a_program_that_runs_nothing_after_itself_stands_at_the_end() {
    fn rest(_: &Config) -> Script {
        execline! { make install }
    }
    let error = |script: Script| script.expand(&config()).unwrap_err().to_string();
    let make = || Script::new().command(["make", "-j2"]);
    let expected = "`make` runs nothing after itself: the next command (`make`) would be its argument\n\
                    hint: put it into a block: `if { make … }`";
    assert_eq!(error(make().then(rest)), expected);
    assert_eq!(error(execline! { if { #{make()} #{rest} } true }), expected);
    let path = Script::new().command(["/usr/bin/mkdir", "x"]);
    assert!(error(path.with_block("if", make())).contains("`mkdir` runs nothing"));
    let nothing: Option<&str> = None;
    let sound = execline! {
        if { #{make()} }
        make
            install
        #{nothing}
    };
    assert_eq!(
        program(&sound).to_string(),
        "if { make -j2 }\nmake install\n"
    );
}

#[test]
fn a_word_that_no_program_can_be_given_is_a_mistake() {
    let word = |length| "x".repeat(length);
    let script = |length| Script::new().command(["printf".to_owned(), word(length)]);
    assert!(script(131_071).expand(&config()).is_ok());
    let error = script(131_072).expand(&config()).unwrap_err();
    let expected = format!(
        "a word of 131072 bytes (`{}…`), where no program can be given more than 131071\n\
         hint: put it into a file, and name that",
        word(40)
    );
    assert_eq!(error.to_string(), expected);
    // Each block around it makes it longer by one.
    let inside = execline! { if { if { #{script(131_070)} } } true };
    assert!(matches!(
        inside.expand(&config()),
        Err(ExpandError::Long {
            longest: 131_069,
            ..
        })
    ));
    assert!(
        execline! { if { if { #{script(131_069)} } } true }
            .expand(&config())
            .is_ok()
    );
    // Where the border is, Linux says.
    let run = |length| Command::new("true").arg(word(length)).output();
    assert!(run(131_071).is_ok() && run(131_072).is_err());
}
