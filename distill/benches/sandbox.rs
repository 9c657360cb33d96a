//! What a sandbox costs: starting and ending a static program that does nothing, in a sandbox and
//! by plain fork and exec, in turn, from one process.
//!
//! `cargo bench -p distill --bench sandbox -- [ROUNDS] [LAYERS] [MiB]`: how often, on how many
//! layers, and how much memory this process holds meanwhile. Times are medians in microseconds.
#![expect(clippy::print_stdout, reason = "it is what a benchmark is for")]

mod elf;

use std::error::Error;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use distill::engine::sandbox::{
    Input, Io, Limits, Method, Spec, Stack, Writable, discard, spawn, spread,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok());
    let rounds = numbers.next().unwrap_or(300);
    let layers = numbers.next().unwrap_or(1);
    let ballast = vec![1_u8; numbers.next().unwrap_or(0) << 20];
    let directory = tempfile::tempdir()?;
    let base = Utf8Path::from_path(directory.path()).ok_or("no UTF-8")?;
    spread(base)?;
    let spec = spec(base, layers)?;
    let (mut plain, mut started, mut ended, mut whole) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        plain.push(time(|| run_plain(base))?);
        fresh(&spec)?;
        let begin = Instant::now();
        let running = spawn(&spec, null()?)?;
        started.push(begin.elapsed());
        let middle = Instant::now();
        running.wait();
        ended.push(middle.elapsed());
        whole.push(begin.elapsed());
    }
    println!(
        "{rounds} rounds, {layers} layers, {} MiB held",
        ballast.len() >> 20
    );
    let (plain, whole) = (median(plain), median(whole));
    println!("fork+exec {plain:>6}");
    println!(
        "sandbox   {whole:>6}  (start {}, end {})",
        median(started),
        median(ended)
    );
    println!("overhead  {:>6}", whole.saturating_sub(plain));
    clean(&spec)
}

/// A sandbox on some layers, the first of which has the program.
fn spec(base: &Utf8Path, layers: usize) -> Result<Spec> {
    let layers: Vec<Utf8PathBuf> = (0..layers)
        .map(|n| base.join(format!("layer{n}")))
        .collect();
    for (number, layer) in layers.iter().enumerate() {
        fs::create_dir(layer)?;
        fs::write(layer.join(format!("file{number}")), "")?;
    }
    fs::create_dir(base.join("out"))?;
    for program in [base.join("layer0/nothing"), base.join("nothing")] {
        fs::write(&program, nothing()?)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    }
    let root = Stack {
        at: "/".into(),
        layers,
        top: base.join("top"),
    };
    Ok(Spec {
        root: vec![root],
        method: Method::Overlay,
        writable: vec![Writable {
            at: "/out".into(),
            directory: base.join("out"),
        }],
        program: "/nothing".into(),
        args: vec![],
        env: vec![],
        cwd: "/".into(),
        hostname: "builder".into(),
        jobserver: None,
        limits: Limits::default(),
    })
}

/// Make the private directories anew; this is not timed.
fn fresh(spec: &Spec) -> Result<()> {
    clean(spec)?;
    Ok(fs::create_dir(&spec.root[0].top)?)
}

fn clean(spec: &Spec) -> Result<()> {
    Ok(discard(&spec.root[0].top)?)
}

fn null() -> Result<Io> {
    let null = || Ok::<_, std::io::Error>(File::create("/dev/null")?.into());
    Ok(Io {
        stdin: Input::Null,
        stdout: null()?,
        stderr: null()?,
    })
}

/// What `Command` does: `posix_spawn`, which does not copy page tables either.
fn run_plain(base: &Utf8Path) -> Result<()> {
    let status = Command::new(base.join("nothing")).status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the program failed".into())
    }
}

fn time(action: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    action()?;
    Ok(begin.elapsed())
}

fn median(mut times: Vec<Duration>) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0, Duration::as_micros)
}

/// A program that ends at once: `exit(0)`.
fn nothing() -> Result<Vec<u8>> {
    let code: &[u8] = match std::env::consts::ARCH {
        // xor edi, edi; mov eax, 60; syscall
        "x86_64" => &[0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
        // mov x0, 0; mov x8, 93; svc 0
        "aarch64" => &[0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4],
        other => return Err(format!("no program for {other}").into()),
    };
    Ok(elf::executable(code))
}
