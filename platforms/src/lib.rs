//! Platforms: what hardware or cloud an image is for.

pub mod cloud;
pub mod container;
pub mod disk;
pub mod droplet;
#[cfg(test)]
mod failures;
pub mod image;
mod inputs;
mod netboot;
mod os_release;
mod qemu;
mod uefi;

pub use cloud::{cloud_x86_64, nitro_ami_x86_64};
pub use container::container_rootfs;
pub use droplet::droplet;
pub use netboot::{netboot_x86_64, var_memory};
pub use qemu::qemu_x86_64;
pub use uefi::uefi_x86_64;
