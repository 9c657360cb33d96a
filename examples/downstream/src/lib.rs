//! What the images of this crate have in common: the system, and what it is made of.

pub mod packages;
pub mod services;

use distill::system::{File, System};
use distill_systems::ssh_host;

/// A machine for people to talk on, which is looked after by SSH. To other servers it is called `name`.
#[track_caller]
pub fn chat(name: &str) -> System {
    ssh_host(&[])
        .hostname("chat")
        .service(services::ngircd(name))
        .package(packages::talkers)
        // Beside the crate's manifest, and part of the image's hash.
        .file(File::new("/etc/motd", include_str!("../motd")))
}
