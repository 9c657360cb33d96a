//! s6 and execline as Debian's binaries, with the C library that they need.
//!
//! This is the one exception to "what lands in an image is built from source": upstream's site is
//! the only place that has their sources, and a first image needs nothing but Debian's pool.
//! [`crate::skarnet`] has the recipes from source.

use distill::package::{Config, Placed, merged};
use distill::plan::{AbsPath, Action, Artifact, Meta, PathSet, Pick, Plan, Version};

use crate::seed;

/// What of the packages lands in an image: the programs, and five shared libraries.
const TAKEN: [&str; 9] = [
    "usr/bin/s6-*",
    "usr/bin/execlineb",
    "usr/lib/execline",
    "usr/lib/x86_64-linux-gnu/libc.so.6",
    "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "usr/lib/x86_64-linux-gnu/libskarnet.so*",
    "usr/lib/x86_64-linux-gnu/libs6.so*",
    "usr/lib/x86_64-linux-gnu/libexecline.so*",
    "usr/lib64",
];

/// s6, execline, and glibc for these alone.
pub fn s6_debian(_: &Config) -> Plan {
    let wanted = |row: &seed::Row| row.group == "image-runtime-s6-glibc" || row.name == "libc6";
    let placed = |of: Artifact| Placed {
        at: Some(AbsPath::root()),
        of,
    };
    let rows = seed::rows().filter(wanted);
    let all = merged(
        "s6-debian-all",
        rows.map(|row| placed(seed::unpacked(&row))),
    );
    let (include, exclude) = (PathSet::new(TAKEN), PathSet::default());
    let meta = Meta {
        version: seed::rows()
            .find(|row| row.name == "s6")
            .and_then(|row| Version::new(row.version).ok()),
        licence: Some("ISC AND LGPL-2.1-or-later".to_owned()),
        homepage: Some("https://skarnet.org/software/s6/".to_owned()),
        prebuilt: true,
        ..Meta::default()
    };
    let name = distill::plan::Name::new("s6-debian").expect("a constant");
    match include {
        Ok(include) => Plan::named(name).meta(meta).action(Action::Pick(Pick {
            tree: all.into(),
            include,
            exclude,
        })),
        Err(e) => Plan::named(name).invalid(e.to_string()),
    }
}
