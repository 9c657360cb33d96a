//! What is declared has an effect: as whom something runs, what it may do, what it finds, what is there.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use super::*;

/// A package whose plan says nothing.
fn capsh(_: &Config) -> Plan {
    Plan::named(Name::new("capsh").unwrap()).invalid("a test")
}

fn s6_rc(_: &Config) -> Plan {
    Plan::named(Name::new("s6-rc").unwrap()).invalid("a test")
}

/// A script and a daemon of one user; the daemon's port is root's.
fn low() -> System {
    let fetch = Service::oneshot("fetch", execline! { wget "http://example.org" })
        .down(execline! { rm "/run/fetched" })
        .run_as("web");
    let web = idle("web").run_as("web").listens("tcp/80");
    let high = idle("high").run_as("web").listens("udp/[::1]:1024");
    System::new()
        .user(User::system("web"))
        .services([fetch, web, high])
}

#[test]
fn a_script_runs_as_its_user_at_boot_and_at_shutdown() {
    let platform = platform().capsh(capsh);
    let s6 = platform.root(&low()).unwrap();
    for script in ["data/up", "data/down"] {
        let text = show(&s6, &format!("etc/s6/service/fetch/{script}"));
        assert!(text.contains("\ns6-setuidgid web\n"), "{text}");
    }
    let s6_rc = platform.root(&low().init(Init::s6_rc(s6_rc))).unwrap();
    let up = show(&s6_rc, "etc/s6-rc/source/fetch/up");
    assert!(up.contains("\ns6-setuidgid web\nwget "), "{up}");
    let down = show(&s6_rc, "etc/s6-rc/source/fetch/down");
    assert!(down.contains("\ns6-setuidgid web\nrm "), "{down}");
}

#[test]
fn a_port_below_1024_takes_a_right_of_root_s_and_no_other_does() {
    let platform = platform().capsh(capsh);
    for (init, base) in [
        (Init::S6, "etc/s6/service"),
        (Init::s6_rc(s6_rc), "etc/s6-rc/source"),
    ] {
        let root = platform.root(&low().init(init)).unwrap();
        let run = show(&root, &format!("{base}/web/run"));
        let right = "\ncapsh --noenv --keep=1 --user=web --inh=cap_net_bind_service \
                     --addamb=cap_net_bind_service\n    --shell=/usr/bin/env --\nsleep inf\n";
        assert!(run.contains(right), "{run}");
        let run = show(&root, &format!("{base}/high/run"));
        assert!(run.contains("\ns6-setuidgid web\n"), "{run}");
        assert!(
            root.packages
                .iter()
                .any(|package| package.name().ends_with("capsh"))
        );
    }
    let without = platform.root(&low().without("web")).unwrap();
    assert_eq!(without.packages.len(), 0, "nobody needs it");
}

#[test]
fn root_needs_nothing_to_listen_on_its_ports() {
    let root = idle("a").listens("tcp/80");
    let also_root = idle("b").run_as("root").listens("tcp/81");
    let system = System::new().services([root, also_root]);
    let run = show(&platform().root(&system).unwrap(), "etc/s6/service/b/run");
    assert!(
        run.ends_with("\nsleep inf\n") && !run.contains("setuidgid"),
        "{run}"
    );
}

#[test]
fn a_machine_without_a_name_has_one_and_a_container_has_its_runtime_s() {
    let machine = platform();
    let container = Platform {
        container: true,
        mounts: Vec::new(),
        ..platform()
    };
    let init = |platform: &Platform, system: &System| show(&platform.root(system).unwrap(), "init");
    let named = System::new().hostname("box");
    assert!(init(&machine, &System::new()).contains("{ hostname localhost }"));
    assert!(init(&machine, &named).contains("{ hostname box }"));
    assert!(!init(&container, &System::new()).contains("hostname"));
    assert!(init(&container, &named).contains("{ hostname box }"));
}

/// A system with files for `/var`: one of a service, one of its own.
fn with_files() -> System {
    let mount = Service::oneshot("var-mount", execline! { true }).provides("/var");
    let key = File::new("/var/lib/web/key", "k").mode(0o640);
    let web = idle("web")
        .after("var-mount")
        .user(User::system("web"))
        .file(key.owner(Owner::new("web", "web")).on_first_boot())
        .file(File::symlink("/run/web.link", "lib/web").on_first_boot());
    let own = File::new("/var/lib/motd", "hello").on_first_boot();
    System::new().services([mount, web]).file(own)
}

