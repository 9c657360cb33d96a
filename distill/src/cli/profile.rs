//! Whether this program was compiled to be fast: a crate that `cargo new` made is not, and nothing else tells.

use super::ui::Ui;

/// What makes it fast, whatever else the profile says.
const LINES: &str = "[profile.dev.package.\"*\"]\nopt-level = 3";

/// Warns of a program that hashes and unpacks many times slower than it could. To be said when there is
/// something to build.
pub(super) fn warn(ui: &Ui) {
    // The tests of this crate are not optimised either, and say what they say without this.
    if env!("DISTILL_OPT_LEVEL") == "0" && !cfg!(test) {
        ui.warn(format_args!(
            "this program was compiled without optimisation: hashing and unpacking take many times as long\n\
             hint: add to its `Cargo.toml`, once:\n{LINES}"
        ));
    }
}
