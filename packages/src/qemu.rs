//! QEMU with its firmware: Debian's binaries, for `run` and for tests.
//!
//! It never lands in an image. It runs on the host by its own dynamic loader, so that nothing of
//! the host's libraries matters. What it links with was found by its `DT_NEEDED` entries; its
//! declared dependencies would be more than twice as many packages.

use distill::package::{Config, Placed, merged};
use distill::plan::{AbsPath, Plan};

use crate::seed::{self, Row};

/// What QEMU links with among the packages that are also needed for something else, and UEFI.
const SHARED: [&str; 13] = [
    "libc6",
    "libcap2",
    "libelf1t64",
    "libffi8",
    "libgmp10",
    "libpcre2-8-0",
    "libselinux1",
    "libssl3t64",
    "libunistring5",
    "libuuid1",
    "libzstd1",
    "ovmf",
    "zlib1g",
];

/// `qemu-system-x86_64`, its libraries, BIOS, UEFI and the firmware of network cards.
pub fn qemu(_: &Config) -> Plan {
    let wanted = |row: &Row| row.group == "qemu" || SHARED.contains(&row.name);
    let packages = seed::rows().filter(wanted).map(|row| Placed {
        at: Some(AbsPath::root()),
        of: seed::unpacked(&row),
    });
    merged("qemu", packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shared_package_is_a_row() {
        for name in SHARED {
            let row = seed::rows().find(|row| row.name == name);
            assert!(row.is_some_and(|row| row.group != "qemu"), "{name}");
        }
    }
}
