//! A tiny root, and sandboxes on it.

use std::fs;
use std::io::{self, Read};
use std::process::Command;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::build::sandbox::{
    Exit, Input, Io, Limits, Method, Output, Running, SandboxError, Spec, Stack, Status, discard,
    probe, spawn,
};

/// The programs of the host that scripts use, other than what the shell has built in.
const PROGRAMS: [&str; 7] = ["sh", "cat", "env", "ls", "mkdir", "rm", "sleep"];

/// A spec with directories of its own, which are removed with it.
pub(super) struct Trial {
    directory: TempDir,
    pub(super) spec: Spec,
}

impl Trial {
    /// A sandbox on the tiny root that runs a shell script. None if this machine makes no sandbox.
    pub(super) fn sh(script: &str) -> Option<Self> {
        if !usable() {
            return None;
        }
        let directory = TempDir::with_prefix("sandbox-").unwrap();
        let root = stack(path(&directory), "/", vec![tiny_root().to_owned()]);
        let out = path(&directory).join("out");
        fs::create_dir(&out).unwrap();
        let spec = Spec {
            root: vec![root],
            method: Method::Overlay,
            out,
            program: "/bin/sh".into(),
            args: vec!["-euc".into(), script.into()],
            env: vec![("PATH".into(), "/bin".into())],
            cwd: "/".into(),
            hostname: "builder".into(),
            jobserver: None,
            limits: Limits::default(),
        };
        Some(Self { directory, spec })
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

    pub(super) fn upper(&self) -> &Utf8Path {
        &self.spec.root[0].upper
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
        let (running, mut reader) = self.start().unwrap();
        let mut printed = String::new();
        reader.read_to_string(&mut printed).unwrap();
        (running.wait(), printed)
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
    fn drop(&mut self) {
        for stack in &self.spec.root {
            discard(&stack.work).unwrap();
            discard(&stack.upper).unwrap();
        }
    }
}

/// Where the second stream may go, for tests that look at them apart.
pub(super) fn apart(stdout: io::PipeWriter, stderr: io::PipeWriter) -> Io {
    Io {
        stdin: Input::Null,
        stdout: Output::Fd(stdout.into()),
        stderr: Output::Fd(stderr.into()),
    }
}

fn stack(directory: &Utf8Path, at: &str, layers: Vec<Utf8PathBuf>) -> Stack {
    let name = at.replace('/', "-");
    let (upper, work) = (
        directory.join(format!("upper{name}")),
        directory.join(format!("work{name}")),
    );
    fs::create_dir(&upper).unwrap();
    fs::create_dir(&work).unwrap();
    Stack {
        at: at.into(),
        layers,
        upper,
        work,
    }
}

fn path(directory: &TempDir) -> &Utf8Path {
    Utf8Path::from_path(directory.path()).unwrap()
}

/// The programs and the libraries that they want, in a directory that all tests share.
fn tiny_root() -> &'static Utf8Path {
    static ROOT: OnceLock<TempDir> = OnceLock::new();
    path(ROOT.get_or_init(|| {
        let root = TempDir::with_prefix("sandbox-root-").unwrap();
        for program in PROGRAMS {
            for file in [format!("/bin/{program}")]
                .into_iter()
                .chain(libraries(program))
            {
                let copy = path(&root).join(file.trim_start_matches('/'));
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(file, copy).unwrap();
            }
        }
        root
    }))
}

/// The absolute paths in what `ldd` prints, which is nothing for a static program.
fn libraries(program: &str) -> Vec<String> {
    let output = Command::new("ldd")
        .arg(format!("/bin/{program}"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

/// Whether sandboxes can be made here; if not, it has been said why.
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
pub(super) fn usable() -> bool {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let scratch = TempDir::new().unwrap();
        let found = probe(path(&scratch)).unwrap();
        found
            .method(1)
            .map_err(|lack| lack.to_string())
            .and_then(|method| match method {
                Method::Overlay => Ok(()),
                Method::Copy => Err(found.overlay.unwrap_err().to_string()),
            })
    });
    if let Err(why) = answer {
        eprintln!("skipped: {why}");
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
    }
    answer.is_ok()
}
