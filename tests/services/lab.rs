//! The laboratory itself: what all other tests rely on.

use std::time::{Duration, Instant, SystemTime};

use distill::execline;
use distill::system::Service;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_systems::minimal;
use distill_testing::{Lab, LabError, Machine, Response};

#[test]
#[ignore = "builds an image and boots it"]
fn a_machine_does_what_it_is_told() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let stuck = execline! { if { echo "sinking into thought" } sleep inf };
    let stuck = Service::longrun("stuck", stuck).notification_fd(3);
    let broken = Service::oneshot("broken", execline! { if { echo "this will not do" } false });
    let between = Service::oneshot("between", execline! { true }).after("broken");
    let last = Service::longrun("last", execline! { sleep inf }).after("between");
    let chain = [broken, between, last.ready_when_started()];
    let system = minimal().hostname("box").service(stuck).services(chain);
    let more = lab.directory().join("more.img");
    std::fs::write(&more, [7; 4096]).expect("a scratch directory");
    let setup = lab.machine("box", &qemu_x86_64(), &system).disk(&more);
    let machine = setup.screen().start()?;
    machine.wait_console("Run /init")?;
    machine.wait_ready("var-mount")?;
    assert_eq!(machine.succeed("hostname")?, "box");

    it_talks(&machine)?;
    who_waits_in_vain_learns_why(&machine);
    somebody_is_at_the_keyboard(&machine)?;

    // Bytes of all values, and more than fits into any buffer on the way.
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    machine.copy_in(&bytes, "/var/lib/bytes")?;
    assert!(machine.copy_out("/var/lib/bytes")? == bytes);
    assert!(machine.copy_out("/dev/vdb")? == [7; 4096]);
    machine.succeed("echo written | dd of=/dev/vdb conv=notrunc,fsync")?;
    machine.reboot()?;
    assert!(!machine.console().is_empty());
    machine.wait_ready("var-mount")?;
    assert!(machine.copy_out("/var/lib/bytes")? == bytes);

    machine.succeed("sync")?;
    machine.crash()?;
    assert!(!machine.is_on());
    assert!(matches!(machine.run("true"), Err(LabError::Off { .. })));
    machine.boot()?;
    machine.wait_ready("var-mount")?;
    assert!(machine.copy_out("/var/lib/bytes")? == bytes);
    let error = machine.run("echo b >/proc/sysrq-trigger; sleep 60");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`box` has started again during"), "{error}");
    machine.power_off()?;
    assert!(machine.console().contains("system: poweroff"));

    machine.wipe()?;
    machine.boot()?;
    machine.fail("test -e /var/lib/bytes")?;
    assert!(machine.copy_out("/dev/vdb")? == [7; 4096]);
    Ok(())
}

fn it_talks(machine: &Machine) -> Result<(), LabError> {
    let output = machine.run("echo out; echo err >&2; exit 3")?;
    assert_eq!(
        (output.status, output.text(), output.errors()),
        (3, "out".into(), "err".into())
    );
    let error = machine
        .succeed("echo no >&2; false")
        .unwrap_err()
        .to_string();
    assert!(error.contains("status 1") && error.contains("no") && error.contains("Linux version"));

    let mut said = Vec::new();
    machine.interact(&b"echo out\nfalse\n"[..], &mut said)?;
    assert_eq!(
        String::from_utf8_lossy(&said),
        "box# out\nbox# (status 1)\nbox# \n"
    );

    machine.succeed("nc -ll -p 1234 -e true >/dev/null 2>&1 &")?;
    machine.wait_open_port(1234)
}

fn who_waits_in_vain_learns_why(machine: &Machine) {
    let wait = |name: &str| {
        let soon = Duration::from_secs(10);
        let waited = machine.within(soon, |machine| machine.wait_ready(name));
        waited.unwrap_err().to_string()
    };
    let error = wait("var-mnt");
    assert!(
        error.contains("`box`: there is no service var-mnt"),
        "{error}"
    );
    // Nobody waits for what cannot be any more.
    let begin = Instant::now();
    let waited = machine.wait_ready("last").unwrap_err().to_string();
    assert!(begin.elapsed() < Duration::from_secs(30));
    for part in [
        "broken has failed: last cannot become ready",
        "this will not do",
    ] {
        assert!(waited.contains(part), "{part}: {waited}");
    }
    let error = wait("stuck");
    for part in ["`box`: stuck is not ready: up (pid", "sinking into thought"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// And there is a shell on the screen.
fn somebody_is_at_the_keyboard(machine: &Machine) -> Result<(), LabError> {
    machine.succeed("setsid sh </dev/tty1 >/dev/tty1 2>&1 &")?;
    machine.type_keys("echo \"$(tty)\" >/run/Typed_here\n")?;
    machine.wait_until("test -s /run/Typed_here")?;
    assert_eq!(machine.succeed("cat /run/Typed_here")?, "/dev/tty1");
    assert!(machine.screenshot()?.starts_with(b"\x89PNG"));
    Ok(())
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_network_is_what_the_test_makes_of_it() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let web = |request: &distill_testing::Request| match request.path.as_str() {
        "/hello" => Response::ok("hello, machine\n"),
        _ => Response::status(404),
    };
    let day = Duration::from_secs(86_400);
    let peer = net
        .peer("192.0.2.1/24")
        .dhcp("192.0.2.10")
        .dns([("web.test", [192, 0, 2, 1])])
        .ntp_by(move || SystemTime::now() + day)
        .http(80, web)
        .start()?;
    let system = minimal().service(dhcp("eth0"));
    let machine = |name| {
        let setup = lab.machine(name, &qemu_x86_64(), &system);
        setup.net(&net).memory(256).start()
    };
    let (one, two) = (machine("one")?, machine("two")?);
    for machine in [&one, &two] {
        machine.wait_ready("dhcp.eth0")?;
    }
    assert_eq!(
        one.succeed("wget -q -O - http://web.test/hello")?,
        "hello, machine"
    );
    one.fail("wget -q -O - http://web.test/else")?;
    one.fail("nslookup nobody.test")?;
    let asked = peer.requests();
    for line in ["dhcp lease 192.0.2.10", "dns web.test", "http GET /hello"] {
        assert!(asked.iter().any(|asked| asked == line), "{line}: {asked:?}");
    }

    let address = "ip -4 -o addr show dev eth0 | awk '{ sub(\"/.*\", \"\", $4); print $4 }'";
    let other = two.succeed(address)?;
    assert_ne!(other, one.succeed(address)?);
    let ping = format!("ping -c 1 -W 5 {other}");
    one.succeed(&ping)?;
    one.block_network()?;
    one.fail("ping -c 1 -W 1 192.0.2.1")?;
    one.unblock_network()?;
    one.wait_until(&ping)?;
    net.divide();
    one.fail("ping -c 1 -W 1 192.0.2.1")?;
    net.join();
    one.wait_until(&ping)?;

    // busybox's ntpd steps the clock.
    one.succeed("ntpd -n -p 192.0.2.1 >/run/ntpd.log 2>&1 &")?;
    let tomorrow = SystemTime::now() + day - Duration::from_secs(600);
    let since = tomorrow.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.expect("it is later").as_secs();
    one.wait_until(&format!("test $(date +%s) -gt {seconds}"))?;
    Ok(())
}
