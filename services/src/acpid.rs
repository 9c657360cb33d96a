//! The power button.

use distill::system::{File, Service};
use distill::{execline, kconfig};

/// Powers off when the machine's power button is pressed, or what stands in for it: a cloud's or a
/// hypervisor's "shut down". (busybox's acpid, which reads the kernel's input devices. It stays root, from whom
/// alone process 1 takes orders.)
///
/// ```
/// use distill::system::System;
///
/// let system = System::new().service(distill_services::acpid());
/// # let _ = system;
/// ```
#[track_caller]
pub fn acpid() -> Service {
    Service::longrun(
        "acpid",
        execline! {
            fdmove -c 2 1
            acpid -d -c #{"/etc/acpi"}
        },
    )
    .file(File::script(
        "/etc/acpi/PWRF/00000080",
        execline! { kill -USR2 1 },
    ))
    .kernel(kconfig! { "acpid": ACPI_BUTTON=y INPUT_EVDEV=y })
    .ready_when_started()
}
