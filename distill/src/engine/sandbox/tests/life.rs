//! How sandboxes end, and that nothing outlives them.

use std::io::Read;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::fixture::{Trial, finish, usable};
use crate::engine::sandbox::{Status, discard, follow_parent};

#[test]
fn exit_code_is_passed_on() {
    let Some(trial) = Trial::sh("exit 42") else {
        return;
    };
    assert_eq!(trial.run().0.status, Status::Code(42));
}

#[test]
fn signals_are_told_from_exit_codes() {
    for (name, number) in [
        ("KILL", 9),
        ("SEGV", 11),
        ("TERM", 15),
        ("PIPE", 13),
        ("34", 34),
    ] {
        let Some(trial) = Trial::sh(&format!("kill -{name} $$")) else {
            return;
        };
        assert_eq!(trial.run().0.status, Status::Signal(number), "{name}");
    }
}

#[test]
fn what_a_program_leaves_behind_is_killed() {
    let mark = Mark::new("daemon");
    let script = format!("(sleep {mark} & sleep {mark} &) & sleep {mark} & sleep 0.05");
    let Some(trial) = Trial::sh(&script) else {
        return;
    };
    let begin = Instant::now();
    let (exit, _) = trial.run();
    assert_eq!(exit.status, Status::Code(0));
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_eq!(mark.processes(), 0);
}

#[test]
fn what_follows_its_parent_ends_with_the_thread_that_started_it() {
    let mark = Mark::new("follower");
    let start = move || {
        let mut command = Command::new("sleep");
        command.arg(mark.to_string());
        follow_parent(&mut command, Signal::SIGTERM);
        command.spawn().unwrap()
    };
    let mut child = thread::spawn(start).join().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGTERM));
}

#[test]
fn orphans_are_reaped() {
    let script = "for n in 1 2 3 4 5 6 7 8; do (sleep 0 &); done; sleep 0.2
                  for each in /proc/[0-9]*; do echo process; done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "process\n");
}

#[test]
fn a_killer_ends_everything_at_once() {
    let mark = Mark::new("killer");
    let script = format!("trap '' TERM; sleep {mark} & echo ready; sleep {mark}");
    let Some(trial) = Trial::sh(&script) else {
        return;
    };
    let (running, mut reader) = trial.start().unwrap();
    let killer = running.killer();
    let mut ready = [0; 6];
    reader.read_exact(&mut ready).unwrap();
    let other = killer.clone();
    thread::spawn(move || other.kill()).join().unwrap();
    let exit = running.wait();
    assert_eq!(exit.status, Status::Signal(9));
    assert_eq!(mark.processes(), 0);
    killer.kill();
}

#[test]
fn dropping_it_ends_it() {
    let mark = Mark::new("drop");
    let Some(trial) = Trial::sh(&format!("echo ready; sleep {mark}")) else {
        return;
    };
    let (running, mut reader) = trial.start().unwrap();
    reader.read_exact(&mut [0; 6]).unwrap();
    drop(running);
    assert_eq!(mark.processes(), 0);
}

#[test]
fn the_thread_that_starts_it_may_end() {
    let Some(trial) = Trial::sh("sleep 0.2; echo lives") else {
        return;
    };
    let (running, reader) = thread::scope(|s| s.spawn(|| trial.start().unwrap()).join().unwrap());
    assert_eq!(finish(running, reader).1, "lives\n");
}

#[test]
fn many_run_side_by_side() {
    let Some(trials) = (0..12)
        .map(|n| Trial::sh(&format!("echo {n}")))
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let all: Vec<_> = trials.iter().map(|trial| trial.start().unwrap()).collect();
    for (number, (running, reader)) in all.into_iter().enumerate() {
        assert_eq!(finish(running, reader).1, format!("{number}\n"));
    }
}

/// What the builder itself had in memory before is not counted in.
#[test]
fn use_of_time_and_memory_is_counted() {
    let script = "x=0123456789abcdef; n=0
                  while [ $n -lt 23 ]; do x=$x$x; n=$((n + 1)); done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    drop(vec![1_u8; 1 << 30]);
    // Another test of this process may have more in memory meanwhile: then nothing is known.
    let max_rss = (0..10).find_map(|_| {
        let (exit, printed) = trial.run();
        assert_eq!(exit.status, Status::Code(0), "{printed}");
        let used = exit.usage.user + exit.usage.system;
        assert!(used > Duration::from_millis(1), "{used:?}");
        exit.usage.max_rss
    });
    let max_rss = max_rss.expect("once in ten times");
    assert!(max_rss >= 128 << 20, "{max_rss}");
    assert!(max_rss < 1 << 30, "{max_rss}");
}

