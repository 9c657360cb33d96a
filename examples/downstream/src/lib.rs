//! What the images of this crate have in common: the system, and what it is made of.

pub mod packages;
pub mod services;

use distill::system::{File, Sysctl, System};
use distill_systems::ssh_host;

/// How much memory a cache has, in MiB.
pub mod sizes {
    /// For trying it out.
    pub const SMALL: u32 = 64;
    /// For use.
    pub const LARGE: u32 = 1024;
}

/// A machine that runs memcached with so many MiB, and is looked after by SSH.
pub fn cache(mebibytes: u32) -> System {
    ssh_host(&[])
        .hostname("cache")
        .service(services::memcached(["-m".to_owned(), mebibytes.to_string()]))
        .sysctl(Sysctl::new().set("net.core.somaxconn", 4096))
        // Beside the crate's manifest, and part of the image's hash.
        .file(File::new("/etc/motd", include_str!("../motd")))
}
