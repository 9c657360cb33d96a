//! The root archive, where nobody has made anything ready for a container: that takes root.

mod nspawn;
mod oci;

use crate::skipped;

/// Whether this is root; if not, that has been said.
fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skipped("only root can give a container several users");
    }
    root
}
