//! Programs that others have built, as Debian has them.

use distill::package::{Config, Pin};
use distill::plan::Plan;
use distill::prebuilt;
use distill_packages::quick;

use crate::build::build;
use crate::mistakes::tells;

fn busybox(config: &Config, programs: &[&str]) -> Plan {
    prebuilt! { config,
        name: "busybox-static", version: "1.37.0",
        source: debian("b/busybox/busybox-static_1.37.0-6+b9_amd64.deb",
            sha256("598a3fd92bdafc34cd81196b2952ad36e910e47a4ecf162f8ce5e8e262598e53"))
            .keep_top().exclude(["usr/share"]),
        programs,
    }
}

/// A program that is loaded by glibc's loader.
fn hello(config: &Config, sources: Vec<Pin>) -> Plan {
    prebuilt! { config,
        name: "hello", version: "2.10",
        source: debian("h/hello/hello_2.10-5_amd64.deb",
            sha256("4536aabbb75ec21ffe161099ee4b97274945770bdb0682e25ec322421211ca5e"))
            .keep_top().exclude(["usr/share"]),
        sources,
        programs: ["usr/bin/hello"],
    }
}

fn libc() -> Pin {
    use distill::package::source::{debian, sha256};
    let digest = sha256("b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf");
    debian("g/glibc/libc6_2.41-12+deb13u5_amd64.deb", digest)
        .keep_top()
        .include(["usr/lib/x86_64-linux-gnu", "usr/lib64"])
        .at("/src/hello-2.10")
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn a_program_is_held_against_what_it_needs() {
    let config = quick();
    let tree = build(&busybox(&config, &["usr/bin/busybox"])).tree();
    assert!(tree.join("usr/bin/busybox").exists());
    let tree = build(&hello(&config, vec![libc()])).tree();
    assert!(tree.join("usr/bin/hello").exists());
    tells(&hello(&config, vec![]), "ld-linux-x86-64.so.2", "`sources`");
    tells(
        &busybox(&config, &["usr/bin/bussybox"]),
        "is not there",
        "`programs`",
    );
}
