//! Swap space.

use distill::execline;
use distill::kconfig;
use distill::system::{File, Service};

const SCRIPT: &str = "/usr/libexec/distill/swap-on";

/// Swaps to a device of its own, such as `/dev/vdb`; the service is called `swap.vdb`.
///
/// The device becomes swap space if it is blank: if no tool recognises anything on it, and its first
/// 4 MiB are zeros. If it holds anything but swap, it is left alone, and the service fails. At
/// shutdown, what was swapped out comes back before the device is let go.
///
/// ```
/// let service = distill_services::swap("/dev/vdb");
/// assert_eq!(service.name, "swap.vdb");
/// ```
#[track_caller]
pub fn swap(device: &str) -> Service {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    let name = name.replace('/', ".");
    // Two devices have one script: a path of its own for each.
    let script = format!("{SCRIPT}.{name}");
    let service = Service::oneshot(format!("swap.{name}"), execline! { #{&script} #{device} })
        .down(execline! { swapoff #{device} })
        .file(File::new(script, include_str!("swap-on.sh")).mode(0o755))
        .package(distill_packages::partitioning)
        .kernel(kconfig! { "swap": SWAP=y });
    match device.strip_prefix("/dev/") {
        Some(name) if !name.is_empty() => service,
        _ => service.invalid(format!("device: `{device}` does not lie in /dev")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_lie_in_dev() {
        let service = swap("/dev/mapper/swap");
        assert_eq!(service.name, "swap.mapper.swap");
        assert_eq!(service.problems, [""; 0]);
        for wrong in ["/var/swap", "vdb", "/dev/"] {
            assert_eq!(swap(wrong).problems.len(), 1, "{wrong}");
        }
    }
}
