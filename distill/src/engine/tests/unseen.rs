//! The host cannot be seen: one program looks at all that a build can look at, under many variations of
//! the host, and must see the same each time.
//!
//! The program is this test program itself, as [`look_at_all_that_can_be_seen`]. What may differ all the
//! same stands in the guide, with the reason; the tests read it there.
#![allow(
    unsafe_code,
    reason = "a session keyring and a socket, for which no library is at hand"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::{env, fs};

use camino::{Utf8Path, Utf8PathBuf};

use super::super::sandbox::tests::fixture::{elsewhere, run_elsewhere_as, skipped};
use super::lab::{Lab, add_program, at, path, plan, script, text};
use crate::plan::{Artifact, Literal, Mode, OutputKind};

/// The table of the guide, whose first column names what may differ.
const GUIDE: &str = include_str!("../../../../docs/src/hermetic.md");

/// The beginnings of the names of what may differ.
fn excepted() -> Vec<&'static str> {
    let (_, table) = GUIDE.split_once("## What may differ").unwrap();
    let cells = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names: Vec<_> = cells.flat_map(|cell| cell.split('`').step_by(2)).collect();
    assert!(names.len() > 5, "the guide has no table of exceptions");
    names
}

/// In the program: the file that says so lies beside `/build`.
const MARK: &str = "/look";

/// Does nothing, except in a build.
#[test]
fn look_at_all_that_can_be_seen() {
    if fs::exists(MARK).unwrap() {
        fs::write("/out/seen", everything()).unwrap();
    }
}

/// Names and what is seen under them, a line each.
fn everything() -> String {
    let mut seen = BTreeMap::new();
    let mut note = |name: &str, what: String| {
        seen.insert(name.to_owned(), what.replace('\n', "\\n"));
    };
    let environment: BTreeMap<_, _> = env::vars().collect();
    note("environment", format!("{environment:?}"));
    note(
        "arguments",
        format!("{:?}", env::args().skip(1).collect::<Vec<_>>()),
    );
    note("directory", format!("{:?}", env::current_dir()));
    system(&mut note);
    limits(&mut note);
    kernel(&mut note);
    processes(&mut note);
    for directory in ["/proc/self", "/proc/self/net", "/proc/self/attr"] {
        texts(directory, &mut note);
    }
    for top in ["/", "/dev", "/in", "/src", "/out", "/tmp", "/sysroot"] {
        files(Utf8Path::new(top), &mut note);
    }
    seen.into_iter()
        .fold(String::new(), |mut text, (name, what)| {
            writeln!(text, "{name}: {what}").unwrap();
            text
        })
}

type Note<'a> = dyn FnMut(&str, String) + 'a;

fn system(note: &mut Note<'_>) {
    let name = nix::sys::utsname::uname().unwrap();
    note("uname.system", format!("{:?}", name.sysname()));
    note("uname.node", format!("{:?}", name.nodename()));
    note("uname.domain", format!("{:?}", name.domainname()));
    note("uname.release", format!("{:?}", name.release()));
    note("uname.version", format!("{:?}", name.version()));
    note("uname.machine", format!("{:?}", name.machine()));
    let ids = (
        nix::unistd::getresuid().unwrap(),
        nix::unistd::getresgid().unwrap(),
        nix::unistd::getgroups().unwrap(),
    );
    note("ids", format!("{ids:?}"));
    note(
        "cpus",
        format!("{:?}", std::thread::available_parallelism()),
    );
    // Asked for with all bits set it is told, and not changed (personality(2)).
    // SAFETY: no memory is passed.
    note(
        "personality",
        format!("{:x}", unsafe { libc::personality(0xffff_ffff) }),
    );
    note("dumpable", format!("{:?}", nix::sys::prctl::get_dumpable()));
    note(
        "zone",
        format!("{:?} {:?}", fs::exists("/etc/localtime"), env::var_os("TZ")),
    );
    let umask = nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    note("umask", format!("{umask:?}"));
    for place in ["/", "/out", "/src", "/tmp", "/dev", "/dev/shm"] {
        let stat = nix::sys::statvfs::statvfs(place).unwrap();
        note(&format!("flags of {place}"), format!("{:?}", stat.flags()));
        note(
            &format!("size of {place}"),
            format!("{} {}", stat.blocks(), stat.files()),
        );
    }
}

