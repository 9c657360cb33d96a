//! A disk that is full: it costs lines of logs, and nothing else.

use std::time::Duration;

use distill::system::{Init, System, User};
use distill_packages::s6_rc;
use distill_platforms::qemu_x86_64;
use distill_services::sshd::SshdConfig;
use distill_services::{dhcp, sshd};
use distill_systems::minimal;
use distill_testing::{Key, Lab, LabError, Machine};

/// The services that have a logger of their own.
const LOGGED: &str = "for fifo in /var/log/*/; do basename $fifo; done";

/// A megabyte of lines, as a service writes them: into its own standard error.
fn say_much(service: &str) -> String {
    format!(
        "out=/proc/$(s6-svstat -o pid /run/service/{service})/fd/2
         yes a line of {service} that is as long as most lines are | head -c 1000000 |
           timeout 60 dd of=$out bs=4k conv=notrunc iflag=fullblock 2>/dev/null"
    )
}

fn system(key: &Key) -> Result<System, LabError> {
    let config = SshdConfig::default().authorized_key("ada", key.public()?);
    Ok(minimal()
        .user(User::person("ada"))
        .services([dhcp("eth0"), sshd(config)]))
}

fn fills_and_is_freed(machine: &Machine, key: &Key) -> Result<(), LabError> {
    machine.wait_ready("sshd")?;
    machine.wait_ready("dhcp.eth0")?;
    machine.wait_until("test -s /var/log/sshd/current")?;
    // First somebody without rights, then root, who may have what ext4 keeps back.
    machine.fail("s6-setuidgid nobody dd if=/dev/zero of=/var/tmp/fill bs=1M")?;
    machine.fail("dd if=/dev/zero of=/var/tmp/more bs=4k")?;
    let services = machine.succeed(LOGGED)?;
    assert!(services.lines().count() > 3, "{services}");
    let said = services.lines().filter(|name| *name != "kmsg");
    for service in said.clone() {
        machine.succeed(&say_much(service))?;
    }
    // The logger of all others writes to memory. It may be stuck as well.
    let logger = "$(s6-svstat -o pid /run/service/s6-svscan-log)";
    machine.succeed(&format!("kill -STOP {logger}"))?;
    machine.succeed(
        "yes a line of nobody | head -c 300000 | timeout 60 dd of=/proc/1/fd/2 bs=4k 2>/dev/null",
    )?;
    machine.succeed(&format!("kill -CONT {logger}"))?;
    for _ in 0..3 {
        let output = machine.within(Duration::from_secs(60), |machine| {
            machine.ssh(key, "ada", "echo in")
        })?;
        assert_eq!(output.text(), "in", "{output}");
    }
    machine.succeed("rm /var/tmp/fill /var/tmp/more")?;
    for service in said {
        machine.wait_until(&format!(
            "echo one more line >>/proc/$(s6-svstat -o pid /run/service/{service})/fd/2
             cat /var/log/{service}/@*.s 2>/dev/null | zstd -dc 2>/dev/null |
               cat - /var/log/{service}/current |
               grep -q 'overflow: the log was stuck, .* lines were dropped'
             grep -q 'one more line' /var/log/{service}/current"
        ))?;
    }
    machine.wait_until("grep -q 'overflow: the log was stuck' /run/log/catch-all/*")?;
    machine.power_off()
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_full_disk_locks_nobody_out() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let key = Key::derived(&lab, "ada")?;
    let machine = lab.machine("box", &qemu_x86_64(), &system(&key)?);
    let machine = machine.forward(22).disk_size(400 << 20).start()?;
    fills_and_is_freed(&machine, &key)
}

#[test]
#[ignore = "builds an image and boots it"]
fn nor_with_s6_rc() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let key = Key::derived(&lab, "ada")?;
    let system = system(&key)?.init(Init::s6_rc(s6_rc));
    let setup = lab.machine("box", &qemu_x86_64(), &system);
    match setup.forward(22).disk_size(400 << 20).start() {
        Err(LabError::Build { status, .. }) if crate::s6_rc::is_unreachable(status) => Ok(()),
        machine => fills_and_is_freed(&machine?, &key),
    }
}
