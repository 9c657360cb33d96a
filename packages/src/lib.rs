//! Recipes: one module a package or a family that is released together.

pub mod busybox;
pub mod linux;
pub mod musl;
pub mod seed;
pub mod squashfs_tools;
pub mod toolchain;
pub mod xz;
pub mod zlib;
pub mod zstd;

pub use busybox::busybox;
pub use linux::{linux_headers, linux_virt};
pub use musl::musl;
pub use squashfs_tools::squashfs_tools;
pub use toolchain::quick;
pub use xz::{libxz, xz};
pub use zlib::zlib;
pub use zstd::{libzstd, zstd};
