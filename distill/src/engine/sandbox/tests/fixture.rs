//! A tiny root, and sandboxes on it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::engine::sandbox::{
    Exit, Input, Io, Limits, Method, Running, SandboxError, Spec, Stack, Status, Writable, discard,
    probe, spawn,
};

/// The programs of the host that scripts use, other than what the shell has built in.
const PROGRAMS: [&str; 7] = ["sh", "cat", "env", "ls", "mkdir", "rm", "sleep"];

/// A spec with directories of its own, which are removed with it.
pub(super) struct Trial {
    directory: TempDir,
    pub(super) spec: Spec,
    /// Keeps the lowest layer.
    _root: Arc<TempDir>,
}

impl Trial {
    /// A sandbox on the tiny root that runs a shell script. None if this machine makes no sandbox.
    pub(super) fn sh(script: &str) -> Option<Self> {
        if !usable() {
            return None;
        }
        let directory = TempDir::with_prefix("sandbox-").unwrap();
        let tiny = tiny_root();
        let root = stack(path(&directory), "/", vec![path(&tiny).to_owned()]);
        let own = |name: &str| {
            let place = path(&directory).join(name);
            fs::create_dir(&place).unwrap();
            Writable {
                at: format!("/{name}").into(),
                directory: place,
            }
        };
        let spec = Spec {
            root: vec![root],
            method: Method::Overlay,
            writable: vec![own("out"), own("src")],
            program: "/bin/sh".into(),
            args: vec!["-euc".into(), script.into()],
            env: vec![("PATH".into(), "/bin".into())],
            cwd: "/".into(),
            hostname: "builder".into(),
            jobserver: None,
            limits: Limits::default(),
        };
        Some(Self {
            directory,
            spec,
            _root: tiny,
        })
    }

    /// Add a stack, with layers that hold these files.
    pub(super) fn with_stack(mut self, at: &str, layers: &[&[(&str, &str)]]) -> Self {
        let layers = layers.iter().map(|files| self.layer(files)).collect();
        let stack = stack(self.directory(), at, layers);
        self.spec.root.push(stack);
        self
    }

    /// Add a layer with these files on top of the root.
    pub(super) fn with_layer(mut self, files: &[(&str, &str)]) -> Self {
        let layer = self.layer(files);
        self.spec.root[0].layers.push(layer);
        self
    }

    /// Add a layer with more programs of the host; those that it does not have are left out.
    pub(super) fn with_programs(mut self, programs: &[&str]) -> Self {
        let layer = self.layer(&[]);
        for program in programs.iter().filter(|program| locate(program).is_some()) {
            copy_program(&layer, program);
        }
        self.spec.root[0].layers.push(layer);
        self
    }

    /// A new directory with these files.
    pub(super) fn layer(&self, files: &[(&str, &str)]) -> Utf8PathBuf {
        let layer = TempDir::with_prefix_in("layer-", self.directory())
            .unwrap()
            .keep();
        let layer = Utf8PathBuf::try_from(layer).unwrap();
        for (name, text) in files {
            let file = layer.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        layer
    }

    pub(super) fn directory(&self) -> &Utf8Path {
        path(&self.directory)
    }

    /// The directory on top of the root's layers.
    pub(super) fn top(&self) -> &Utf8Path {
        &self.spec.root[0].top
    }

    /// Where what the program writes to `/out` lies.
    pub(super) fn out(&self) -> &Utf8Path {
        &self.spec.writable[0].directory
    }

    /// Start it with its outputs in a pipe.
    pub(super) fn start(&self) -> Result<(Running, io::PipeReader), SandboxError> {
        let (reader, writer) = io::pipe().unwrap();
        Ok((
            spawn(&self.spec, Io::logged(writer.into()).unwrap())?,
            reader,
        ))
    }

    /// Run it to its end, and return what it printed.
    pub(super) fn run(&self) -> (Exit, String) {
        let (running, reader) = self.start().unwrap();
        finish(running, reader)
    }

    /// Run it, and return what it printed to its two outputs.
    pub(super) fn run_apart(&self) -> (String, String) {
        let ((out, stdout), (err, stderr)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let (stdout, stderr) = (stdout.into(), stderr.into());
        let running = spawn(
            &self.spec,
            Io {
                stdin: Input::Null,
                stdout,
                stderr,
            },
        )
        .unwrap();
        running.wait();
        (
            io::read_to_string(out).unwrap(),
            io::read_to_string(err).unwrap(),
        )
    }

    /// Run it, expect success, and return what it printed.
    #[track_caller]
    pub(super) fn succeed(&self) -> String {
        let (exit, printed) = self.run();
        assert_eq!(exit.status, Status::Code(0), "{printed}");
        printed
    }
}

impl Drop for Trial {
    /// What a program leaves must be made accessible first.
    fn drop(&mut self) {
        discard(self.directory()).unwrap();
    }
}

/// Read what a program prints, and wait for its end.
pub(super) fn finish(running: Running, mut reader: io::PipeReader) -> (Exit, String) {
    let mut printed = String::new();
    reader.read_to_string(&mut printed).unwrap();
    (running.wait(), printed)
}

/// No input, and outputs that nobody reads.
pub(super) fn silent() -> Io {
    Io::logged(fs::File::create("/dev/null").unwrap().into()).unwrap()
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

fn stack(directory: &Utf8Path, at: &str, layers: Vec<Utf8PathBuf>) -> Stack {
    let name = at.replace('/', "-");
    let top = directory.join(format!("top{name}"));
    fs::create_dir(&top).unwrap();
    Stack {
        at: at.into(),
        layers,
        top,
    }
}

fn path(directory: &TempDir) -> &Utf8Path {
    Utf8Path::from_path(directory.path()).unwrap()
}

/// The programs, in a directory that all tests share as long as one of them runs.
fn tiny_root() -> Arc<TempDir> {
    static ROOT: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
    let mut shared = ROOT.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let root = Arc::new(TempDir::with_prefix("sandbox-root-").unwrap());
        for program in PROGRAMS {
            copy_program(path(&root), program);
        }
        *shared = Arc::downgrade(&root);
        root
    })
}

/// Copy a program of the host into `/bin`, and the libraries that it wants to their places.
fn copy_program(root: &Utf8Path, program: &str) {
    let file = locate(program).unwrap();
    copy(&file, &root.join("bin").join(program));
    for library in libraries(&file) {
        copy(
            &library,
            &root.join(library.as_str().trim_start_matches('/')),
        );
    }
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}

/// Where the host has a program.
pub(in crate::engine) fn locate(program: &str) -> Option<Utf8PathBuf> {
    let places = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"].map(Utf8Path::new);
    places
        .into_iter()
        .map(|place| place.join(program))
        .find(|file| file.exists())
}

/// The absolute paths in what `ldd` prints, which is nothing for a static program.
pub(in crate::engine) fn libraries(program: &Utf8Path) -> Vec<Utf8PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(Utf8PathBuf::from)
        .collect()
}

