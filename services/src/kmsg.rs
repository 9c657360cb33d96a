//! The kernel's log.

use distill::execline;
use distill::system::{Service, User};

const USER: &str = "kmsg";

/// Passes on what the kernel says, in the format of `/dev/kmsg`, to the service's logger.
///
/// ```
/// use distill::system::System;
/// use distill_services::{kmsg, var_log};
///
/// let system = System::new().service(kmsg()).loggers(var_log());
/// # let _ = system;
/// ```
#[track_caller]
pub fn kmsg() -> Service {
    Service::longrun(
        "kmsg",
        execline! {
            redirfd -r 0 /dev/kmsg
            // Opening it takes root's rights, and reading it takes none.
            s6-setuidgid #{USER}
            setpriv --nnp
            cat
        },
    )
    .user(User::system(USER))
    .ready_when_started()
}
