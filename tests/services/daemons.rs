//! Daemons that need no network, or the little that the test has: one machine for all of them.

use distill::execline;
use distill::system::{Service, System, User};
use distill_packages::e2fsprogs;
use distill_platforms::qemu_x86_64;
use distill_services::cron::CronTable;
use distill_services::memcached::MemcachedConfig;
use distill_services::tor::{OnionService, TorConfig};
use distill_services::unbound::{UnboundConfig, Zone};
use distill_services::{cron, dhcp, memcached, swap, tor, unbound};
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine};

use crate::rights;

/// Disks for the swap space: one that is blank, and one with somebody's data.
fn disks() -> Service {
    Service::oneshot(
        "disks",
        execline! {
            if { mkdir -p "/var/disks" }
            if { if -t -n { test -e "/var/disks/other" } truncate -s 64M "/var/disks/other" "/var/disks/blank" }
            if { losetup /dev/loop0 "/var/disks/blank" }
            if { losetup /dev/loop1 "/var/disks/other" }
            if -t -n { dumpe2fs -h /dev/loop1 }
            mke2fs -q -t ext4 -L precious /dev/loop1
        },
    )
    .after("var-mount")
    .package(e2fsprogs)
    .writes("/var/disks")
}

fn system() -> System {
    let table = CronTable::new()
        .parse("root", "* * * * *  date >>/run/cron/root/minutes")
        .parse("worker", "* * * * *  id -un >/run/cron/worker/who")
        .parse("worker", "@reboot  echo 100% >/run/cron/worker/reboot")
        .parse("root", "0 0 30 feb *  touch /run/cron/root/never");
    let names = UnboundConfig::new()
        .stub_zone(Zone::new("test", ["192.0.2.1"]).insecure())
        .forward_zone(Zone::new(".", ["192.0.2.1"]));
    let onion = OnionService::new("web").port(80, "127.0.0.1:8080");
    minimal()
        .services([dhcp("eth0"), disks()])
        .user(User::system("worker"))
        .service(cron(table))
        .service(memcached(MemcachedConfig::new()))
        .service(unbound(names))
        .service(tor(TorConfig::new().onion_service(onion)))
        .service(swap("/dev/loop0").after("disks"))
        .service(swap("/dev/loop1").after("disks"))
}

#[test]
#[ignore = "builds an image and boots it"]
fn each_does_what_it_is_for() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let names = [
        ("web.test", [192, 0, 2, 80]),
        ("web.example", [192, 0, 2, 81]),
    ];
    let peer = net.peer("192.0.2.1/24").dhcp("192.0.2.10").dns(names);
    let _peer = peer.start()?;
    let machine = lab.machine("daemons", &qemu_x86_64(), &system());
    let machine = machine.net(&net).start()?;
    swaps(&machine)?;
    caches(&machine)?;
    resolves(&machine)?;
    hides(&machine)?;
    is_on_time(&machine)?;
    rights::check(&machine, &["cron", "memcached", "tor", "unbound"])?;
    for (user, ground) in [
        ("kmsg", &[] as &[&str]),
        ("memcached", &[]),
        ("memcached-log", &["/var/log/memcached"]),
        ("tor", &["/run/tor", "/var/lib/tor"]),
        ("unbound", &["/run/unbound"]),
        ("worker", &["/run/cron/worker"]),
    ] {
        rights::check_ground(&machine, user, ground)?;
    }

    let before = identity(&machine)?;
    machine.reboot()?;
    machine.wait_ready("swap.loop0")?;
    machine.wait_ready("tor")?;
    assert_eq!(
        identity(&machine)?,
        before,
        "what is swap space already is not made again"
    );
    machine.power_off()?;
    Ok(())
}

/// The UUID of the swap space, which is made with it.
fn identity(machine: &Machine) -> Result<String, LabError> {
    machine.succeed("dd if=/dev/loop0 bs=1 skip=1036 count=16 2>/dev/null | od -An -tx1")
}

