//! What holds for every service of this crate.

use std::collections::BTreeSet;
use std::process::Command;

use distill::system::{Readiness, Service};

use super::*;

/// Every function of this crate that makes a service, and one that it makes.
fn all() -> Vec<(&'static str, Service)> {
    let interface = radvd::RadvdInterface::new("eth1");
    let client = tor::OnionService::new("web").port(80, "127.0.0.1:8080");
    let address = net::NetConfig::new().address("192.0.2.7/24");
    let table = cron::CronTable::new().parse("root", "@reboot true");
    vec![
        ("acpid", acpid()),
        ("chronyd", chronyd(chronyd::ChronyConfig::default())),
        ("console_shell", console_shell("ttyS0", 115_200)),
        ("cron", cron(table)),
        ("dhcp", dhcp("eth0")),
        ("dnsmasq", dnsmasq(dnsmasq::DnsmasqConfig::on(["eth1"]))),
        ("getty", getty("tty1", 38_400, ["-l", "/bin/login"])),
        ("kmsg", kmsg()),
        ("log", log("kmsg", &LogConfig::default())),
        ("memcached", memcached(memcached::MemcachedConfig::new())),
        ("net_dhcpcd", net_dhcpcd(dhcpcd::DhcpcdConfig::on(["eth0"]))),
        ("net_lo", net_lo()),
        ("net_static", net_static("eth0", address)),
        ("nginx", nginx(nginx::NginxConfig::new())),
        ("ntpd", ntpd(ntpd::NtpConfig::new().server("192.0.2.1"))),
        ("note_time", note_time()),
        (
            "packet_filter",
            packet_filter(packet_filter::Ruleset::host()),
        ),
        (
            "radvd",
            radvd(radvd::RadvdConfig::new().interface(interface)),
        ),
        ("sshd", sshd(sshd::SshdConfig::new())),
        ("swap", swap("/dev/vdb")),
        ("tor", tor(tor::TorConfig::new().onion_service(client))),
        ("unbound", unbound(unbound::UnboundConfig::new())),
        ("urandom_seed", urandom_seed()),
        ("var_mount", var_mount()),
        ("var_mount_on", var_mount_on("/dev/vdb")),
    ]
}

/// The functions that this crate offers at its top.
fn offered() -> BTreeSet<String> {
    let uses = include_str!("lib.rs").lines();
    let uses = uses.filter_map(|line| line.strip_prefix("pub use "));
    let names = uses.flat_map(|line| {
        let (_, names) = line.split_once("::").expect("a module and names");
        let names = names.trim_matches(['{', '}', ';']).split(", ");
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    // Types begin with a capital letter, and one function makes loggers.
    let function = |name: &String| name.starts_with(|c: char| c.is_lowercase());
    names
        .filter(function)
        .filter(|name| name != "var_log")
        .collect()
}

#[test]
fn none_is_left_out() {
    let named: BTreeSet<String> = all().iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, offered());
}

#[test]
fn a_plain_configuration_is_no_mistake() {
    for (name, service) in all() {
        assert_eq!(service.problems, [""; 0], "{name}");
    }
}

/// Whoever makes a mistake with a service is told his own line, not one of this crate.
#[test]
fn everything_of_a_service_is_defined_where_it_is_asked_for() {
    let mut elsewhere = Vec::new();
    for (name, service) in all() {
        let mut defined = vec![("itself", service.location)];
        defined.extend(service.after.iter().map(|after| ("after", after.location)));
        defined.extend(
            service
                .files
                .iter()
                .map(|file| (&*file.path, file.location)),
        );
        defined.extend(
            service
                .users
                .iter()
                .map(|user| (&*user.name, user.location)),
        );
        defined.extend(
            service
                .groups
                .iter()
                .map(|group| ("a group", group.location)),
        );
        let directories = service.directories.iter();
        defined.extend(directories.map(|directory| (&*directory.path, directory.location)));
        let wrong = defined.into_iter();
        let wrong = wrong.filter(|(_, location)| !location.file().ends_with("src/tests.rs"));
        elsewhere.extend(wrong.map(|(what, location)| format!("{name}: {what}: {location}")));
    }
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn every_daemon_says_when_it_is_ready() {
    // Nothing that starts by itself waits for a prompt.
    let prompts = ["console_shell", "getty"];
    for (name, service) in all() {
        assert_eq!(service.becomes_ready(), !prompts.contains(&name), "{name}");
    }
}

#[test]
fn few_are_ready_without_being_asked() {
    let started = |service: &Service| {
        let longrun = service.as_longrun();
        longrun.is_some_and(|longrun| matches!(longrun.readiness, Readiness::Started))
    };
    let names: Vec<&str> = all()
        .iter()
        .filter(|(_, service)| started(service))
        .map(|(name, _)| *name)
        .collect();
    // They answer nobody: each reads what comes, and acts.
    assert_eq!(names, ["acpid", "cron", "kmsg"]);
}

#[test]
fn every_daemon_has_a_user_or_needs_root() {
    // Process 1 takes orders from root alone; jobs become their users; addresses and routes are root's to set;
    // who logs in becomes who he is.
    let root = ["acpid", "console_shell", "cron", "dhcp", "getty"];
    for (name, service) in all() {
        if service.as_longrun().is_some() {
            assert_eq!(service.users.is_empty(), root.contains(&name), "{name}");
        }
    }
}

/// Whether a script takes a disk for blank, of which `dd` reads this: a shell script, which is given the number of the
/// call.
fn is_blank(script: &str, dd: &str) -> bool {
    let (_, rest) = script.split_once("\nblank() {\n").expect("the function");
    let (body, _) = rest.split_once("\n}\n").expect("its end");
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().display();
    let program = directory.path().join("dd");
    let calls = format!("echo >>{place}/calls\nset -- $(wc -l <{place}/calls)\n");
    std::fs::write(&program, format!("#!/bin/sh\n{calls}{dd}\n")).expect("a file");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).expect("a file");
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("blank() {{\n{body}\n}}\nblank disk")])
        .env("PATH", format!("{place}:/usr/bin:/bin"))
        .status();
    status.expect("sh runs").success()
}

#[test]
fn a_disk_that_cannot_be_read_is_not_blank() {
    for script in [
        include_str!("var_mount/var-mount.sh"),
        include_str!("swap/swap-on.sh"),
    ] {
        let zeros = "head -c 4194304 /dev/zero";
        assert!(is_blank(script, zeros));
        assert!(!is_blank(script, "head -c 4194303 /dev/zero"), "too short");
        assert!(!is_blank(script, "exit 1"));
        let data = format!("{{ {zeros} | head -c 4194303; echo; }}");
        assert!(!is_blank(script, &data), "a byte of data");
        // It has data, and can be read only once.
        let once = format!("[ $1 = 1 ] || exit 1\n{zeros} | tr '\\000' x");
        assert!(!is_blank(script, &once), "read only once");
    }
}