fn limits(note: &mut Note<'_>) {
    let all = fs::read_to_string("/proc/self/limits").unwrap();
    for line in all.lines().skip(1) {
        let (name, values) = line.split_at(26);
        note(
            &format!("limit of {}", name.trim()),
            values.trim().to_owned(),
        );
    }
}

/// Calls to the kernel whose answers some hosts change.
fn kernel(note: &mut Note<'_>) {
    let mut call = |name: &str, number: libc::c_long, arguments: [libc::c_long; 3]| {
        let [a, b, c] = arguments;
        // SAFETY: the calls below read no memory but what null pointers point to, which is none.
        let result = unsafe { libc::syscall(number, a, b, c) };
        let error = std::io::Error::last_os_error();
        note(
            &format!("call {name}"),
            if result < 0 {
                error.to_string()
            } else {
                "done".into()
            },
        );
    };
    let session_keyring = -3;
    call("keyctl", libc::SYS_keyctl, [0, session_keyring, 0]);
    call("vsock", libc::SYS_socket, [libc::AF_VSOCK.into(), 1, 0]);
    call("alg", libc::SYS_socket, [libc::AF_ALG.into(), 5, 0]);
    call(
        "userns",
        libc::SYS_unshare,
        [libc::CLONE_NEWUSER.into(), 0, 0],
    );
    call("io_uring", libc::SYS_io_uring_setup, [1, 0, 0]);
    call("bpf", libc::SYS_bpf, [0, 0, 0]);
    call("log", libc::SYS_syslog, [10, 0, 0]);
    call("priority", libc::SYS_getpriority, [0, 0, 0]);
}

fn processes(note: &mut Note<'_>) {
    let ids = (
        nix::unistd::getpid(),
        nix::unistd::getppid(),
        nix::unistd::getpgrp(),
    );
    note(
        "process",
        format!("{ids:?} {:?}", nix::unistd::getsid(None)),
    );
    let names = |directory: &str| {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    let threads = |name: &String| name.parse::<u32>().is_err();
    note(
        "proc",
        format!(
            "{:?}",
            names("/proc")
                .into_iter()
                .filter(threads)
                .collect::<Vec<_>>()
        ),
    );
    for stream in ["0", "1", "2"] {
        let link = fs::read_link(format!("/proc/self/fd/{stream}"));
        let link = link.map(|link| link.to_string_lossy().split(':').next().map(str::to_owned));
        note(&format!("stream {stream}"), format!("{link:?}"));
    }
    note("sys", format!("{:?}", fs::exists("/sys")));
}

/// Every text that lies in a directory of `/proc`, line by line where lines have names.
fn texts(directory: &str, note: &mut Note<'_>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.map(Result::unwrap) {
        let file = entry.path();
        let name = file.to_str().unwrap().to_owned();
        if !entry.file_type().unwrap().is_file() || CHANGING.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        // The state and the signals are those of one thread: of the one that looks, and not of the first,
        // which may be about to sleep.
        let own = name.replace("/proc/self/status", "/proc/thread-self/status");
        match fs::read(own) {
            Err(error) => note(&name, error.to_string()),
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                if name == "/proc/self/status" {
                    for line in text.lines() {
                        let (field, value) = line.split_once(':').unwrap();
                        note(&format!("{name} {field}"), value.trim().to_owned());
                    }
                } else {
                    note(&name, text.into_owned());
                }
            }
        }
    }
}

/// What tells of this process alone, and is another each time that it looks.
const CHANGING: [&str; 17] = [
    "self/auxv",
    "self/maps",
    "self/smaps",
    "self/smaps_rollup",
    "self/numa_maps",
    "self/pagemap",
    "self/mem",
    "self/stat",
    "self/statm",
    "self/sched",
    "self/schedstat",
    "self/io",
    "self/stack",
    "self/syscall",
    "self/wchan",
    "self/limits",
    "self/environ",
];

