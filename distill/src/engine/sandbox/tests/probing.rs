//! What is said about machines that do not let us make sandboxes.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use nix::errno::Errno;
use tempfile::TempDir;

use super::fixture::{Trial as Sandboxed, elsewhere, run_elsewhere, skipped, usable};
use crate::engine::sandbox::probe::{Readings, Trials, diagnose};
use crate::engine::sandbox::trial::{Trial, Trouble};
use crate::engine::sandbox::{Capabilities, Limits, MAX_LAYERS, Method, SandboxError, probe};

const GOOD: Trials = Trials {
    namespaces: Ok(()),
    place: Ok(()),
    proc: Ok(()),
    walls: Ok(()),
    formats: Ok(()),
    overlay: Ok(()),
};

const ALL: Capabilities = Capabilities {
    namespaces: Ok(()),
    place: Ok(()),
    proc: Ok(()),
    walls: Ok(()),
    formats: Ok(()),
    limits: Ok(()),
    overlay: Ok(()),
};

fn trouble(step: Option<&str>, errno: Errno) -> Trial {
    let step = step.map(str::to_owned);
    Err(Trouble { step, errno })
}

/// A machine that allows everything.
fn readings() -> Readings {
    Readings {
        max_user_namespaces: Some(60_000),
        ..Readings::default()
    }
}

/// What is said when no namespaces can be made.
fn without_namespaces(readings: &Readings, errno: Errno) -> String {
    let trials = Trials {
        namespaces: trouble(None, errno),
        ..GOOD
    };
    diagnose(readings, &trials)
        .method(1)
        .unwrap_err()
        .to_string()
}

#[test]
fn nothing_is_lacking() {
    let found = diagnose(&readings(), &GOOD);
    assert_eq!(found, ALL);
    assert_eq!(found.method(MAX_LAYERS), Ok(Method::Overlay));
    assert_eq!(found.method(MAX_LAYERS + 1), Ok(Method::Copy));
}

/// A machine that forbids namespaces, and what the trial fails with.
fn forbidding() -> Vec<(&'static str, Readings, Errno)> {
    let some = readings();
    vec![
        (
            "max 0",
            Readings {
                max_user_namespaces: Some(0),
                ..some.clone()
            },
            Errno::ENOSPC,
        ),
        ("max used", some.clone(), Errno::ENOSPC),
        ("nested", some.clone(), Errno::EUSERS),
        (
            "not built",
            Readings {
                max_user_namespaces: None,
                ..some.clone()
            },
            Errno::EINVAL,
        ),
        (
            "Debian",
            Readings {
                unprivileged_userns_clone: Some(0),
                ..some.clone()
            },
            Errno::EPERM,
        ),
        (
            "filter",
            Readings {
                filtered: true,
                ..some.clone()
            },
            Errno::EPERM,
        ),
        ("chroot", some.clone(), Errno::EPERM),
        ("old", some, Errno::ENOSYS),
    ]
}

