//! What the seed's compiler expects of its C library.

use distill::package::{Cc, Config, execline};
use distill::plan::Plan;

use crate::own_file::own_file;
use crate::{linux_headers, musl};

/// What the unwinder in the seed's `libgcc_eh.a` expects of its C library and musl does not have.
pub fn gcc_compat(config: &Config) -> Plan {
    Cc {
        name: "gcc-compat".into(),
        licence: "MIT OR Apache-2.0".into(),
        no_libc: true,
        libs: vec![musl.into(), linux_headers.into()],
        files: vec![own_file("src/gcc-compat/dl_find_object.c", include_str!("dl_find_object.c"))],
        script: execline! {
            if { mkdir -p "/out/usr/lib" }
            if { "x86_64-linux-musl-cc" -O2 -pipe -ffunction-sections -c -o "dl_find_object.o" "dl_find_object.c" }
            "x86_64-linux-musl-ar" rcsD "/out/usr/lib/libgcccompat.a" "dl_find_object.o"
        },
        ..Cc::new(config)
    }
    .plan()
}