#[test]
fn memory_of_the_builder_is_not_the_programs() {
    let ballast = vec![1_u8; 64 << 20];
    let Some(trial) = Trial::sh("") else { return };
    assert_eq!(trial.run().0.usage.max_rss, None);
    drop(ballast);
}

/// The first processes of a sandbox share the builder's memory; what the kernel keeps with that,
/// such as whether others may look at it, must not change.
#[test]
fn the_builder_stays_as_it_was() {
    let seen = || {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        let fields = [
            "Umask",
            "Uid",
            "Gid",
            "SigBlk",
            "SigIgn",
            "SigCgt",
            "Cap",
            "NoNewPrivs",
        ];
        let kept = |line: &&str| fields.iter().any(|field| line.starts_with(field));
        let status: String = status.lines().filter(kept).collect();
        let links = ["user", "net", "mnt", "pid", "uts"]
            .map(|name| fs::read_link(format!("/proc/thread-self/ns/{name}")).unwrap());
        (
            status,
            links,
            nix::sys::prctl::get_dumpable().unwrap(),
            env::current_dir().unwrap(),
        )
    };
    let before = seen();
    for _ in 0..3 {
        let Some(trial) = Trial::sh("") else { return };
        trial.succeed();
    }
    assert_eq!(seen(), before);
}

#[test]
fn the_builders_death_ends_it() {
    let Some(mut victim) = Victim::start("death") else {
        return;
    };
    kill(victim.pid(), Signal::SIGKILL).unwrap();
    victim.process.wait().unwrap();
    victim.mark.wait_for(0);
}

/// As Ctrl-Z does.
#[test]
fn the_builder_can_be_stopped() {
    let Some(victim) = Victim::start("stop") else {
        return;
    };
    kill(victim.pid(), Signal::SIGSTOP).unwrap();
    let begin = Instant::now();
    let flags = WaitPidFlag::WUNTRACED | WaitPidFlag::WNOHANG;
    while waitpid(victim.pid(), Some(flags)) == Ok(WaitStatus::StillAlive) {
        assert!(begin.elapsed() < Duration::from_mins(1));
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(victim.mark.processes(), 2);
}

/// A process that has two sandboxes, one of them in a network namespace that was used before, in each
/// of which one process sleeps: another run of this test program, as [`victim`].
struct Victim {
    mark: Mark,
    process: Child,
    directory: TempDir,
}

impl Victim {
    fn start(name: &str) -> Option<Self> {
        if !usable() {
            return None;
        }
        let (mark, directory) = (Mark::new(name), TempDir::with_prefix("sandbox-").unwrap());
        let name = concat!(module_path!(), "::victim")
            .split_once("::")
            .unwrap()
            .1;
        let process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(VICTIM, &mark.0)
            .env("TMPDIR", directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        mark.wait_for(2);
        Some(Self {
            mark,
            process,
            directory,
        })
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.mark.wait_for(0);
        discard(self.directory.path().try_into().unwrap()).unwrap();
    }
}

/// Names the mark of the process that is to be found dead.
const VICTIM: &str = "DISTILL_TEST_VICTIM";

/// Does nothing, except in the process that [`Victim`] starts.
#[test]
fn victim() {
    let Ok(mark) = env::var(VICTIM) else { return };
    Trial::sh("").unwrap().succeed();
    let trials = [(); 2].map(|()| Trial::sh(&format!("sleep {mark}")).unwrap());
    let running = trials.each_ref().map(|trial| trial.start().unwrap());
    for (sandbox, _reader) in running {
        sandbox.wait();
    }
}

/// A number of seconds that no other process sleeps for.
struct Mark(String);

impl Mark {
    fn new(name: &str) -> Self {
        let salt: u32 = name.bytes().map(u32::from).sum();
        Self(format!(
            "{}.{salt}{}",
            100_000 + std::process::id(),
            name.len()
        ))
    }

    /// How many processes of the machine sleep for it.
    fn processes(&self) -> usize {
        let sleeps = |entry: &fs::DirEntry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let words: Vec<_> = line.split(|byte| *byte == 0).collect();
            words.len() == 3 && words[0].ends_with(b"sleep") && words[1] == self.0.as_bytes()
        };
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(Result::ok)
            .filter(sleeps)
            .count()
    }

    #[track_caller]
    fn wait_for(&self, count: usize) {
        let begin = Instant::now();
        while self.processes() != count {
            assert!(
                begin.elapsed() < Duration::from_mins(1),
                "{} sleep",
                self.processes()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
