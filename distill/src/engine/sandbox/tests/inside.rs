//! What a program sees inside.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::fixture::{Trial, lines};

#[test]
fn environment_is_exact() {
    let Some(mut trial) = Trial::sh("") else {
        return;
    };
    trial.spec.program = "/bin/env".into();
    trial.spec.args.clear();
    trial.spec.env = vec![("B".into(), "2 = two".into()), ("A".into(), String::new())];
    assert_eq!(trial.succeed(), "B=2 = two\nA=\n");
}

#[test]
fn arguments_are_passed_on() {
    let Some(mut trial) = Trial::sh(r#"printf '%s|' "$0" "$@""#) else {
        return;
    };
    trial
        .spec
        .args
        .extend(["zero", "", "two words", "*"].map(String::from));
    assert_eq!(trial.succeed(), "zero||two words|*|");
}

#[test]
fn standard_input_is_empty() {
    let Some(trial) = Trial::sh("cat; read line || echo end") else {
        return;
    };
    assert_eq!(trial.succeed(), "end\n");
}

#[test]
fn outputs_are_told_apart() {
    let Some(trial) = Trial::sh("echo good; echo bad >&2") else {
        return;
    };
    assert_eq!(trial.run_apart(), ("good\n".to_owned(), "bad\n".to_owned()));
}

#[test]
fn host_name_and_working_directory_are_the_specs() {
    let Some(trial) = Trial::sh("uname -n; pwd") else {
        return;
    };
    let mut trial = trial.with_programs(&["uname"]);
    trial.spec.hostname = "somewhere".into();
    trial.spec.cwd = "/tmp".into();
    assert_eq!(trial.succeed(), "somewhere\n/tmp\n");
}

#[test]
fn program_is_root_without_power() {
    let Some(trial) = Trial::sh("cat /proc/self/status") else {
        return;
    };
    let status = trial.succeed();
    let has = |line| assert!(lines(&status).contains(line), "no `{line}` in {status}");
    has("Uid:\t0\t0\t0\t0");
    has("Gid:\t0\t0\t0\t0");
    has("NoNewPrivs:\t1");
    has("CapPrm:\t000000000000001b");
    has("CapEff:\t000000000000001b");
    has("CapInh:\t0000000000000000");
    has("CapAmb:\t0000000000000000");
}

#[test]
fn signals_are_at_their_defaults() {
    let Some(trial) = Trial::sh("cat /proc/self/status") else {
        return;
    };
    let blocked = SigSet::from_iter([Signal::SIGTERM, Signal::SIGUSR1]);
    blocked.thread_block().unwrap();
    let status = trial.succeed();
    blocked.thread_unblock().unwrap();
    for field in ["SigBlk", "SigIgn", "SigCgt"] {
        let line = format!("{field}:\t0000000000000000");
        assert!(
            lines(&status).contains(line.as_str()),
            "no `{line}` in {status}"
        );
    }
}

#[test]
fn umask_and_limits_are_fixed() {
    let script = "umask; ulimit -c; ulimit -n; ulimit -s; ulimit -f";
    let Some(mut trial) = Trial::sh(script) else {
        return;
    };
    trial.spec.limits.file_size = Some(1 << 20);
    assert_eq!(trial.succeed(), "0022\n0\n1024\n8192\n2048\n");
}

#[test]
fn only_the_standard_streams_are_open() {
    let Some(trial) = Trial::sh("ls /proc/self/fd") else {
        return;
    };
    let leak = fs::File::open("/").unwrap();
    fcntl(&leak, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    assert!(leak.as_raw_fd() > 2);
    // The fourth is the directory that `ls` reads.
    assert_eq!(trial.succeed(), "0\n1\n2\n3\n");
}

#[test]
fn there_is_no_network_but_loopback() {
    let script = "cd /proc/self/net; cat dev; echo ---; cat fib_trie; echo ---; cat route";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let printed = trial.succeed();
    let [devices, addresses, routes] = printed.split("---").collect::<Vec<_>>()[..] else {
        panic!("{printed}")
    };
    let devices: Vec<_> = devices
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    assert_eq!(
        devices
            .iter()
            .map(|device| device.0.trim())
            .collect::<Vec<_>>(),
        ["lo"]
    );
    assert!(
        addresses.contains("127.0.0.1"),
        "loopback is not up: {addresses}"
    );
    assert_eq!(
        routes.trim().lines().count(),
        1,
        "more than a heading: {routes}"
    );
}

#[test]
fn the_root_has_the_layers_and_the_mount_points_only() {
    let Some(trial) = Trial::sh("cd /; for name in * .[!.]*; do echo $name; done") else {
        return;
    };
    let trial = trial.with_layer(&[("mine", "")]);
    let printed = trial.succeed();
    let expected = ["bin", "dev", "mine", "out", "proc", "src", "tmp"];
    let found = printed
        .lines()
        .filter(|name| !name.starts_with("lib") && !name.starts_with('.'));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn no_mount_can_be_seen() {
    let script = "for file in mounts mountinfo mountstats; do cat /proc/self/$file; done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "");
}

/// Nothing of the machine as a whole, such as its load, its keys and its command line.
#[test]
fn of_proc_there_are_processes_only() {
    let Some(trial) = Trial::sh("ls /proc") else {
        return;
    };
    assert_eq!(trial.succeed(), "2\n3\nself\nthread-self\n");
}

#[test]
fn own_processes_only_are_visible() {
    let script = "for each in /proc/[0-9]*; do echo ${each#/proc/}; done; echo $$";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "2\n2\n");
}

/// It has the builder's memory.
#[test]
fn process_one_cannot_be_looked_at() {
    let script = "for what in mem environ maps exe root cwd fd/0 cmdline status; do
                      [ ! -e /proc/1/$what ] || echo $what is there
                  done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "");
}

