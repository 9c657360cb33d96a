//! A shell in a sandbox, at a terminal that `script` of util-linux makes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::world::{Ran, World, program, skip};

/// Runs `shell failing` at a terminal, types some lines, and gives what can be seen there.
fn typed(world: &World, lines: &str) -> Option<String> {
    if !std::path::Path::new("/usr/bin/script").exists() {
        skip("there is no `script` to make a terminal with");
        return None;
    }
    let line = format!(
        "{} shell failing -- /bin/busybox sh; echo \"ended with $?\"",
        program().display()
    );
    let mut command = Command::new("/usr/bin/script");
    command.args([
        "--quiet",
        "--echo",
        "never",
        "--command",
        &line,
        "/dev/null",
    ]);
    let mut child = command
        .env_clear()
        .env("HOME", world.home())
        .env("SHELL", "/bin/sh")
        .env("TERM", "dumb")
        .env("WORKSHOP", "mistakes")
        .current_dir(world.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(lines.as_bytes()).expect("somebody reads");
    // The end of the input is the terminal's end: what is typed must have been read before.
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        drop(stdin);
    });
    let ran = Ran::end_of(child);
    writer.join().expect("it only sleeps");
    Some(format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn a_shell_has_a_terminal_of_its_own() {
    let Some(world) = World::new() else { return };
    world.run_mistakes(&["build", "failing"]).expect(10, &[]);
    let lines = "test -t 0 && test -t 1 && test -t 2 && echo one-terminal\n\
                 (: </dev/tty) && echo it-is-the-sessions\n\
                 busybox stty -a </dev/tty | busybox head -n 1\n\
                 exit 7\n";
    let Some(seen) = typed(&world, lines) else {
        return;
    };
    for told in ["one-terminal", "it-is-the-sessions", "ended with 7"] {
        assert!(seen.contains(told), "`{told}` is not seen:\n{seen}");
    }
    world.wait_for_no_process();
}

/// Ctrl-C is for the program inside, and not for the one around it.
#[test]
fn what_is_typed_reaches_the_program_inside() {
    let Some(world) = World::new() else { return };
    world.run_mistakes(&["build", "failing"]).expect(10, &[]);
    let Some(seen) = typed(
        &world,
        "sleep 1000\n\u{3}echo still-$((1 + 1))-here\nexit\n",
    ) else {
        return;
    };
    assert!(seen.contains("still-2-here"), "{seen}");
    assert!(seen.contains("ended with "), "{seen}");
}
