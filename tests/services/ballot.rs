//! The example `ballot`, as it is: a program in Python that counts votes in a database.

use distill_platforms::qemu_x86_64;
use distill_testing::{Lab, LabError};

use crate::rights;
use crate::web::get;

#[path = "../../examples/ballot.rs"]
#[allow(dead_code, reason = "its `main` is that of a program")]
mod example;

#[test]
#[ignore = "builds an image and boots it"]
fn counts_votes() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = lab.machine("ballot", &qemu_x86_64(), &example::system());
    let machine = machine.forward(8080).start()?;
    // From the moment on at which it is ready.
    machine.wait_ready("ballot")?;
    let ask = "wget -q -O - http://127.0.0.1:8080";
    assert_eq!(machine.succeed(ask)?, "");
    for name in ["tea", "coffee", "tea"] {
        assert_eq!(
            machine.succeed(&format!("{ask}/{name} --post-data ''"))?,
            "counted"
        );
    }
    assert_eq!(machine.succeed(ask)?, "tea: 2\ncoffee: 1");
    machine.fail(&format!("{ask}/nothing/here"))?;

    // From outside, too.
    machine.wait_ready("dhcp.eth0")?;
    assert!(get(machine.port(8080), "/").ends_with("tea: 2\ncoffee: 1\n"));
    rights::check(&machine, &["ballot"])?;

    // One that dies comes back, and so does a machine: with all that was counted.
    machine.succeed("kill -KILL $(s6-svstat -o pid /run/service/ballot)")?;
    assert_eq!(machine.wait_until(ask)?, "tea: 2\ncoffee: 1");
    machine.reboot()?;
    machine.wait_ready("ballot")?;
    assert_eq!(machine.succeed(ask)?, "tea: 2\ncoffee: 1");
    machine.power_off()
}
