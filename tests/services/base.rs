//! What every system has: parameters of the kernel, logs, supervision, an orderly end.

use distill::execline;
use distill::system::{File, Loggers, Owner, Service, System, User, sysctl};
use distill_platforms::qemu_x86_64;
use distill_services::{LogConfig, getty, log};
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine};

/// Lets in whoever says his name on the terminal.
const LOGIN: &str = "/usr/bin/my-login";

/// A script that notes its end on ground that lasts.
fn noted(name: &str, after: &str) -> Service {
    Service::oneshot(name, execline! { true })
        .down(execline! { redirfd -a 1 "/var/lib/order" echo #{name} })
        .after(after)
}

fn system() -> System {
    let lines = "while :; do echo a line that fills the log; sleep 0.01; done";
    let chatty = Service::longrun("chatty", execline! { sh -c #{lines} });
    let crashing = Service::longrun(
        "crashing",
        execline! {
            foreground { redirfd -a 1 "/run/crashes" echo crash }
            false
        },
    );
    let stubborn = execline! { sh -c "trap '' TERM; while :; do sleep 1; done" };
    let stubborn = Service::longrun("stubborn", stubborn)
        .timeout_down(std::time::Duration::from_secs(2))
        .ready_when_started();
    let small = LogConfig {
        files: 2,
        bytes: 4096,
        ..LogConfig::default()
    };
    let logged = move |service: &Service| (service.name == "chatty").then(|| log("chatty", &small));
    minimal()
        .loggers(Loggers::new(logged))
        .services([chatty, crashing, stubborn])
        .services([noted("inner", "var-mount"), noted("outer", "inner")])
        .service(getty("tty2", 38_400, ["-l", LOGIN]))
        .file(
            File::new(
                LOGIN,
                "#!/bin/sh\necho \"$(tty) $*\" >/run/login\nexec sleep inf\n",
            )
            .mode(0o755),
        )
        .user(User::system("reader").in_groups(["log"]))
        .user(User::system("stranger"))
        .file(
            File::new("/etc/secret", "for one\n")
                .mode(0o640)
                .owner(Owner::new("root", "reader")),
        )
}

#[test]
#[ignore = "builds an image and boots it"]
fn what_every_system_has() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = lab.machine("box", &qemu_x86_64(), &system());
    let machine = machine.screen().start()?;
    for service in ["sysctl", "outer", "stubborn"] {
        machine.wait_ready(service)?;
    }
    parameters_are_set(&machine)?;
    logs_rotate_and_have_readers(&machine)?;
    // What crashes is started again, but not more than once a second.
    let crashes = "wc -l </run/crashes";
    machine.wait_until(&format!("test $({crashes}) -ge 3"))?;
    let count = format!("before=$({crashes}); sleep 5; echo $(($({crashes}) - before))");
    let more: u32 = machine.succeed(&count)?.parse().expect("a number");
    assert!((1..=6).contains(&more), "{more} in five seconds");

    machine.succeed("s6-setuidgid reader cat /etc/secret")?;
    machine.fail("s6-setuidgid stranger cat /etc/secret")?;
    machine.fail("touch /x")?;
    let interfaces = machine.succeed("ls /sys/class/net")?;
    let unasked = |name: &str| ["bond0", "dummy0"].contains(&name);
    assert!(!interfaces.lines().any(unasked), "{interfaces}");

    what_every_platform_brings(&machine)?;
    a_name_is_asked_for(&machine)?;
    let seed = machine.succeed("cat /var/lib/seedrng/* | md5sum")?;
    machine.succeed("rm -f /var/lib/order")?;
    machine.reboot()?;
    machine.wait_ready("var-mount")?;
    assert_eq!(machine.succeed("cat /var/lib/order")?, "outer\ninner");
    let console = machine.console();
    assert!(
        !console.contains("recovery"),
        "/var was not unmounted:\n{console}"
    );

    machine.wait_ready("urandom-seed")?;
    let next = machine.succeed("cat /var/lib/seedrng/* | md5sum")?;
    assert_ne!(next, seed, "a seed counts once");

    machine.press_power_button()?;
    machine.wait_off()?;
    let console = machine.console();
    assert!(console.contains("stopping services: poweroff"), "{console}");
    Ok(())
}

/// The kernel's log, the machine's own address, a seed that nobody can read, a shell for whoever has the console.
fn what_every_platform_brings(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("kmsg")?;
    machine.wait_until("s6-setuidgid reader grep -q 'Linux version' /run/log/catch-all/*")?;
    machine.wait_ready("net.lo")?;
    machine.succeed("ping -c 1 127.0.0.1")?;
    machine.wait_ready("urandom-seed")?;
    machine.succeed("ls /var/lib/seedrng/seed.*")?;
    machine.fail("s6-setuidgid stranger ls /var/lib/seedrng")?;
    machine.type_line("echo typed: $(id -un) $((6 * 7))")?;
    machine.wait_console("typed: root 42").map(drop)
}

/// On the second screen; the login program gets the name.
fn a_name_is_asked_for(machine: &Machine) -> Result<(), LabError> {
    machine.press_keys("alt-f2")?;
    machine.wait_until("grep -qx tty2 /sys/class/tty/tty0/active")?;
    machine.type_keys("me\n")?;
    machine.wait_until("grep -qx '/dev/tty2 -- me' /run/login")?;
    // The line is cut: whoever sits there is sent away.
    machine
        .succeed("s6-svc -d -wD -T 10000 /run/service/getty.tty2")
        .map(drop)
}

fn parameters_are_set(machine: &Machine) -> Result<(), LabError> {
    let asked = sysctl::hardening().to_string();
    let names = asked
        .lines()
        .map(|line| line.split(" = ").next().expect("a name"));
    let show = names.map(|name| format!("echo {name} = $(cat /proc/sys/{name})\n"));
    let is = machine.succeed(&show.collect::<String>())?;
    assert_eq!(is, asked.trim_end());
    Ok(())
}

/// Old files are compressed, there are no more than asked for, and only the group reads them.
fn logs_rotate_and_have_readers(machine: &Machine) -> Result<(), LabError> {
    machine.wait_until("test $(ls /var/log/chatty/@*.s | wc -l) = 2")?;
    let oldest = machine.succeed("ls /var/log/chatty/@*.s | head -n 1")?;
    machine.wait_until(&format!("test ! -e {oldest}"))?;
    assert_eq!(machine.succeed("ls /var/log/chatty/@*.s | wc -l")?, "2");
    let newest = "$(ls /var/log/chatty/@*.s | tail -n 1)";
    let lines = machine.succeed(&format!("zstd -q -d -c {newest} | head -n 1"))?;
    assert!(
        lines.starts_with('@') && lines.ends_with("fills the log"),
        "{lines}"
    );
    machine.succeed("s6-setuidgid reader cat /var/log/chatty/current")?;
    machine.fail("s6-setuidgid stranger cat /var/log/chatty/current")?;
    machine.fail("s6-setuidgid stranger ls /var/log/chatty")?;
    // What has no logger of its own is in the catch-all.
    machine
        .succeed("s6-setuidgid reader cat /run/log/catch-all/current")
        .map(drop)
}
