//! A shell in a sandbox, at a terminal that `script` of util-linux makes.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::world::{World, program, skip};

/// `shell failing` at a terminal.
struct Terminal {
    child: Child,
    stdin: ChildStdin,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn open(world: &World) -> Option<Terminal> {
        if !std::path::Path::new("/usr/bin/script").exists() {
            skip("there is no `script` to make a terminal with");
            return None;
        }
        let line = format!(
            "{} shell failing -- /bin/busybox sh; echo \"ended with $?\"",
            program().display()
        );
        let mut command = Command::new("/usr/bin/script");
        command.args(["--quiet", "--command", &line, "/dev/null"]);
        let mut child = command
            .env_clear()
            .env("HOME", world.home())
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb")
            .env("WORKSHOP", "mistakes")
            .current_dir(world.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script");
        let (sender, shown) = channel();
        let mut stdout = child.stdout.take().expect("a pipe");
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Some(Terminal {
            stdin: child.stdin.take().expect("a pipe"),
            child,
            shown,
            seen: String::new(),
        })
    }

    /// Waits until this is shown, after all that was waited for before.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        let shown = self.shows(text, Duration::from_secs(60));
        assert!(shown, "`{text}` is not shown: {}", self.seen);
    }

    /// Whether this is shown before nothing more is for so long.
    fn shows(&mut self, text: &str, limit: Duration) -> bool {
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return true;
            }
            match self.shown.recv_timeout(limit) {
                Ok(more) => self.seen.push_str(&String::from_utf8_lossy(&more)),
                Err(_) => return false,
            }
        }
    }

    fn type_in(&mut self, text: &str) {
        self.stdin.write_all(text.as_bytes()).expect("a terminal");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A terminal whose shell waits for a line.
fn at_prompt() -> Option<(World, Terminal)> {
    let world = World::new()?;
    world.run_mistakes(&["build", "failing"]).expect(10, &[]);
    let mut terminal = Terminal::open(&world)?;
    terminal.wait_for("# ");
    Some((world, terminal))
}

#[test]
fn a_shell_has_a_terminal_of_its_own() {
    let Some((world, mut terminal)) = at_prompt() else {
        return;
    };
    terminal.type_in("test -t 0 && test -t 1 && test -t 2 && echo one-$((1 + 1))\n");
    terminal.wait_for("one-2");
    terminal.type_in("(: </dev/tty) && echo the-sessions-$((1 + 1))\n");
    terminal.wait_for("the-sessions-2");
    terminal.type_in("exit 7\n");
    terminal.wait_for("ended with 7");
    world.wait_for_no_process();
}

/// Ctrl-C is for the program inside, and not for the one around it.
#[test]
fn what_is_typed_reaches_the_program_inside() {
    let Some((world, mut terminal)) = at_prompt() else {
        return;
    };
    terminal.type_in("echo began-$((1 + 1)); sleep 1000\n");
    terminal.wait_for("began-2");
    // The shell may just be about to start the program: then the first one is for the shell.
    let stopped = (0..20).any(|_| {
        terminal.type_in("\u{3}");
        terminal.shows("# ", Duration::from_secs(1))
    });
    assert!(stopped, "Ctrl-C does not reach the program");
    terminal.type_in("echo still-$((1 + 1))-here\n");
    terminal.wait_for("still-2-here");
    terminal.type_in("exit 0\n");
    terminal.wait_for("ended with 0");
    world.wait_for_no_process();
}
