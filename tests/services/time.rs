//! Clocks: set and kept by NTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use distill::system::Service;
use distill_platforms::qemu_x86_64;
use distill_services::chronyd::ChronyConfig;
use distill_services::ntpd::NtpConfig;
use distill_services::{chronyd, dhcp, ntpd};
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine, Net, Peer};

use crate::rights;

/// How wrong the machines' clocks are, as the time server sees it.
const DAY: Duration = Duration::from_secs(86_400);

/// How far the machine's clock is from the time server's, in seconds.
fn offset(machine: &Machine) -> Result<i64, LabError> {
    let before = now();
    let told: i64 = machine.succeed("date +%s")?.parse().expect("a number");
    let after = now();
    Ok(if told < before {
        told - before
    } else {
        (told - after).max(0)
    })
}

fn now() -> i64 {
    let since = (SystemTime::now() + DAY).duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_secs()).expect("before the end of time")
}

/// The network, and the time server on it, whose clock is right.
fn world(net: &Net) -> Result<Peer, LabError> {
    net.peer("192.0.2.1/24")
        .dhcp("192.0.2.10")
        .dns([("ntp.test", [192, 0, 2, 1])])
        .ntp_by(|| SystemTime::now() + DAY)
        .start()
}

fn start(lab: &Lab, net: &Net, name: &str, service: Service) -> Result<Machine, LabError> {
    let system = minimal().service(dhcp("eth0")).service(service);
    let machine = lab.machine(name, &qemu_x86_64(), &system).net(net);
    machine.memory(256).start()
}

#[test]
#[ignore = "builds images and boots them"]
fn both_daemons_set_and_keep_the_clock() -> Result<(), LabError> {
    // OpenNTPD asks twice a minute, and calls a clock synced after more than eight good answers.
    let lab = Lab::new()?.limit(Duration::from_secs(900));
    let net = lab.net();
    let _world = world(&net)?;
    let config = NtpConfig::new().server("ntp.test");
    let slow = start(&lab, &net, "openntpd", ntpd(config))?;
    slow.wait_ready("ntpd")?;

    let config = ChronyConfig::new().server("ntp.test").allow("192.0.2.0/24");
    let machine = start(&lab, &net, "chronyd", chronyd(config))?;
    chronyd_needs_no_network(&machine)?;
    chronyd_sets_the_clock_at_once(&machine)?;
    chronyd_keeps_the_clock(&machine)?;
    rights::check(&machine, &["chronyd"])?;
    // What a program usually calls, it has given up.
    let status = "/proc/$(s6-svstat -o pid /run/service/chronyd)/status";
    machine.succeed(&format!("grep -q '^Seccomp:.2' {status}"))?;
    let address = "ip -4 -o addr show dev eth0 | awk '{ sub(\"/.*\", \"\", $4); print $4 }'";
    let address = machine.succeed(address)?;

    ntpd_sets_and_keeps_the_clock(&slow)?;
    rights::check(&slow, &["ntpd"])?;
    // The one asks the other, by a third program: both say the same.
    let ask = format!("timeout 20 busybox ntpd -d -w -p {address} 2>&1");
    slow.wait_until(&format!("{ask} | grep -E 'reply from .* offset:[+-]0[.]'"))?;
    machine.power_off()?;
    slow.power_off()
}

fn chronyd_needs_no_network(machine: &Machine) -> Result<(), LabError> {
    machine.block_network()?;
    machine.wait_ready("chronyd")?;
    assert!(offset(machine)? < -80_000);
    machine.unblock_network()?;
    machine.wait_ready("dhcp.eth0")
}

fn chronyd_sets_the_clock_at_once(machine: &Machine) -> Result<(), LabError> {
    let asked = machine.age()?;
    machine.succeed("chronyc -n waitsync 60 0.5 0 1")?;
    let took = machine.age()?.saturating_sub(asked);
    // Without being told that there is a network, it would have waited for more than a minute.
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(
        machine.succeed("chronyc -n -c tracking | cut -d , -f 2,3,14")?,
        "192.0.2.1,2,Normal"
    );
    assert!(offset(machine)?.abs() <= 1);
    Ok(())
}

fn chronyd_keeps_the_clock(machine: &Machine) -> Result<(), LabError> {
    machine.succeed("sleep 15 && chronyc -n waitsync 1 0.1 0 1")?;
    assert!(offset(machine)?.abs() <= 1);
    machine.succeed("s6-svc -wR -r /run/service/chronyd && test -s /var/lib/chrony/drift")?;
    machine.succeed("chronyc -n waitsync 60 0.5 0 1")?;
    Ok(())
}

fn ntpd_sets_and_keeps_the_clock(machine: &Machine) -> Result<(), LabError> {
    machine.wait_until(&format!("test $(date +%s) -gt {}", now() - 600))?;
    assert!(offset(machine)?.abs() <= 1);
    machine.wait_until("ntpctl -s status | grep -q '1/1 peers valid, clock synced'")?;
    assert!(offset(machine)?.abs() <= 1);
    Ok(())
}

/// The seconds since 1970 that the machine's clock shows.
fn clock(machine: &Machine) -> Result<i64, LabError> {
    Ok(machine.succeed("date +%s")?.parse().expect("a number"))
}

#[test]
#[ignore = "builds an image and boots it"]
fn time_goes_on_without_a_clock() -> Result<(), LabError> {
    const DAY: i64 = 86_400;
    let lab = Lab::new()?;
    let system = minimal().not_before("2026-02-03");
    let machine = lab.machine("box", &qemu_x86_64(), &system).memory(256);
    let machine = machine.clock("1970-01-01T00:00:00").start()?;
    machine.wait_console("clock: it was 1970-01-01 00:00:")?;
    machine.wait_ready("note-time")?;
    let first = 1_770_076_800;
    let time = clock(&machine)?;
    assert!((first..first + 600).contains(&time), "{time}");

    // Somebody tells it the time; then the power fails.
    let told = first + 1000 * DAY;
    machine.succeed(&format!("date -u -s @{told}"))?;
    machine.succeed("s6-svc -wR -T 10000 -r /run/service/note-time && sync")?;
    machine.crash()?;
    machine.boot()?;
    machine.wait_ready("var-mount")?;
    let time = clock(&machine)?;
    assert!((told..told + 600).contains(&time), "{time}");
    machine.succeed("grep -q '^/dev/[^ ]* /var ext4' /proc/mounts")?;

    // What is not the last ten minutes' is noted at the end.
    let told = told + 1000 * DAY;
    machine.wait_ready("note-time")?;
    machine.succeed(&format!("date -u -s @{told}"))?;
    machine.power_off()?;
    machine.boot()?;
    machine.wait_ready("var-mount")?;
    let time = clock(&machine)?;
    assert!((told..told + 600).contains(&time), "{time}");
    // A clock that is right is left alone.
    machine.succeed(&format!("/usr/libexec/distill/clock {first}"))?;
    assert!(clock(&machine)? >= told);
    machine.power_off()
}
