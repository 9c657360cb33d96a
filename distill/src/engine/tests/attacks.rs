//! What builds have tried, to get at what is not theirs.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::super::sandbox::tests::fixture::skipped;
use super::lab::{Lab, script, script_for_file};

/// The output file's directory is a link to a directory of the user's.
#[test]
fn no_file_of_the_users_becomes_an_output() {
    let Some(lab) = Lab::new() else { return };
    let home = lab.directory().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("key"), "secret").unwrap();
    for (name, attack) in [
        ("the directory", format!("ln -s {home} /out/sub")),
        (
            "the file",
            format!("mkdir /out/sub; ln -s {home}/key /out/sub/key"),
        ),
        (
            "out of /out",
            "mkdir /out/sub; ln -s ../../build /out/sub/key".to_owned(),
        ),
    ] {
        let result = lab.build(&script_for_file("sub/key", &attack));
        assert!(result.is_err(), "{name}: {result:?}");
        assert_eq!(
            fs::read_to_string(home.join("key")).unwrap(),
            "secret",
            "{name}"
        );
    }
}

/// Whoever is root owns the host's devices.
#[test]
fn devices_cannot_be_changed() {
    let modes = || {
        ["null", "zero", "full", "random", "urandom", "tty"].map(|name| {
            let meta = fs::metadata(format!("/dev/{name}")).unwrap();
            meta.permissions().mode()
        })
    };
    let before = modes();
    let Some(lab) = Lab::new() else { return };
    let attack = "for device in null zero full random urandom tty; do
                      chmod 600 /dev/$device 2>/dev/null && echo $device >> /out/changed
                      rm -f /dev/$device 2>/dev/null && echo $device >> /out/removed
                      echo > /dev/$device 2>/dev/null || true
                  done
                  : > /out/done";
    let output = lab.build(&script(attack, vec![])).unwrap();
    let left = fs::read_dir(lab.store.path(&output)).unwrap().count();
    assert_eq!((left, modes()), (1, before));
}

/// Nobody but the builder may enter the directories in which builds leave set-user-id programs.
#[test]
fn nobody_else_reaches_what_builds_write() {
    let Some(lab) = Lab::new() else { return };
    let mode = |path: &camino::Utf8Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(lab.store.root()), 0o700);
    assert_eq!(mode(lab.store.temp_root()), 0o700);
    let made = script("cp /bin/cat /out/cat; chmod 4755 /out/cat", vec![]);
    let error = lab.build(&made).unwrap_err();
    assert!(error.contains("set-user-id"), "{error}");
}

/// What a build says is said by the build alone: two at a time have nothing in common.
#[test]
fn two_builds_share_no_job_server() {
    let Some(lab) = Lab::new() else { return };
    let say = "exec 3<>/dev/jobserver; echo secret >&3; sleep 0.3; : > /out/done";
    let hear = "exec 3<>/dev/jobserver; sleep 0.2
                read -t 1 -r heard <&3 || true; echo \"${heard:-}\" > /out/heard";
    let plans = [
        script(say, vec![]),
        script(&format!("exec bash -c '{hear}'"), vec![]),
    ];
    let outputs = lab.build_all(&plans).unwrap();
    let heard = lab.read(&outputs[1], "heard");
    assert!(!heard.contains("secret"), "{heard}");
}

/// Each of these is a way around namespaces that the filter of system calls closes. `python3` makes the
/// calls; the numbers are those of all architectures, or x86-64's.
#[test]
fn system_calls_that_lead_out_are_refused() {
    let Some(lab) = Lab::new() else { return };
    if !cfg!(target_arch = "x86_64") {
        return skipped("the numbers of the calls are those of x86-64");
    }
    let calls = [
        ("add_key", 248, libc::ENOSYS),
        ("request_key", 249, libc::ENOSYS),
        ("keyctl", 250, libc::ENOSYS),
        ("perf_event_open", 298, libc::ENOSYS),
        ("setns", 308, libc::EPERM),
        ("bpf", 321, libc::ENOSYS),
        ("userfaultfd", 323, libc::ENOSYS),
        ("io_uring_setup", 425, libc::ENOSYS),
        ("clone3", 435, libc::ENOSYS),
        ("landlock_create_ruleset", 444, libc::ENOSYS),
        ("listmount", 458, libc::ENOSYS),
        ("a call with short pointers", 0x4000_0000 + 39, libc::ENOSYS),
    ];
    let mut wanted = String::new();
    let mut asked = String::from(
        "import ctypes, socket\nc = ctypes.CDLL(None, use_errno=True)\n\
         def call(*a):\n ctypes.set_errno(0); r = c.syscall(*a); return (r, ctypes.get_errno())\n",
    );
    for (name, number, errno) in calls {
        asked += &format!("print('{name}', *call({number}, 0, 0, 0, 0, 0, 0))\n");
        wanted += &format!("{name} -1 {errno}\n");
    }
    for flag in [
        0x0002_0000,
        0x0200_0000,
        0x0400_0000,
        0x0800_0000,
        0x1000_0000,
        0x2000_0000,
        0x4000_0000,
    ] {
        asked += &format!("print('unshare', *call(272, {flag}))\n");
        wanted += &format!("unshare -1 {}\n", libc::EPERM);
    }
    for family in [
        libc::AF_VSOCK,
        libc::AF_ALG,
        libc::AF_PACKET,
        libc::AF_BLUETOOTH,
        libc::AF_TIPC,
    ] {
        asked += &format!("print('socket', *call(41, {family}, 1, 0))\n");
        wanted += &format!("socket -1 {}\n", libc::EAFNOSUPPORT);
    }
    for family in ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"] {
        asked +=
            &format!("print(socket.socket(socket.{family}, socket.SOCK_DGRAM).fileno() > 2)\n");
        wanted += "True\n";
    }
    asked += "print('getgroups', *call(115, 0, 0))\n";
    wanted += "getgroups 0 0\n";
    match lab.python(&asked, vec![]) {
        Some(printed) => assert_eq!(printed, wanted),
        None => skipped("the host has no python3 to make the calls with"),
    }
}

/// A build that leaves a link where the next step of the builder would write.
#[test]
fn what_a_build_leaves_is_removed_without_following_links() {
    let Some(lab) = Lab::new() else { return };
    let home = lab.directory().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("letter"), "precious").unwrap();
    symlink(&home, lab.directory().join("link")).unwrap();
    let attack = format!(
        "ln -s {home} /src/link; ln -s {home} /out/link; mkdir /src/deep; chmod 0 /src/deep
         mkdir /out/closed; ln -s {home} /out/closed/link; chmod 0 /out/closed; exit 1"
    );
    assert!(lab.build(&script(&attack, vec![])).is_err());
    assert_eq!(fs::read_to_string(home.join("letter")).unwrap(), "precious");
    let left = fs::read_dir(lab.store.temp_root()).unwrap().count();
    assert_eq!(left, 0, "scratch directories are left");
}
