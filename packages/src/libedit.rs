//! libedit: editing of a line in a terminal.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

use crate::ncurses;

/// libedit: what GNU readline does, by another licence, as a library.
pub fn libedit(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "libedit", version: "20250104-3.1",
        licence: "BSD-3-Clause", homepage: "https://thrysoee.dk/editline/", cpe: "libedit_project:libedit",
        source: debian("libe/libedit/libedit_3.1-20250104.orig.tar.gz",
            sha256("23792701694550a53720630cd1cd6167101b5773adddcb4104f7345b73a568ac"))
            .or_url("https://thrysoee.dk/editline/libedit-$version.tar.gz"),
        libs: [ncurses],
        extra_configure: ["--disable-examples"],
        // Its configure looks for this in a header of glibc's: a wide character is one of Unicode.
        cflags: ["-D__STDC_ISO_10646__=201706L"],
    }
}