/// Every file below a directory, on the way that a program of backups would describe it.
fn files(top: &Utf8Path, note: &mut Note<'_>) {
    let mut open = vec![top.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in directory
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .map(Result::unwrap)
        {
            let (file, meta) = (
                entry.path().to_owned(),
                entry.path().symlink_metadata().unwrap(),
            );
            let above = ["/proc", "/out", "/src", "/in", "/tmp", "/dev", "/sysroot"];
            let elsewhere = above.contains(&file.as_str());
            if meta.is_dir() && !elsewhere && file != "/dev/pts" {
                open.push(file.clone());
            }
            describe(&file, &meta, note);
        }
    }
    describe(top, &top.symlink_metadata().unwrap(), note);
}

fn describe(file: &Utf8Path, meta: &fs::Metadata, note: &mut Note<'_>) {
    let owner = (meta.uid(), meta.gid());
    let mut what = format!("{:o} {owner:?} {:x}", meta.mode(), meta.rdev());
    if meta.is_file() {
        write!(what, " {} bytes, {} names", meta.len(), meta.nlink()).unwrap();
    }
    // Not of what this program or its own `/dev` makes.
    let made = ["/dev", "/proc", "/tmp"]
        .iter()
        .any(|place| file.starts_with(place));
    if !made {
        write!(what, " {}", meta.mtime()).unwrap();
    }
    if meta.is_symlink() {
        write!(what, " {}", file.read_link_utf8().unwrap()).unwrap();
    }
    let attributes = xattr::list(file).map(Iterator::collect::<BTreeSet<_>>);
    write!(what, " {:?}", attributes.unwrap_or_default()).unwrap();
    note(&format!("file {file}"), what);
}

/// What the program sees in a build in a store below `place`.
fn seen(place: &Utf8Path) -> Option<String> {
    let lab = Lab::below(place)?;
    if env::var_os("DISTILL_TEST_NETWORK").is_some() {
        use_the_network(&lab);
    }
    let name = concat!(module_path!(), "::look_at_all_that_can_be_seen");
    // A filter of the harness, which takes more than the one argument that a script's first line may have.
    let filter = name.split_once("::").unwrap().1;
    let program = format!("#!/look-around {filter}\n");
    let mut literal = Literal::default();
    let this = Utf8PathBuf::from_path_buf(env::current_exe().unwrap()).unwrap();
    add_program(&mut literal, "look-around", &this);
    let inputs = vec![
        at("/", literal),
        at(
            "/",
            Artifact::file(path("build"), Mode::EXECUTABLE, program),
        ),
        at("/", text(&MARK[1..], "")),
        at("/in", text("d/f", "text")),
        at("/src/it", text("d/f", "text")),
        at("/sysroot/there", text("d/f", "text")),
    ];
    let output = lab.build(&plan(inputs, OutputKind::Tree)).unwrap();
    Some(lab.read(&output, "seen"))
}

/// A build that asks for what is not there: counters of its network namespace tell of that.
fn use_the_network(lab: &Lab) {
    let asking = "for to in udp/192.0.2.1 tcp/127.0.0.1; do
                      bash -c \"echo x > /dev/$to/9\" 2>/dev/null || true
                  done; : > /out/done";
    lab.build(&script(asking, vec![])).unwrap();
}

/// Writes down what is seen, in another process.
#[test]
fn seen_elsewhere() {
    if !elsewhere() {
        return;
    }
    if env::var_os("DISTILL_TEST_KEY").is_some() {
        leave_a_key();
    }
    let place = env::temp_dir();
    if let Some(seen) = seen(Utf8Path::from_path(&place).unwrap()) {
        fs::write(env::var_os("DISTILL_TEST_SEEN").unwrap(), seen).unwrap();
    }
}

/// In this process's session keyring, as a secret of the user's.
fn leave_a_key() {
    let session_keyring = -3;
    // SAFETY: the strings end with a NUL byte, and the payload has the length that is given.
    let key = unsafe {
        libc::syscall(libc::SYS_keyctl, 1, std::ptr::null::<libc::c_char>());
        let (kind, name, payload) = (c"user", c"distill-trial", b"secret");
        let length = payload.len();
        libc::syscall(
            libc::SYS_add_key,
            kind.as_ptr(),
            name.as_ptr(),
            payload.as_ptr(),
            length,
            session_keyring,
        )
    };
    assert!(key > 0, "{}", std::io::Error::last_os_error());
}