fn swaps(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("swap.loop0")?;
    assert_eq!(
        machine.succeed("sed 1d /proc/swaps | cut -d ' ' -f 1")?,
        "/dev/loop0"
    );
    machine
        .wait_console("swap: /dev/loop1 holds something else \\( ext4 \\), which is left alone")?;
    assert_eq!(
        machine.succeed("dumpe2fs -h /dev/loop1 2>/dev/null | grep 'volume name'")?,
        "Filesystem volume name:   precious"
    );
    // Data that no tool knows is as good as any, wherever it lies.
    machine.succeed(
        "truncate -s 64M /var/disks/odd && echo ours | dd of=/var/disks/odd bs=4k seek=9 conv=notrunc
        losetup /dev/loop2 /var/disks/odd && md5sum /var/disks/odd >/run/odd.md5",
    )?;
    machine.fail("/usr/libexec/distill/swap-on.loop0 /dev/loop2")?;
    machine.succeed("md5sum -c /run/odd.md5")?;

    machine.succeed(
        "s6-svc -d /run/service/swap.loop0 && s6-svwait -D -t 30000 /run/service/swap.loop0",
    )?;
    assert_eq!(machine.succeed("sed 1d /proc/swaps")?, "");
    machine.succeed("s6-svc -u /run/service/swap.loop0")?;
    machine.wait_until("grep -q loop0 /proc/swaps")?;
    Ok(())
}

fn caches(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("memcached")?;
    let ask = |words: &str| {
        machine.succeed(&format!(
            "printf '{words}\\r\\nquit\\r\\n' | nc 127.0.0.1 11211"
        ))
    };
    assert_eq!(ask("set colour 0 0 4\\r\\nblue")?, "STORED");
    assert_eq!(ask("get colour")?, "VALUE colour 0 4\r\nblue\r\nEND");
    assert_eq!(ask("get size")?, "END");
    // Nobody else can ask.
    machine.wait_ready("dhcp.eth0")?;
    machine.fail("nc -z 192.0.2.10 11211")?;
    Ok(())
}

fn resolves(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("unbound")?;
    machine.wait_ready("dhcp.eth0")?;
    machine.succeed("unbound-checkconf /etc/unbound/unbound.conf")?;
    let found = machine.succeed("nslookup -type=a web.test 127.0.0.1")?;
    assert!(found.contains("192.0.2.80"), "{found}");
    machine.fail("nslookup -type=a nobody.test 127.0.0.1")?;
    // It is known, but nobody signed for it.
    let refused = machine.run("nslookup -type=a web.example 127.0.0.1")?;
    assert!(!refused.success(), "{}", refused.text());
    assert!(refused.text().contains("SERVFAIL"), "{}", refused.text());
    Ok(())
}

fn hides(machine: &Machine) -> Result<(), LabError> {
    machine.wait_ready("tor")?;
    // SOCKS 5 without a password is agreed upon.
    let answer = machine.succeed(
        "(printf '\\005\\001\\000'; sleep 1) | nc 127.0.0.1 9050 | od -An -tx1 | tr -d ' '",
    )?;
    assert_eq!(answer, "0500");
    machine.succeed("grep -Eqx '[a-z2-7]{56}\\.onion' /var/lib/tor/onion/web/hostname")?;
    assert_eq!(machine.succeed("stat -c '%U %a' /var/lib/tor")?, "tor 700");
    Ok(())
}

fn is_on_time(machine: &Machine) -> Result<(), LabError> {
    machine.wait_until("grep -qx worker /run/cron/worker/who")?;
    machine.wait_until("test -s /run/cron/root/minutes")?;
    assert_eq!(machine.succeed("cat /run/cron/worker/reboot")?, "100%");
    machine.fail("test -e /run/cron/root/never")?;
    assert_eq!(
        machine.succeed("stat -c '%U %a' /run/cron/worker")?,
        "worker 700"
    );
    Ok(())
}
