//! What `run` gives to a machine, by the examples as they are compiled.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use distill::machine::free_port;
use tempfile::TempDir;

/// An example in `directory`.
fn example(name: &str, directory: &Path, words: &[&str]) -> Command {
    let test = std::env::current_exe().expect("this program has a path");
    let beside: Option<PathBuf> = test.parent().and_then(Path::parent).map(Into::into);
    let programs = std::env::var_os("DISTILL_E2E_PROGRAMS").map(PathBuf::from);
    let examples = || beside.expect("cargo's directories").join("examples");
    let mut command = Command::new(programs.unwrap_or_else(examples).join(name));
    command
        .args(words)
        .current_dir(directory)
        .stdin(Stdio::piped());
    command
}

/// Calls an example; what it prints.
fn call(name: &str, directory: &Path, words: &[&str]) -> Output {
    let output = example(name, directory, words).output();
    output.expect("the examples are compiled: `cargo build --examples`")
}

/// Calls an example that boots a machine, and types something when the shell on the console is there;
/// how it ended, and what the console said.
fn boot(name: &str, directory: &Path, words: &[&str], typed: &str) -> (ExitStatus, String) {
    let mut command = example(name, directory, words);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let (mut input, output) = (child.stdin.take(), child.stdout.take());
    let mut output = output.expect("a pipe");
    let (mut console, mut part) = (String::new(), [0; 4096]);
    while let Ok(count @ 1..) = output.read(&mut part) {
        console.push_str(&String::from_utf8_lossy(&part[..count]));
        if console.contains("~ # ")
            && let Some(mut input) = input.take()
        {
            input.write_all(typed.as_bytes()).expect("it reads");
        }
    }
    (child.wait().expect("a child"), console)
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a server on this port of the host's loopback interface says, as soon as one says anything; nothing
/// if none does as long as `may_come`.
fn ask(port: u16, may_come: &AtomicBool) -> String {
    let mut answer = String::new();
    while answer.is_empty() && may_come.load(Ordering::Relaxed) {
        // QEMU takes the connection before the machine does, and ends it if that does not.
        if let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            let _ = stream.read_to_string(&mut answer);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    answer
}

/// What the machine is asked for on its console: what it has of what it was given. Then it goes.
const LOOK: &str =
    "until grep ' /var ext4' /proc/mounts && ip addr show eth0 | grep -q inet; do sleep 1; done
    sed -n 's/MemTotal: */memory=/p' /proc/meminfo
    df -k /var | sed -n 's,^/dev/vda4 *\\([0-9]*\\).*,size=\\1 kB,p'
    echo hello | nc -l -p 8080
    poweroff
";

/// The number behind `name=` in what the console said.
fn figure(console: &str, name: &str) -> u64 {
    let line = console
        .lines()
        .find_map(|line| line.trim().strip_prefix(name));
    let figure = line.and_then(|line| line.strip_suffix(" kB")?.parse().ok());
    figure.unwrap_or_else(|| panic!("no {name}: {console}"))
}

#[test]
#[ignore = "builds an image and boots it"]
fn the_machine_has_what_was_asked_for_and_a_snapshot_is_thrown_away() {
    let scratch = TempDir::new().expect("a directory");
    let directory = scratch.path();
    call("qemu", directory, &["build", "--quiet"]);
    let images = directory.join("target/images");
    let image = std::fs::read(images.join("qemu-x86_64.img")).expect("an image");
    let port = free_port(20_000).expect("a port");
    let port_word = format!("{port}:8080");
    let words = [
        "run",
        "--quiet",
        "--snapshot",
        "--timeout",
        "280s",
        "--memory",
        "300M",
    ];
    let more = ["--disk-size", "300M", "--port", &port_word];
    let running = AtomicBool::new(true);
    let (answer, status, console) = std::thread::scope(|scope| {
        let answer = scope.spawn(|| ask(port, &running));
        let (status, console) = boot("qemu", directory, &[&words[..], &more].concat(), LOOK);
        running.store(false, Ordering::Relaxed);
        (answer.join().expect("it does not panic"), status, console)
    });
    assert!(status.success(), "{console}");
    assert_eq!(answer, "hello\n", "{console}");
    // The kernel takes its part of both.
    let memory = figure(&console, "memory=");
    assert!((200 << 10..300 << 10).contains(&memory), "{memory} kB");
    let size = figure(&console, "size=");
    let room = (300 << 10) - image.len() as u64 / 1024;
    assert!((room * 3 / 4..room).contains(&size), "{size} of {room} kB");

    let now = std::fs::read(images.join("qemu-x86_64.img")).expect("an image");
    assert!(now == image, "the image was changed");
    let left = std::fs::read_dir(&images).expect("a directory").count();
    assert_eq!(left, 1, "nothing is left beside the image");
}

/// Where the clouds' machines find their metadata service.
const METADATA: &str = "guestfwd=tcp:169.254.169.254:80";

/// Examples, and words of the command lines that they stand for. The kernel for real machines takes half an
/// hour: their hardware is for `boot.rs`.
const LINES: [(&str, &[&str]); 5] = [
    (
        "qemu",
        &[
            "-machine q35,",
            "virtio-blk-pci,drive=disk",
            "seabios",
            "virtio-net-pci",
        ],
    ),
    (
        "droplet",
        &[
            "-machine pc,",
            "virtio-blk-pci,drive=disk",
            "seabios",
            METADATA,
        ],
    ),
    (
        "nitro",
        &[
            "nvme,drive=disk",
            "OVMF_CODE",
            "manufacturer=Amazon EC2",
            METADATA,
        ],
    ),
    (
        "cloud",
        &[
            "virtio-blk-pci,drive=disk",
            "manufacturer=OpenStack Foundation",
            METADATA,
        ],
    ),
    (
        "netboot",
        &["-kernel ", "-initrd ", "virtio-blk-pci,drive=disk"],
    ),
];

#[test]
#[ignore = "builds images"]
fn every_platform_says_how_it_is_run_or_that_it_is_not() {
    let scratch = TempDir::new().expect("a directory");
    for (example, parts) in LINES {
        call(example, scratch.path(), &["build", "--quiet"]);
        let words = ["run", "--dry-run", "--memory", "777", "--port", "8098:80"];
        let line = call(example, scratch.path(), &words);
        let line = printed(&line) + &said(&line);
        let all = ["-m 777M", "hostfwd=tcp:127.0.0.1:8098-:80", "format=raw"];
        for part in parts.iter().chain(&all) {
            assert!(line.contains(part), "{example}: no {part}: {line}");
        }
        // Only where somebody listens.
        let has_server = ["droplet", "nitro", "cloud"].contains(&example);
        assert_eq!(line.contains("-:22"), has_server, "{example}: {line}");
    }
    let words = ["run", "--dry-run", "--snapshot", "--attach", "more.img"];
    let nothing = call("qemu", scratch.path(), &words);
    assert!(
        said(&nothing).contains("cannot attach `more.img`"),
        "{}",
        said(&nothing)
    );
    std::fs::write(scratch.path().join("more.img"), [0; 512]).expect("a file");
    let line = printed(&call("qemu", scratch.path(), &words));
    for part in ["format=qcow2", "/more.img"] {
        assert!(line.contains(part), "no {part}: {line}");
    }

    let container = call("container", scratch.path(), &["run", "--dry-run"]);
    assert_eq!(container.status.code(), Some(1), "{}", said(&container));
    assert!(
        said(&container).contains("cannot run `container`"),
        "{}",
        said(&container)
    );
}

#[test]
#[ignore = "builds an image"]
fn what_cannot_be_given_is_said_before_anything_is_started() {
    let scratch = TempDir::new().expect("a directory");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let port = format!("{port}:80");
    for (option, value, expected) in [
        (
            "--port",
            port.as_str(),
            "of the other one: it is in use\nhint: take another one",
        ),
        (
            "--memory",
            "much",
            "want MiB such as `512`, or a size such as `2G`",
        ),
        ("--memory", "0", "at least 64 MiB"),
        (
            "--disk-size",
            "1M",
            "cannot make a disk of 1.0 MiB: the image `",
        ),
    ] {
        let words = ["run", "--quiet", "--timeout", "60s", option, value];
        let output = call("qemu", scratch.path(), &words);
        assert!(
            said(&output).contains(expected),
            "{option} {value}: {}",
            said(&output)
        );
        assert_eq!(printed(&output), "", "{option} {value}");
        assert!(!output.status.success(), "{option} {value}");
    }
}
