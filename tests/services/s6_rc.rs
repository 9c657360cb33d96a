//! The same services, started by s6-rc.

use distill::cli::Exit;
use distill::execline;
use distill::system::{Directory, Init, Service};
use distill_packages::s6_rc;
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;
use distill_testing::{Lab, LabError};

/// Whether a build failed because the source cannot be fetched, which is told then: upstream's site is the only place
/// that has it.
#[allow(clippy::print_stderr, reason = "who reads the output has to know")]
pub(crate) fn is_unreachable(status: u8) -> bool {
    let unreachable = status == Exit::Unreachable.code();
    if unreachable {
        eprintln!("skipped: the source of s6-rc cannot be fetched here");
    }
    unreachable
}

#[test]
#[ignore = "builds an image and boots it"]
fn s6_rc_starts_and_stops_everything_in_order() -> Result<(), LabError> {
    let note = |text: &str| execline! { redirfd -a 1 "/run/order" echo #{text} };
    let first = Service::oneshot("first", note("first up"))
        .down(execline! { redirfd -a 1 "/var/lib/order" echo first })
        .after("var-mount");
    let second = Service::longrun(
        "second",
        execline! { if { #{note("second up")} } sleep inf },
    )
    .finish(execline! { redirfd -a 1 "/var/lib/order" echo second })
    .directory(Directory::new("/run/second").mode(0o750))
    .ready_when(execline! { test -d "/run/second" })
    .after("first");
    let third = Service::oneshot("third", note("third up")).after("second");
    let system = minimal()
        .services([third, second, first])
        .init(Init::s6_rc(s6_rc));
    let lab = Lab::new()?;
    let machine = match lab.machine("box", &qemu_x86_64(), &system).start() {
        Err(LabError::Build { status, .. }) if is_unreachable(status) => return Ok(()),
        machine => machine?,
    };
    machine.wait_until("s6-rc -a list | grep -qx third")?;
    assert_eq!(
        machine.succeed("cat /run/order")?,
        "first up\nsecond up\nthird up"
    );
    for service in ["second", "acpid"] {
        machine.wait_ready(service)?;
    }
    let error = machine.wait_ready("getty.ttyS0").unwrap_err().to_string();
    assert!(error.contains("never says that it is ready"), "{error}");
    machine.succeed("mountpoint -q /var && test -d /var/log/second")?;
    // A daemon that dies is started again.
    machine.succeed("s6-svc -k /run/service/second")?;
    machine.wait_until("test $(grep -c second /run/order) = 2")?;
    machine.wait_ready("second")?;
    machine.succeed("rm -f /var/lib/order")?;
    machine.reboot()?;
    machine.wait_until("s6-rc -a list | grep -qx third")?;
    assert_eq!(machine.succeed("cat /var/lib/order")?, "second\nfirst");
    machine.power_off()
}
