//! The example `guestbook`, as it is: a program in Rust that keeps what it is told.

use distill_platforms::qemu_x86_64;
use distill_testing::{Lab, LabError};

use crate::rights;
use crate::web::get;

#[path = "../../examples/guestbook.rs"]
#[allow(dead_code, reason = "its `main` is that of a program")]
mod example;

#[test]
#[ignore = "builds an image and boots it"]
fn keeps_what_visitors_write() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = lab.machine("guestbook", &qemu_x86_64(), &example::system());
    let machine = machine.forward(8080).start()?;
    // From the moment on at which it is ready.
    machine.wait_ready("guestbook")?;
    let ask = "wget -q -O - http://127.0.0.1:8080";
    assert_eq!(machine.succeed(ask)?, "Guests");
    let write = format!("{ask} --post-data 'hello there'");
    assert_eq!(machine.succeed(&write)?, "thank you");
    assert_eq!(machine.succeed(ask)?, "Guests\nhello there");
    machine.fail(&format!("{ask}/nothing"))?;

    // From outside, too.
    machine.wait_ready("dhcp.eth0")?;
    assert!(get(machine.port(8080), "/").ends_with("Guests\nhello there\n"));
    rights::check(&machine, &["guestbook"])?;

    // One that dies comes back, and so does a machine: with all that was written.
    machine.succeed("kill -KILL $(s6-svstat -o pid /run/service/guestbook)")?;
    let kept = machine.wait_until(ask)?;
    assert_eq!(kept, "Guests\nhello there");
    machine.reboot()?;
    machine.wait_ready("guestbook")?;
    assert_eq!(machine.succeed(ask)?, "Guests\nhello there");
    machine.power_off()
}