/// How a host may be: a name, who can make it so (`unshare`'s options, or root without any), and the
/// shell commands that do.
const VARIATIONS: [(&str, &[&str], &str); 13] = [
    ("plain", &[], ""),
    ("umask", &[], "umask 077"),
    ("another place", &[], "mkdir -p \"$TMPDIR/a place/with a name that is longer than most names of places are\"
                            export TMPDIR=\"$TMPDIR/a place/with a name that is longer than most names of places are\"; cd /"),
    ("environment", &[], "export LANG=de_DE.UTF-8 LC_ALL=C TZ=Asia/Tokyo MAKEFLAGS=-j9 CC=false HOME=/nowhere"),
    ("limits", &[], "ulimit -Sn 512; ulimit -Ss 4096; ulimit -Sc 0"),
    ("priority", &[], "renice -n 3 $$ >/dev/null"),
    ("signals", &[], "trap '' HUP INT QUIT PIPE TERM USR1 CHLD"),
    ("streams", &[], "exec <&- 2>&1"),
    ("key", &[], "export DISTILL_TEST_KEY=1"),
    ("network", &[], "export DISTILL_TEST_NETWORK=1"),
    ("addresses", &[], "exec setarch -R \"$@\""),
    ("memory", &["--user", "--map-root-user", "--mount"],
        "mkdir \"$TMPDIR/m\"; mount -t tmpfs -o mode=2777 none \"$TMPDIR/m\"; export TMPDIR=$TMPDIR/m"),
    ("names", &["--user", "--map-root-user", "--uts"], "hostname somewhere; domainname some.domain || true"),
];

#[test]
fn the_host_cannot_be_seen() {
    let excepted = excepted();
    let mut first: Option<BTreeMap<String, String>> = None;
    let mut different = String::new();
    let mut all: Vec<(&str, &[&str], String)> = VARIATIONS
        .iter()
        .map(|(name, who, script)| (*name, *who, (*script).to_owned()))
        .collect();
    if nix::unistd::geteuid().is_root() {
        // The program may lie where only root may look.
        let other = "chmod 711 \"$TMPDIR\"; mkdir \"$TMPDIR/own\"; export TMPDIR=$TMPDIR/own
                     cp \"$1\" \"$TMPDIR/program\"; shift; cd \"$TMPDIR\"
                     chown -R 12345:54321 \"$TMPDIR\"
                     exec setpriv --reuid 12345 --regid 54321 --groups 1,2,3 ./program \"$@\"";
        all.push(("another user with groups", &[], other.to_owned()));
    }
    for (name, who, script) in all {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(
            directory.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o711),
        )
        .unwrap();
        let file = directory.path().join("seen");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        let script = format!("export DISTILL_TEST_SEEN={}\n{script}", file.display());
        if !run_elsewhere_as(who, concat!(module_path!(), "::seen_elsewhere"), &script) {
            return;
        }
        let text = fs::read_to_string(&file).unwrap();
        if text.is_empty() {
            return skipped(&format!("`{name}`: nothing was seen"));
        }
        let is_kept = |(name, _): &(String, String)| !excepted.iter().any(|e| name.starts_with(e));
        let split = |line: &str| {
            line.split_once(": ")
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let seen: BTreeMap<_, _> = text.lines().filter_map(split).filter(is_kept).collect();
        let first = first.get_or_insert_with(|| seen.clone());
        let names: BTreeSet<_> = first.keys().chain(seen.keys()).collect();
        for key in names
            .into_iter()
            .filter(|key| first.get(*key) != seen.get(*key))
        {
            let pair = (first.get(key), seen.get(key));
            writeln!(different, "[{name}] {key}: {pair:?}").unwrap();
        }
    }
    assert!(different.is_empty(), "a build sees its host:\n{different}");
    let first = first.unwrap();
    for looked_at in [
        "/proc/self/mountinfo",
        "/proc/self/net/snmp",
        "/proc/self/status CapEff",
        "call keyctl",
        "environment",
        "file /dev/shm",
        "file /in/d/f",
        "file /src/it/d/f",
        "limit of Max stack size",
        "umask",
    ] {
        assert!(
            first.contains_key(looked_at),
            "`{looked_at}` was not looked at"
        );
    }
}
