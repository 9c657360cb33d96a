//! A cloud that does not know its machine yet when that starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use distill::machine::Cloud;
use distill::system::System;
use distill_platforms::cloud_x86_64;
use distill_testing::{Lab, LabError, Request, Response};

use crate::cloud::FIRST;

/// What Amazon's service says once it is right.
fn right(request: &Request) -> Response {
    match (&*request.method, &*request.path) {
        ("PUT", "/latest/api/token") => Response::ok("token=="),
        _ if request.header("x-aws-ec2-metadata-token") != Some("token==") => Response::status(401),
        (_, "/latest/meta-data/hostname") => Response::ok("late.example eu.example"),
        (_, "/latest/meta-data/public-keys/") => Response::ok("0=mine"),
        (_, "/latest/meta-data/public-keys/0/openssh-key") => Response::ok(format!("{FIRST}\n")),
        _ => Response::status(404),
    }
}

#[test]
#[ignore = "builds an image and boots it"]
fn keys_and_name_come_when_they_come() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let net = lab.net();
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = ready.clone();
    // Until then everything goes well, and is a page for people.
    let server = move |request: &Request| match is_ready.load(Ordering::Relaxed) {
        true => right(request),
        false => Response::ok("<html>\n<p>0=This service starts</p>\n</html>\n"),
    };
    let peer = net
        .peer("169.254.169.254/16")
        .dhcp("169.254.10.10")
        .http(80, server)
        .start()?;
    let mut platform = cloud_x86_64();
    let emulation = platform.emulation.as_mut().expect("it can be imitated");
    emulation.hardware.cloud = Some(Cloud::Amazon);
    let setup = lab.machine("late", &platform, &System::new());
    let machine = setup.net(&net).memory(256).start()?;
    // Nobody is up before the server has been asked.
    machine.wait_ready("dhcp.eth0")?;
    machine.wait_console("metadata: amazon has no answer yet: going on without metadata")?;
    machine.wait_ready("pubkeys")?;
    machine.fail("test -e /run/ssh/authorized_keys/root")?;
    machine.within(Duration::from_secs(150), |machine| {
        machine.wait_console("metadata: amazon has no answer, after ")
    })?;
    ready.store(true, Ordering::Relaxed);
    machine.within(Duration::from_secs(60), |machine| {
        machine.wait_until("test -s /run/ssh/authorized_keys/root")
    })?;
    let keys = machine.succeed("cat /run/ssh/authorized_keys/root")?;
    assert_eq!(keys, FIRST);
    machine.wait_until("test \"$(hostname)\" = late.example")?;
    let asked = peer.requests();
    assert!(asked.iter().any(|line| line.contains("PUT")), "{asked:?}");
    machine.power_off()
}
