//! The one writable file system that lasts.

use distill::execline;
use distill::system::{File, Service};

const SCRIPT: &str = "/usr/libexec/distill/var-mount";

/// Mounts `/var` from the disk that the root came from, and makes it on the first boot.
///
/// On the first boot, a partition is appended in what is free behind the others, to the end of the
/// disk, which may be larger than the image: the GPT's second copy is moved there. The file system
/// is made before the partition is written into the table, so that a power cut at any moment leaves
/// either no partition, and the next boot begins again, or a good one. If the power fails within the
/// table's first copy, the kernel takes the second one (`gpt` on its command line), and the first is
/// written again. Nothing is formatted that
/// holds anything: behind the partitions, what any tool recognises is left alone; a partition `var`
/// of the table is only formatted if its first 4 MiB are zeros. If the disk has grown since, the
/// partition and its file system grow, too.
///
/// If `/var` cannot be mounted, the console says why, and it lies in memory until the next boot:
/// the machine comes up and can be logged in to.
///
/// ```
/// use distill::system::System;
///
/// let system = System::new().service(distill_services::var_mount());
/// # let _ = system;
/// ```
#[track_caller]
pub fn var_mount() -> Service {
    service(&[]).package(distill_packages::partitioning)
}

/// Mounts `/var` from a device of its own, such as `/dev/vdb`, which is formatted if its first 4 MiB
/// are zeros. Otherwise as [`var_mount`].
///
/// ```
/// let service = distill_services::var_mount_on("/dev/vdb");
/// assert_eq!(service.name, "var-mount");
/// ```
#[track_caller]
pub fn var_mount_on(device: &str) -> Service {
    service(&[device])
}

#[track_caller]
fn service(args: &[&str]) -> Service {
    Service::oneshot("var-mount", execline! { #{SCRIPT} #{args} })
        .down(execline! { umount "/var" })
        .file(File::new(SCRIPT, include_str!("var-mount.sh")).mode(0o755))
        .package(distill_packages::e2fsprogs)
        .provides("/var")
}
