//! Randomness that lasts from one boot to the next.

use distill::execline;
use distill::system::{Directory, Service};

/// Gives the kernel a seed that was saved on `/var`, and saves a new one, at boot and at shutdown.
/// A seed is removed before it is used: it counts once.
///
/// ```
/// use distill_services::{urandom_seed, var_mount};
///
/// let services = [var_mount(), urandom_seed()];
/// # let _ = services;
/// ```
#[track_caller]
pub fn urandom_seed() -> Service {
    const DIR: &str = "/var/lib/seedrng";
    Service::oneshot("urandom-seed", execline! { seedrng -d #{DIR} })
        .down(execline! { seedrng -d #{DIR} })
        .after("var-mount")
        .directory(Directory::new(DIR).mode(0o700))
}
