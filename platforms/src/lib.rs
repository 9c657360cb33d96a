//! Platforms: what hardware or cloud an image is for.

pub mod disk;
mod qemu;

pub use qemu::qemu_x86_64;