#[test]
fn process_one_cannot_be_killed() {
    let script = "kill -KILL 1; kill -SEGV 1; kill -STOP 1; kill -TERM 1; sleep 0.05; echo alive";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "alive\n");
}

/// Where the caller is root, these files of the whole machine belong to the program.
#[test]
fn proc_is_read_only() {
    let script = "for file in sysrq-trigger self/comm self/oom_score_adj self/coredump_filter; do
                      (echo 0 > /proc/$file) 2>/dev/null && echo wrote $file || true
                  done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "");
}

#[test]
fn devices_work() {
    let script = "
        echo lost > /dev/null
        read line < /dev/null || echo null is empty
        (echo lost > /dev/full) 2>/dev/null || echo full is full
        for each in zero random urandom; do [ -c /dev/$each ] && [ -r /dev/$each ]; done
        echo through /dev/stdout > /dev/stdout
        echo through /dev/fd/2 > /dev/fd/2
        : <> /dev/ptmx && echo terminals can be made
        ls -A /dev";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let expected = "null is empty\nfull is full\nthrough /dev/stdout\nthrough /dev/fd/2\n\
                    terminals can be made\n\
                    fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n";
    assert_eq!(trial.succeed(), expected);
}

#[test]
fn there_is_no_terminal() {
    let Some(trial) = Trial::sh("(: < /dev/tty) 2>/dev/null || echo none") else {
        return;
    };
    assert_eq!(trial.succeed(), "none\n");
}

#[test]
fn temporary_files_are_private() {
    let script = "ls -ld /tmp /dev/shm; echo > /tmp/sandbox-was-here; : > /dev/shm/a; ls -A /tmp";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let printed = trial.succeed();
    assert_eq!(printed.matches("drwxrwxrwt").count(), 2, "{printed}");
    assert!(printed.ends_with("\nsandbox-was-here\n"), "{printed}");
    assert!(!fs::exists("/tmp/sandbox-was-here").unwrap());
    assert_eq!(fs::read_dir(trial.top().join("tmp")).unwrap().count(), 0);
}

#[test]
fn root_is_out_of_reach_of_root() {
    let script = "
        mkdir /tmp/a
        for try in 'mount -t tmpfs none /tmp/a' 'umount /proc' 'umount -l /' 'chroot /tmp/a /sh'; do
            $try 2>/dev/null && echo did $try || true
        done";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    let trial = trial.with_programs(&["mount", "umount", "chroot"]);
    assert_eq!(trial.succeed(), "");
}

/// In the first sandbox of a network namespace, and in later ones.
#[test]
fn no_namespaces_can_be_made() {
    let script = "for try in --user --mount --pid --net; do
                      unshare $try true 2>/dev/null && echo did $try || true
                  done";
    for _ in 0..3 {
        let Some(trial) = Trial::sh(script) else {
            return;
        };
        let trial = trial.with_programs(&["unshare", "true"]);
        assert_eq!(trial.succeed(), "");
    }
}

#[test]
fn files_of_any_mode_can_be_read_and_replaced() {
    let script = "umask 777; echo secret > /out/a; cat /out/a; echo more >> /out/a; cat /out/a
                  mkdir /out/d; echo in > /out/d/e; cat /out/d/e";
    let Some(trial) = Trial::sh(script) else {
        return;
    };
    assert_eq!(trial.succeed(), "secret\nsecret\nmore\nin\n");
}

#[test]
fn the_jobserver_is_the_one_that_was_given() {
    let script = "exec 3<> /dev/jobserver; read -r token <&3; echo got $token; echo back >&3";
    let Some(mut trial) = Trial::sh(script) else {
        return;
    };
    let fifo = trial.directory().join("jobserver");
    mkfifo(fifo.as_std_path(), Mode::S_IRWXU).unwrap();
    let mut host = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    host.write_all(b"token\n").unwrap();
    trial.spec.jobserver = Some(fifo);
    assert_eq!(trial.succeed(), "got token\n");
    let mut back = [0; 5];
    std::io::Read::read_exact(&mut host, &mut back).unwrap();
    assert_eq!(&back, b"back\n");
}
