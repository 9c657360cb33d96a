//! A program that is killed at any moment, and one that is asked to end.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::{Ran, World};

/// How often the program is killed.
const KILLS: usize = 50;

/// Random numbers that can be had again (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    /// Begins with the seed that the environment gives, or any, and tells it.
    fn new() -> Dice {
        let given = std::env::var("DISTILL_TEST_SEED").ok();
        let given = given.map(|seed| seed.parse().expect("a number"));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0)) | 1;
        eprintln!("the same again: DISTILL_TEST_SEED={seed}");
        Dice(seed)
    }

    /// A number from 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }
}

/// Kills the program after some time. What it ended with, if it was faster.
fn run_for(world: &World, time: Duration) -> Option<Ran> {
    let mut child = world.command(&[]).spawn().expect("the program runs");
    let end = Instant::now() + time;
    while Instant::now() < end {
        if child.try_wait().expect("a child").is_some() {
            return Some(Ran::end_of(child));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("a child");
    let ran = Ran::end_of(child);
    ran.status.code().is_some().then_some(ran)
}

/// Builds to the end, and checks that it is as if nothing had happened.
fn check(world: &World, ran: &Ran, undisturbed: &str) {
    ran.expect(0, &[]);
    assert_eq!(tree(ran), undisturbed, "another output");
    assert_eq!(world.run(&["fsck"]).expect(0, &[]).stdout, "", "damage");
    world.run(&["gc"]).expect(0, &[]);
    world.wait_for_no_process();
    assert!(
        world.left_over().is_empty(),
        "no `gc` removes {:?}",
        world.left_over()
    );
}

/// The hash of the tree that was built: the name of its directory in the store.
fn tree(ran: &Ran) -> String {
    let name = Path::new(ran.last_line()).file_name().expect("a path");
    name.to_str().expect("a hash").to_owned()
}

#[test]
fn a_killed_program_costs_nothing_but_time() {
    let Some(mut world) = World::new() else {
        return;
    };
    let began = Instant::now();
    let ran = world.run(&[]);
    let length = began.elapsed();
    ran.expect(0, &[]);
    let undisturbed = tree(&ran);
    let (mut dice, mut kills) = (Dice::new(), 0);
    world = world.another();
    while kills < KILLS {
        match run_for(&world, length.mul_f64(dice.fraction())) {
            None => {
                kills += 1;
                world.wait_for_no_process();
            }
            // All is built: the next one begins with nothing.
            Some(ran) => {
                check(&world, &ran, &undisturbed);
                world = world.another();
            }
        }
    }
    check(&world, &world.run(&[]), &undisturbed);
}

#[test]
fn ctrl_c_ends_everything_and_cleans_up() {
    let Some(world) = World::new() else { return };
    let mut command = world.command(&["build", "slow"]);
    let mut child = command
        .env("WORKSHOP", "mistakes")
        .spawn()
        .expect("the program runs");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut told = String::new();
    while !told.contains("building slow") {
        let count = lines.read_line(&mut told).expect("UTF-8");
        assert!(count > 0, "it ended:\n{told}");
    }
    world.wait_for_processes();
    let began = Instant::now();
    let pid = i32::try_from(child.id()).expect("a process id");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("a child");
    lines.read_to_string(&mut told).expect("UTF-8");
    let status = child.wait().expect("a child");
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        began.elapsed()
    );
    assert!(
        told.contains("error: stopped; what was built stays built"),
        "{told}"
    );
    assert!(!told.contains("failed"), "nothing failed:\n{told}");
    assert!(world.left_over().is_empty(), "{:?}", world.left_over());
    world.wait_for_no_process();
}
