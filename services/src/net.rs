//! Network interfaces that need no configuration.

use distill::execline;
use distill::system::Service;

/// The loopback interface, with the addresses that the kernel gives it.
///
/// ```
/// assert_eq!(distill_services::net_lo().name, "net.lo");
/// ```
#[track_caller]
pub fn net_lo() -> Service {
    Service::oneshot("net.lo", execline! { ip link set lo up })
}