#[test]
fn forbidden_namespaces() {
    let mut text = String::new();
    for (name, readings, errno) in forbidding() {
        writeln!(text, "[{name}] {}", without_namespaces(&readings, errno)).unwrap();
    }
    insta::assert_snapshot!(text, @r"
    [max 0] cannot make user namespaces: they are switched off (`user.max_user_namespaces` is 0)
    hint: `sudo sysctl -w user.max_user_namespaces=15000`; to keep that: `echo user.max_user_namespaces=15000 | sudo tee -a /etc/sysctl.d/50-distill.conf`
    [max used] cannot make user namespaces: all that `user.max_user_namespaces` allows are in use
    hint: `sudo sysctl -w user.max_user_namespaces=75000`; to keep that: `echo user.max_user_namespaces=75000 | sudo tee -a /etc/sysctl.d/50-distill.conf`
    [nested] cannot make user namespaces: 32 of them are nested here already
    hint: start from a process outside of them
    [not built] cannot make user namespaces: this kernel was built without them
    hint: use a kernel with CONFIG_USER_NS=y
    [Debian] cannot make user namespaces: they are switched off (`kernel.unprivileged_userns_clone` is 0)
    hint: `sudo sysctl -w kernel.unprivileged_userns_clone=1`; to keep that: `echo kernel.unprivileged_userns_clone=1 | sudo tee -a /etc/sysctl.d/50-distill.conf`
    [filter] cannot make user namespaces: a system call filter is in force, as in a container (EPERM: Operation not permitted)
    hint: with docker or podman: `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`
    [chroot] cannot make user namespaces: the kernel refuses (EPERM: Operation not permitted)
    hint: in a chroot they are forbidden: start from outside; else see what security module this system runs (`cat /sys/kernel/security/lsm`)
    [old] cannot make user namespaces: ENOSYS: Function not implemented
    hint: use Linux 5.12 or later
    ");
}

/// Ubuntu lets users make namespaces, and then takes their power over them.
#[test]
fn forbidden_by_apparmor() {
    let readings = Readings {
        apparmor_restrict: Some(1),
        ..readings()
    };
    let trials = Trials {
        namespaces: trouble(
            Some("write `deny` to `/proc/self/setgroups`"),
            Errno::EACCES,
        ),
        ..GOOD
    };
    let lack = diagnose(&readings, &trials).method(1).unwrap_err();
    insta::assert_snapshot!(lack, @r"
    cannot make user namespaces: they are switched off (`kernel.apparmor_restrict_unprivileged_userns` is 1)
    hint: `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; to keep that: `echo kernel.apparmor_restrict_unprivileged_userns=0 | sudo tee -a /etc/sysctl.d/50-distill.conf`
    ");
}

#[test]
fn hidden_proc() {
    let trials = Trials {
        proc: trouble(Some("mount proc"), Errno::EPERM),
        ..GOOD
    };
    let lack = diagnose(&readings(), &trials).method(1).unwrap_err();
    insta::assert_snapshot!(lack, @r"
    cannot mount a fresh /proc: parts of this one are hidden (EPERM: Operation not permitted)
    hint: with docker: `--security-opt systempaths=unconfined`; with podman: `--security-opt unmask=ALL`
    ");
}

#[test]
fn without_overlay_trees_are_copied() {
    let mut text = String::new();
    for errno in [Errno::ENODEV, Errno::EPERM, Errno::EINVAL] {
        let found = diagnose(
            &readings(),
            &Trials {
                overlay: trouble(Some("mount overlay"), errno),
                ..GOOD
            },
        );
        assert_eq!(found.method(1), Ok(Method::Copy));
        writeln!(text, "{}", found.overlay.unwrap_err()).unwrap();
    }
    insta::assert_snapshot!(text, @r"
    cannot stack trees with overlayfs, so copies them: the kernel does not know it
    hint: `sudo modprobe overlay`
    cannot stack trees with overlayfs, so copies them: this kernel does not let users mount it
    hint: use Linux 5.12 or later
    cannot stack trees with overlayfs, so copies them: the store's file system does not take it (EINVAL: Invalid argument)
    hint: have the store on ext4, XFS or btrfs, with `--store DIRECTORY`
    ");
}

#[test]
fn probing_leaves_nothing_behind() {
    if !usable() {
        return;
    }
    let scratch = TempDir::new().unwrap();
    let found = probe(scratch.path().try_into().unwrap()).unwrap();
    assert_eq!(found, ALL);
    assert_eq!(scratch.path().read_dir().unwrap().count(), 0);
}

#[test]
fn probing_needs_its_directory() {
    assert!(probe("/nonexistent".into()).is_err());
}

/// What is found elsewhere.
fn probe_elsewhere() -> Option<Capabilities> {
    if !elsewhere() {
        return None;
    }
    let scratch = TempDir::new().unwrap();
    Some(probe(scratch.path().try_into().unwrap()).unwrap())
}

#[test]
fn really_forbidden_namespaces() {
    run_elsewhere(
        concat!(module_path!(), "::forbidden_elsewhere"),
        "echo 0 > /proc/sys/user/max_user_namespaces",
    );
}

#[test]
fn forbidden_elsewhere() {
    let Some(found) = probe_elsewhere() else {
        return;
    };
    let readings = Readings {
        max_user_namespaces: Some(0),
        ..readings()
    };
    let expected = without_namespaces(&readings, Errno::ENOSPC);
    assert_eq!(found.method(1).unwrap_err().to_string(), expected);
}

#[test]
fn really_hidden_proc() {
    run_elsewhere(
        concat!(module_path!(), "::hidden_elsewhere"),
        "mount -t tmpfs none /proc/fs",
    );
}

#[test]
fn hidden_elsewhere() {
    let Some(found) = probe_elsewhere() else {
        return;
    };
    assert_eq!(found.namespaces, Ok(()));
    let trials = Trials {
        proc: trouble(Some("mount proc"), Errno::EPERM),
        ..GOOD
    };
    let readings = Readings {
        covered: vec!["/proc/fs".into()],
        ..readings()
    };
    assert_eq!(found.proc, diagnose(&readings, &trials).proc);
}

/// An overlay cannot be a layer of a layer of another: then sandboxes are made of copies.
#[test]
fn really_unfit_file_system() {
    let script = "stack() { mkdir \"$TMPDIR\"/low \"$TMPDIR\"/high \"$TMPDIR\"/top \"$TMPDIR\"/work \
                                  \"$TMPDIR\"/merged
                            (cd \"$TMPDIR\" && mount -t overlay overlay -o $1 merged)
                            export TMPDIR=\"$TMPDIR\"/merged; }
                  stack userxattr,lowerdir=low,upperdir=top,workdir=work
                  mkdir \"$TMPDIR\"/rw; mount -t tmpfs none \"$TMPDIR\"/rw
                  low=$TMPDIR; export TMPDIR=$TMPDIR/rw
                  mkdir \"$TMPDIR\"/merged \"$TMPDIR\"/up \"$TMPDIR\"/work
                  mount -t overlay overlay -o userxattr,lowerdir=\"$low\",upperdir=\"$TMPDIR\"/up,workdir=\"$TMPDIR\"/work \"$TMPDIR\"/merged
                  export TMPDIR=$TMPDIR/merged";
    run_elsewhere(concat!(module_path!(), "::unfit_elsewhere"), script);
}

#[test]
fn unfit_elsewhere() {
    let Some(found) = probe_elsewhere() else {
        return;
    };
    let trials = Trials {
        overlay: trouble(Some("mount overlay"), Errno::EINVAL),
        ..GOOD
    };
    assert_eq!(found, diagnose(&readings(), &trials));
    assert_eq!(found.method(1), Ok(Method::Copy));
}

#[test]
fn a_limit_that_is_too_low() {
    let mut low = readings();
    low.low_limit = Limits {
        open_files: u64::MAX,
        ..Limits::default()
    }
    .check()
    .err();
    let lack = diagnose(&low, &GOOD).method(1).unwrap_err().to_string();
    assert!(lack.contains("the limit on open files is"), "{lack}");
    assert!(lack.contains("`ulimit -Hn`"), "{lack}");
}

#[test]
fn really_low_limit() {
    let test = concat!(module_path!(), "::low_limit_elsewhere");
    run_elsewhere(test, "ulimit -Ss 1024; ulimit -Hs 1024");
}

#[test]
fn low_limit_elsewhere() {
    let Some(found) = probe_elsewhere() else {
        return;
    };
    insta::assert_snapshot!(found.method(1).unwrap_err(), @r"
    the limit on stack is 1048576 here, but builds are promised 8388608
    hint: start from a shell in which `ulimit -Hs` says 8192 or more; what lowered it is a `ulimit -Hs` before, /etc/security/limits.conf, or the unit of a service
    ");
}

/// As engines of containers have it.
#[test]
fn really_closed_settings() {
    let test = concat!(module_path!(), "::closed_elsewhere");
    run_elsewhere(test, "mount --bind -o ro /proc/sys /proc/sys");
}

#[test]
fn closed_elsewhere() {
    let Some(found) = probe_elsewhere() else {
        return;
    };
    insta::assert_snapshot!(found.method(1).unwrap_err(), @r"
    cannot mount a fresh /proc: parts of this one are hidden, by mounts on /proc/sys (EPERM: Operation not permitted)
    hint: with docker: `--security-opt systempaths=unconfined`; with podman: `--security-opt unmask=ALL`
    ");
}

/// Root may go everywhere, but its builds may not: the owners of what lies outside are nobody to them.
#[test]
fn a_store_of_somebody_else() {
    let directory = tempfile::tempdir().unwrap();
    let owned = directory.path().join("owned");
    let scratch = owned.join("scratch");
    fs::create_dir_all(&scratch).unwrap();
    fs::set_permissions(&owned, fs::Permissions::from_mode(0o700)).unwrap();
    let scratch = camino::Utf8Path::from_path(&scratch).unwrap();
    if let Err(error) = std::os::unix::fs::chown(&owned, Some(12345), None) {
        return skipped(&format!("only root can give a directory away: {error}"));
    }
    let lack = probe(scratch).unwrap().method(1).unwrap_err();
    let said = format!(
        "builds cannot reach `{scratch}`: EACCES: Permission denied\nhint: use a store of your own, \
         with `--store` or `DISTILL_STORE`: one that others keep for themselves cannot be used by a \
         build, also not by one of root's"
    );
    assert_eq!(lack.to_string(), said);
}

#[test]
fn interpreters_that_reach_builds() {
    let readings = Readings {
        formats: vec!["qemu-aarch64".into(), "qemu-riscv64".into()],
        ..readings()
    };
    assert_eq!(diagnose(&readings, &GOOD), ALL);
    let trials = Trials {
        formats: trouble(Some("mount binfmt_misc"), Errno::EPERM),
        ..GOOD
    };
    let lack = diagnose(&readings, &trials).method(1).unwrap_err();
    insta::assert_snapshot!(lack, @r"
    builds would run programs of other architectures by interpreters of this machine (binfmt_misc: qemu-aarch64, qemu-riscv64)
    hint: use Linux 6.7 or later, which keeps them out; or switch them off while building: `echo 0 | sudo tee /proc/sys/fs/binfmt_misc/status`
    ");
    let quiet = Readings {
        formats: vec![],
        ..readings
    };
    assert_eq!(diagnose(&quiet, &trials), ALL);
}

/// An interpreter that the kernel has open, in the list of these namespaces.
#[test]
fn really_foreign_formats() {
    let list = "/proc/sys/fs/binfmt_misc";
    let script = format!(
        "mount -t binfmt_misc none {list}
         echo ':distill-trial:M::DISTILL-TRIAL::/bin/cat:F' > {list}/register"
    );
    run_elsewhere(concat!(module_path!(), "::formats_elsewhere"), &script);
}

#[test]
fn formats_elsewhere() {
    if !elsewhere() {
        return;
    }
    let mut trial = Sandboxed::sh("")
        .unwrap()
        .with_layer(&[("foreign", "DISTILL-TRIAL\n")]);
    let file = trial.spec.root[0].layers[1].join("foreign");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let outside = Command::new(&file).output().unwrap();
    assert_eq!(
        outside.stdout, b"DISTILL-TRIAL\n",
        "there is no interpreter to be kept out"
    );
    trial.spec.program = "/foreign".into();
    let error = trial.start().unwrap_err();
    let SandboxError::Execute { source, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(source.raw_os_error(), Some(libc::ENOEXEC));
}
