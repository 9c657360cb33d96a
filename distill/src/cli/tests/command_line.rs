//! Reading the command line: help, mistakes, the environment.

use super::*;
use crate::plan::{Contents, Literal, LiteralNode};

fn ran(args: &[&str]) -> Ran {
    let world = World::new();
    world.run(&target(&world), args)
}

#[test]
fn help_teaches() {
    let help = ran(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("help", help.stdout);
}

#[test]
fn every_command_has_help() {
    let commands = [
        "build",
        "run",
        "plan",
        "log",
        "shell",
        "why",
        "sources",
        "sum",
        "gc",
        "fsck",
        "doctor",
        "completions",
    ];
    let mut all = String::new();
    for command in commands {
        let help = ran(&[command, "--help"]);
        assert_eq!(help.code, 0, "{command}");
        all += &format!(
            "$ droplet {command} --help\n{}\n\n",
            own(&help.stdout).trim_end()
        );
    }
    insta::assert_snapshot!("help_of_commands", all);
}

/// The help without the options of every command, which the help of the program has.
fn own(help: &str) -> String {
    let paragraphs = help.split("\n\n");
    let own = |paragraph: &&str| !paragraph.starts_with("Options of every command:");
    paragraphs.filter(own).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn version_names_the_target() {
    let version = ran(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("droplet {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_typo_in_a_command_is_a_usage_error_that_helps() {
    insta::assert_snapshot!(ran(&["biuld"]).shown(), @r"
    exit status 2
    --- stdout
    --- stderr
    error: unrecognized subcommand 'biuld'

      tip: a similar subcommand exists: 'build'

    Usage: droplet [OPTIONS] [COMMAND]

    For more information, try '--help'.
    ");
}

#[test]
fn options_of_a_command_come_after_it() {
    let ran = ran(&["--jobs", "2", "gc"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("options of a command come after its name"),
        "{}",
        ran.stderr
    );
}

#[test]
fn numbers_and_times_are_checked() {
    for bad in [["--jobs", "0"], ["--timeout", "soon"], ["--color", "blue"]] {
        let ran = ran(&bad);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    }
}

#[test]
fn without_a_place_for_the_store_the_user_learns_what_to_set() {
    let world = World::new();
    let (mut host, stdout, stderr) = world.host(&["build"]);
    host.env = Environment::default();
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    insta::assert_snapshot!(ran.shown(), @r"
    exit status 2
    --- stdout
    --- stderr
    error: cannot tell where to keep what is built
    hint: say where with `--store DIRECTORY`, or set `DISTILL_STORE`, `XDG_CACHE_HOME` or `HOME`
    ");
}

#[test]
fn commands_that_need_no_store_do_without() {
    let world = World::new();
    let (mut host, stdout, stderr) = world.host(&["completions", "bash"]);
    host.env = Environment::default();
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("complete -F _droplet"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_reader_that_stops_is_no_error() {
    /// As `yes | head`.
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let world = World::new();
    let (mut host, stdout, stderr) = world.host(&["plan"]);
    host.stdout = Box::new(Closed);
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn what_cannot_be_printed_is_an_error_and_no_matter_of_the_store() {
    /// As `/dev/full`.
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for args in [
        &["--help"][..],
        &["--version"],
        &["plan"],
        &["completions", "bash"],
    ] {
        let world = World::new();
        let (mut host, stdout, stderr) = world.host(args);
        host.stdout = Box::new(Full);
        let ran = world.run_host(&target(&world), host, &stdout, &stderr);
        let told = "error: cannot write to standard output: no storage space\n";
        assert_eq!((ran.code, ran.stderr.as_str()), (15, told), "{args:?}");
    }
}

#[test]
fn an_argument_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let world = World::new();
    let (mut host, stdout, stderr) = world.host(&["plan"]);
    host.args
        .push(std::ffi::OsString::from_vec(b"caf\xe9".to_vec()));
    let ran = world.run_host(&target(&world), host, &stdout, &stderr);
    assert_eq!(ran.code, 2);
    let told = "error: the argument `caf\u{fffd}` is not UTF-8\n";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
}

/// Whatever looks at a recipe says which one it is.
#[test]
fn a_file_of_a_recipe_that_is_missing_is_told_with_its_line() {
    let world = World::new();
    let local = LiteralNode::File {
        mode: None,
        contents: Contents::Local(world.path("missing.txt")),
    };
    let literal = Artifact::Literal(Literal::of(path("etc/motd"), local));
    let target = Target::new("droplet", merge("image", [literal]));
    for command in ["check", "build", "plan", "why", "gc"] {
        let args = match command {
            "why" => vec!["why", "image"],
            command => vec![command],
        };
        let ran = world.run(&target, &args);
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        let told = "error: `image` (RECIPE): cannot read `/world/missing.txt`: No such file";
        assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    }
}

#[test]
fn packages_with_one_path_are_told_with_the_lines_of_both() {
    let package = |name: &str, node: LiteralNode| {
        merge(
            name,
            [Artifact::Literal(Literal::of(path("etc/motd"), node))],
        )
    };
    let file = |text: &str| LiteralNode::File {
        mode: None,
        contents: text.into(),
    };
    let dir = |bits| LiteralNode::Dir {
        mode: crate::plan::Mode::new(bits),
    };
    let both = |one, two| {
        let world = World::new();
        let image = merge(
            "image",
            [package("two", two).into(), package("one", one).into()],
        );
        let ran = world.run(&Target::new("droplet", image), &["build"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        for label in ["one", "two"] {
            let told = format!("hint: `{label}` is defined at RECIPE\n");
            assert!(ran.stderr.contains(&told), "{}", ran.stderr);
        }
        ran.stderr
    };
    let said = both(file("1"), file("2"));
    assert!(
        said.contains("`one` and `two` both have `etc/motd`"),
        "{said}"
    );
    let said = both(dir(0o755), dir(0o1777));
    let modes = "have the directory `etc/motd` with different modes, 0755 and 1777";
    assert!(said.contains(modes), "{said}");
}

#[test]
fn a_defect_has_its_own_exit_status() {
    let world = World::new();
    let broken = Target::computed("droplet", || -> Result<Plan, std::io::Error> {
        panic!("this panic is part of a test")
    });
    assert_eq!(world.run(&broken, &["build"]).code, 255);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let world = World::new();
    let target = target(&world);
    let colored = |args: &[&str]| world.run(&target, args).stderr.contains('\x1b');
    assert!(!colored(&["build", "nothing"]));
    assert!(colored(&["build", "nothing", "--color", "always"]));
}