#[test]
fn files_are_copied_before_the_service_that_has_them() {
    let container = Platform {
        container: true,
        mounts: Vec::new(),
        ..platform()
    };
    for platform in [platform(), container] {
        let root = platform.root(&with_files()).unwrap();
        let run = show(&root, "etc/s6/service/web/run");
        let copied = "if { /usr/libexec/distill/await-ready /run/service/var-mount }\n\
            if { /usr/libexec/distill/first-boot /var /var/lib/web/key }\n\
            if { /usr/libexec/distill/first-boot /run /run/web.link }\nsleep inf\n";
        assert!(run.ends_with(copied), "{run}");
        let own = show(&root, "etc/s6/service/first-boot/run");
        assert!(own.contains("await-ready /run/service/var-mount"), "{own}");
        assert!(own.contains("first-boot /var /var/lib/motd"), "{own}");
        let stored = show(&root, "usr/share/distill/first-boot");
        let expected = "== /usr/share/distill/first-boot/run/web.link -> lib/web\n\
            == /usr/share/distill/first-boot/var/lib/motd \nhello\
            == /usr/share/distill/first-boot/var/lib/web/key 0640\nk";
        assert_eq!(stored, expected);
        let permission = &root.permissions[0];
        let path = "usr/share/distill/first-boot/var/lib/web/key";
        assert_eq!(
            (permission.path.as_str(), permission.mode.bits()),
            (path, 0o640)
        );
        assert!(show(&root, "var").starts_with("== /var 0755 directory\n"));
    }
    let s6_rc = with_files().init(Init::s6_rc(s6_rc));
    let run = show(
        &platform().root(&s6_rc).unwrap(),
        "etc/s6-rc/source/web/run",
    );
    assert!(
        run.contains("\nif { /usr/libexec/distill/first-boot /var "),
        "{run}"
    );
    let none = platform().root(&system()).unwrap();
    assert_eq!(show(&none, "usr/libexec/distill/first-boot"), "");
}

#[test]
fn one_path_is_copied_once() {
    let file = || File::new("/run/motd", "").on_first_boot();
    let problems = findings(&System::new().file(file()).service(idle("a").file(file())));
    assert!(
        matches!(&problems[..], [Problem::SameFile { path, .. }] if path == "/run/motd"),
        "{problems:?}"
    );
}

/// Runs the program that copies, on a directory that stands for the whole machine.
fn copy(machine: &Path, path: &str, programs: &Path) -> bool {
    let script = include_str!("../first-boot/copy.sh");
    let image = machine.join("image");
    let script = script.replace("image=/usr/share/distill/first-boot", "image=$IMAGE");
    let status = Command::new("sh")
        .args(["-c", &script, "copy"])
        .args([machine, &machine.join(path)])
        .env("IMAGE", &image)
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .status();
    status.unwrap().success()
}

/// A machine whose image has a file, a directory and a link for its ground.
fn machine() -> tempfile::TempDir {
    let machine = tempfile::tempdir().unwrap();
    let image = machine
        .path()
        .join("image")
        .join(machine.path().strip_prefix("/").unwrap());
    std::fs::create_dir_all(image.join("lib/directory")).unwrap();
    let key = image.join("lib/key");
    std::fs::write(&key, "new").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o604)).unwrap();
    std::os::unix::fs::symlink("key", image.join("lib/link")).unwrap();
    machine
}

#[test]
fn what_is_copied_is_there_as_it_was_declared_and_only_once() {
    let (machine, none) = (machine(), Path::new("/nowhere"));
    let place = |path: &str| machine.path().join(path);
    for path in ["lib/key", "lib/directory", "lib/link"] {
        assert!(copy(machine.path(), path, none), "{path}");
    }
    let key = place("lib/key").metadata().unwrap();
    assert_eq!(key.mode() & 0o7777, 0o604);
    assert!(place("lib/directory").is_dir());
    assert_eq!(
        std::fs::read_link(place("lib/link")).unwrap(),
        Path::new("key")
    );
    std::fs::write(place("lib/key"), "mine").unwrap();
    // A link that leads nowhere is something, too.
    std::fs::remove_file(place("lib/link")).unwrap();
    std::os::unix::fs::symlink("gone", place("lib/link")).unwrap();
    for path in ["lib/key", "lib/link"] {
        assert!(copy(machine.path(), path, none), "{path}");
    }
    assert_eq!(std::fs::read_to_string(place("lib/key")).unwrap(), "mine");
    assert_eq!(
        std::fs::read_link(place("lib/link")).unwrap(),
        Path::new("gone")
    );
    let mut left = std::fs::read_dir(machine.path())
        .unwrap()
        .map(|e| e.unwrap().file_name());
    assert!(left.all(|name| name == "image" || name == "lib"));
}

#[test]
fn what_cannot_be_copied_is_not_there_and_fails() {
    for program in ["mktemp", "cp", "mkdir", "sync", "mv"] {
        let (machine, programs) = (machine(), tempfile::tempdir().unwrap());
        let broken = programs.path().join(program);
        std::fs::write(&broken, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(
            !copy(machine.path(), "lib/key", programs.path()),
            "{program}"
        );
        assert!(!machine.path().join("lib/key").exists(), "{program}");
        let left = std::fs::read_dir(machine.path()).unwrap();
        assert!(left.count() <= 2, "{program} leaves something behind");
        assert!(
            copy(machine.path(), "lib/key", Path::new("/nowhere")),
            "{program}"
        );
    }
}
