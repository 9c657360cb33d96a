//! The example `almanac`, as it is.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use distill_packages::quick;

use crate::build::build;

#[path = "../../examples/almanac.rs"]
#[allow(dead_code, reason = "its `main` is that of a program")]
mod example;

/// The program is one static file, so that it runs here, too.
#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn knows_the_time_elsewhere_and_what_is_no_place() {
    let tree = build(&example::almanac(&quick())).tree();
    let almanac = || Command::new(tree.join("usr/bin/almanac"));
    let mut running = almanac()
        .arg("Asia/Kathmandu")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut line = String::new();
    let stdout = running.stdout.take().expect("a pipe");
    let read = BufReader::new(stdout).read_line(&mut line);
    running
        .kill()
        .and_then(|()| running.wait())
        .expect("its end");
    read.expect("a line");
    assert!(line.starts_with("Asia/Kathmandu 20"), "{line}");
    let failed = almanac().arg("Nowhere").output().expect("a program");
    let message = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1));
    assert!(message.contains("Nowhere"), "{message}");
}
