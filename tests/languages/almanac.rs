//! The example `almanac`, as it is.

use distill::package::Config;
use distill::plan::Plan;
use distill::{execline, package};
use distill_packages::quick;

use crate::build::build;

#[path = "../../examples/almanac.rs"]
#[allow(dead_code, reason = "its `main` is that of a program")]
mod example;

/// Runs the program where there are no time zones but its own, and keeps what is the same each time.
const RUN: &str =
    "timeout 5 almanac Asia/Kathmandu | cut -d' ' -f1 >/out/said; ! almanac Nowhere 2>/out/failed";

fn said(config: &Config) -> Plan {
    package! { config,
        name: "almanac-said",
        cross: [example::almanac],
        script: execline! { sh -c #{RUN} },
    }
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn knows_the_time_elsewhere_and_what_is_no_place() {
    let tree = build(&said(&quick())).tree();
    let text = |file| std::fs::read_to_string(tree.join(file)).expect("text");
    assert_eq!(text("said"), "Asia/Kathmandu\n");
    assert!(text("failed").contains("Nowhere"), "{}", text("failed"));
}
