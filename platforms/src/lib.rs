//! Platforms: what hardware or cloud an image is for.

pub mod disk;
pub mod droplet;
mod qemu;

pub use droplet::droplet;
pub use qemu::qemu_x86_64;
