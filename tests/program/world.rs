//! A home for one test, and the program in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest that anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A home, and with it a store.
pub(crate) struct World {
    home: TempDir,
    /// The sources, fetched once for all tests that run at a time.
    sources: Arc<TempDir>,
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

static SOURCES: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());

/// The compiled example: beside this test, or where the environment says.
pub(crate) fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("DISTILL_WORKSHOP") {
        return path.into();
    }
    let test = std::env::current_exe().expect("this program has a path");
    let directory = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo's directories");
    directory.join("examples").join("workshop")
}

impl World {
    /// A new home; nothing if this machine cannot build at all, which is said.
    pub(crate) fn new() -> Option<World> {
        match sources() {
            Ok(sources) => Some(World {
                home: directory(),
                sources,
            }),
            Err(why) => {
                skip(&why);
                None
            }
        }
    }

    /// A world with the same sources, and another store.
    pub(crate) fn another(&self) -> World {
        World {
            home: directory(),
            sources: Arc::clone(&self.sources),
        }
    }

    /// The home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the program keeps its store by itself.
    pub(crate) fn store(&self) -> PathBuf {
        self.home().join(".cache/distill")
    }

    /// The program with `args`, in this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.settled(Command::new(program()), args)
    }

    /// A command that ends with the program, such as `unshare … program`.
    pub(crate) fn settled(&self, mut command: Command, args: &[&str]) -> Command {
        command.args(args).arg("--cache").arg(self.sources.path());
        in_home(&mut command, self.home());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    /// Runs the program with the packages that have a mistake.
    pub(crate) fn run_mistakes(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).env("WORKSHOP", "mistakes"))
    }

    /// What lies in the store's `tmp/`.
    pub(crate) fn left_over(&self) -> Vec<PathBuf> {
        let tmp = self.store().join("tmp");
        let list = |directory: &Path| -> Vec<PathBuf> {
            let entries = directory.read_dir().into_iter().flatten();
            entries.flatten().map(|entry| entry.path()).collect()
        };
        // The directory for downloads stays.
        let mut left = list(&tmp);
        left.retain(|path| !path.ends_with("partial"));
        left.extend(list(&tmp.join("partial")));
        left
    }

    /// Waits until a build's processes are there.
    pub(crate) fn wait_for_processes(&self) {
        self.wait_until("no process of a build began", |processes| {
            !processes.is_empty()
        });
    }

    /// Waits until nothing of a build is left.
    pub(crate) fn wait_for_no_process(&self) {
        self.wait_until("processes of a build live on", <[String]>::is_empty);
    }

    fn wait_until(&self, or: &str, good: impl Fn(&[String]) -> bool) {
        let began = Instant::now();
        loop {
            let processes = self.processes();
            if good(&processes) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "{or}: {processes:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The first processes of this world's sandboxes, with which all others in them end. They have the
    /// environment of the program, whose memory they share, and process ids of their own.
    fn processes(&self) -> Vec<String> {
        let home = format!("HOME={}\0", self.home().to_str().expect("UTF-8"));
        let ids = |process: &Path| process.join("ns/pid").read_link().ok();
        let own = ids(Path::new("/proc/self"));
        let is_ours = |process: &PathBuf| {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            let has_home = environment
                .windows(home.len())
                .any(|window| window == home.as_bytes());
            has_home && ids(process) != own
        };
        let processes = Path::new("/proc").read_dir().expect("/proc");
        let paths = processes.flatten().map(|entry| entry.path());
        paths
            .filter(is_ours)
            .map(|path| path.display().to_string())
            .collect()
    }
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Ran {
        let child = command
            .spawn()
            .expect("the example is compiled: `cargo build --examples`");
        Ran::end_of(child)
    }

    /// Waits for a child whose streams are pipes.
    pub(crate) fn end_of(child: Child) -> Ran {
        let output = child.wait_with_output().expect("a child");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Checks the exit status, and that each of `told` is said.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, told: &[&str]) -> &Ran {
        let all = format!("{}\n{}{}", self.status, self.stdout, self.stderr);
        assert_eq!(self.status.code(), Some(code), "{all}");
        for text in told {
            assert!(all.contains(text), "`{text}` is not said:\n{all}");
        }
        self
    }

    /// The last line of data.
    pub(crate) fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// The sources of the workshop, in a directory; or why this machine cannot build.
fn sources() -> Result<Arc<TempDir>, String> {
    let mut shared = SOURCES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(sources) = shared.upgrade() {
        return Ok(sources);
    }
    let (home, sources) = (directory(), directory());
    let run = |args: &[&str]| {
        let mut command = Command::new(program());
        in_home(command.args(args), home.path());
        Ran::of(&mut command)
    };
    let doctor = run(&["doctor"]);
    if doctor.status.code() == Some(15) {
        return Err(doctor.stdout);
    }
    let path = sources.path().to_str().expect("UTF-8");
    let exported = run(&["sources", "export", path]);
    if exported.status.code() == Some(13) {
        return Err(exported.stderr);
    }
    exported.expect(0, &[]);
    let sources = Arc::new(sources);
    *shared = Arc::downgrade(&sources);
    Ok(sources)
}

/// The environment of every command: a home, and nothing else.
fn in_home(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "")
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a scratch directory")
}

/// Says why a test is not run. In CI that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "cannot be tested here: {why}"
    );
    eprintln!("skipped: {why}");
}
