//! Clocks: set and kept by NTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use distill_platforms::qemu_x86_64;
use distill_services::chronyd::ChronyConfig;
use distill_services::ntpd::NtpConfig;
use distill_services::{chronyd, dhcp, ntpd};
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine};

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

#[test]
#[ignore = "builds an image and boots it"]
fn chronyd_sets_and_keeps_the_clock_and_tells_others() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let peer = net
        .peer("192.0.2.1/24")
        .dhcp("192.0.2.10")
        .dns([("ntp.test", [192, 0, 2, 1])])
        .ntp_by(|| SystemTime::now() + DAY)
        .start()?;
    let config = ChronyConfig::new().server("ntp.test").allow("192.0.2.0/24");
    let system = minimal().service(dhcp("eth0")).service(chronyd(config));
    let machine = lab.machine("clock", &qemu_x86_64(), &system).net(&net);
    let machine = machine.start()?;
    machine.block_network()?;
    // It does not wait for the network.
    machine.wait_ready("chronyd")?;
    assert!(offset(&machine)? < -80_000);
    machine.unblock_network()?;
    machine.wait_ready("dhcp.eth0")?;
    let asked = machine.age()?;
    machine.succeed("chronyc -n waitsync 60 0.5 0 1")?;
    let took = machine.age()?.saturating_sub(asked);
    // Without being told that there is a network, it would have waited for more than a minute.
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert!(peer.requests().contains(&"dns ntp.test".to_owned()));
    assert_eq!(
        machine.succeed("chronyc -n -c tracking | cut -d , -f 2,3,14")?,
        "192.0.2.1,2,Normal"
    );
    assert!(offset(&machine)?.abs() <= 1);
    machine.succeed("sleep 15 && chronyc -n waitsync 1 0.1 0 1")?;
    assert!(offset(&machine)?.abs() <= 1);

    // It has given up what root can do, but for the clock, and what a program usually calls.
    let status = machine.succeed(
        "pid=$(s6-svstat -o pid /run/service/chronyd)
        awk '/^(Uid|CapEff|Seccomp):/ { print $2 }' /proc/$pid/status",
    )?;
    let user = machine.succeed("id -u chrony")?;
    assert_eq!(status, format!("{user}\n0000000002000400\n2"));
    machine.succeed("s6-svc -wR -r /run/service/chronyd && test -s /var/lib/chrony/drift")?;
    machine.succeed("chronyc -n waitsync 60 0.5 0 1")?;

    let system = minimal().service(dhcp("eth0"));
    let other = lab.machine("other", &qemu_x86_64(), &system).net(&net);
    let other = other.memory(256).start()?;
    other.wait_ready("dhcp.eth0")?;
    let address = "ip -4 -o addr show dev eth0 | awk '{ sub(\"/.*\", \"\", $4); print $4 }'";
    let address = machine.succeed(address)?;
    other.succeed(&format!("ntpd -n -p {address} >/run/ntpd.log 2>&1 &"))?;
    let set = format!("test $(date +%s) -gt {}", now() - 600);
    other.wait_until(&format!("{set} || {{ cat /run/ntpd.log >&2; false; }}"))?;
    assert!(offset(&other)?.abs() <= 1);
    machine.power_off()?;
    Ok(())
}

#[test]
#[ignore = "builds an image and boots it"]
fn ntpd_sets_and_keeps_the_clock() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let _peer = net
        .peer("192.0.2.1/24")
        .dhcp("192.0.2.10")
        .dns([("ntp.test", [192, 0, 2, 1])])
        .ntp_by(|| SystemTime::now() + DAY)
        .start()?;
    let config = NtpConfig::new().server("ntp.test");
    let system = minimal().service(dhcp("eth0")).service(ntpd(config));
    let machine = lab.machine("clock", &qemu_x86_64(), &system).net(&net);
    let machine = machine.start()?;
    machine.wait_ready("ntpd")?;
    machine.wait_until(&format!("test $(date +%s) -gt {}", now() - 600))?;
    assert!(offset(&machine)?.abs() <= 1);
    machine.wait_until("ntpctl -s status | grep -q '1/1 peers valid'")?;
    assert!(offset(&machine)?.abs() <= 1);
    assert_eq!(
        machine.succeed("ps -o user,args | grep '[n]tpd: ntp engine' | cut -d ' ' -f 1")?,
        "ntpd"
    );
    machine.power_off()?;
    Ok(())
}