/// Whether sandboxes can be made here; if not, it has been said why.
pub(in crate::engine) fn usable() -> bool {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let scratch = TempDir::new().unwrap();
        let found = probe(path(&scratch)).unwrap();
        let method = found.method(1).map_err(|lack| lack.to_string())?;
        if method == Method::Overlay {
            Ok(())
        } else {
            Err(found.overlay.unwrap_err().to_string())
        }
    });
    if let Err(why) = answer {
        skipped(why);
    }
    answer.is_ok()
}

/// Say that a test is root's only. That is no lack of the machine: in CI root runs it.
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
pub(in crate::engine) fn unprivileged(why: &str) {
    eprintln!("skipped: {why}");
}

/// Say that a test cannot run, which is a failure where everything is expected to.
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
pub(in crate::engine) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
}

/// Tells a test that it is run by [`run_elsewhere`]. Without it, there is nothing to be tested.
const ELSEWHERE: &str = "DISTILL_TEST_ELSEWHERE";

/// Whether this is the process that [`run_elsewhere`] has started.
pub(in crate::engine) fn elsewhere() -> bool {
    std::env::var_os(ELSEWHERE).is_some()
}

/// Runs this test program again with one test, after a script in new user and mount namespaces. Every
/// path in the test's own directory for temporary files is gone afterwards.
pub(in crate::engine) fn run_elsewhere(test: &str, script: &str) {
    run_elsewhere_as(&["--user", "--map-root-user", "--mount"], test, script);
}

/// The same in these namespaces, which are options of `unshare`, if any. The script may `exec` the rest
/// of the way, which is in its arguments. False if it cannot be tried here, which has been said.
pub(in crate::engine) fn run_elsewhere_as(namespaces: &[&str], test: &str, script: &str) -> bool {
    if !usable() {
        return false;
    }
    let scratch = TempDir::new().unwrap();
    let module = test.split_once("::").unwrap().1;
    let program = std::env::current_exe().unwrap();
    let shell = ["sh", "-ec"];
    let text = format!("{script}\nexec \"$@\"");
    let mut command = match namespaces {
        [] => Command::new(shell[0]),
        _ => Command::new("unshare"),
    };
    if !namespaces.is_empty() {
        command.args(namespaces).arg(shell[0]);
    }
    let run = command
        .args([shell[1], text.as_str(), "sh"])
        .arg(program)
        .args(["--exact", "--nocapture", module])
        .env(ELSEWHERE, "yes")
        .env("TMPDIR", scratch.path())
        .output();
    let ran = match run {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(printed.contains("1 passed"), "{output:?}");
            true
        }
        Err(error) => {
            skipped(&format!("cannot run `unshare`: {error}"));
            false
        }
    };
    discard(path(&scratch)).unwrap();
    ran
}
