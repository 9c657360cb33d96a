//! What keeps a logger that is stuck from holding up those whose lines it reads.

use distill::package::{Cc, Config, execline, strip_all};
use distill::plan::Plan;
use distill::system::OVERFLOW;

use crate::own_file::own_file;

/// A program that stands before a logger: while the logger takes nothing, because its disk is full, lines are
/// dropped, so that nobody waits who writes them. Its source is a file of Distill's.
pub fn overflow(config: &Config) -> Plan {
    Cc {
        name: "overflow".into(),
        licence: "MIT OR Apache-2.0".into(),
        files: vec![own_file(
            "src/overflow/overflow.c",
            include_str!("overflow.c"),
        )],
        script: execline! {
            importas -i -s cc CC
            importas -i -s cflags CFLAGS
            importas -i -s ldflags LDFLAGS
            if { $cc $cflags $ldflags -o overflow "overflow.c" }
            if { install -D -m 755 overflow #{format!("/out{OVERFLOW}")} }
            #{strip_all()}
        },
        ..Cc::new(config)
    }
    .plan()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    /// The program, compiled by the compiler that links these tests; its directory, and it as it runs.
    fn start() -> (TempDir, Child) {
        let directory = TempDir::new().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/overflow/overflow.c");
        let program = directory.path().join("overflow");
        let compiled = Command::new("cc")
            .args(["-Wall", "-Wextra", "-Werror", "-o"])
            .args([program.as_os_str(), source.as_ref()])
            .status();
        assert!(compiled.unwrap().success());
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        (directory, child)
    }

    fn line(number: usize) -> String {
        format!("{number} {}\n", "x".repeat(number % 90))
    }

    #[test]
    fn who_is_slow_gets_every_line() {
        let (_directory, mut child) = start();
        let all: String = (0..20_000).map(line).collect();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let text = all.clone();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
        // The pipes are full by now.
        std::thread::sleep(Duration::from_secs(1));
        let mut read = String::new();
        output.read_to_string(&mut read).unwrap();
        writer.join().unwrap();
        assert!(read == all);
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn who_is_stuck_holds_nobody_up_and_learns_what_is_lost() {
        let (_directory, mut child) = start();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let begin = Instant::now();
        let long = format!("{}\n", "y".repeat(10_000));
        let lines = (0..20_000).map(|number| match number % 1000 {
            7 => long.clone(),
            _ => line(number),
        });
        let lines: Vec<String> = lines.collect();
        input.write_all(lines.concat().as_bytes()).unwrap();
        assert!(begin.elapsed() < Duration::from_secs(10), "it was held up");

        let mut read = vec![0; 50_000];
        output.read_exact(&mut read).unwrap();
        input.write_all(b"again\n").unwrap();
        drop(input);
        output.read_to_end(&mut read).unwrap();
        let read = String::from_utf8(read).unwrap();
        let (before, after) = read
            .split_once("overflow: the log was stuck, ")
            .expect("told");
        let (dropped, after) = after.split_once(" lines were dropped\n").unwrap();
        let passed: Vec<&str> = before.split_inclusive('\n').collect();
        // Whole lines, in order, up to the one that was cut; then nothing until lines are taken again.
        let (last, whole) = passed.split_last().unwrap();
        assert!(whole == &lines[..whole.len()], "lines are whole");
        assert!(lines[whole.len()].starts_with(last.trim_end()), "{last}");
        let resumed = after.strip_suffix("again\n").expect("the last line");
        let all = lines.concat();
        assert!(all.ends_with(resumed), "lines are whole");
        let dropped: usize = dropped.parse().unwrap();
        let found = dropped + passed.len() + resumed.lines().count();
        assert!(found >= lines.len(), "{found}");
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn it_ends_with_the_logger() {
        let (_directory, mut child) = start();
        let input = child.stdin.take();
        drop(child.stdout.take());
        assert!(child.wait().unwrap().success());
        drop(input);
    }
}
