//! The time, for machines whose clock does not run without power.

use distill::execline;
use distill::system::{Directory, Owner, Service, User};

const USER: &str = "clock";
const DIR: &str = "/var/lib/clock";

/// A file is written every ten minutes and at the end: its time is the one that counts.
const NOTE: &str = "trap 'touch noted; exit' TERM
while touch noted; do
  [ -z \"$said\" ] && said=1 && echo >&3 && exec 3>&-
  sleep 600 &
  wait $!
done";

/// Notes the time on `/var`, every ten minutes and at shutdown. [`var_mount`](crate::var_mount()) sets the clock to it
/// at least: so a machine whose clock begins in 1970 with every boot goes on where it was. NTP may set it to whatever
/// is right, and that is noted then.
///
/// ```
/// use distill::system::System;
/// use distill_services::{note_time, var_mount};
///
/// let system = System::new().not_before("2026-11-30").services([var_mount(), note_time()]);
/// # let _ = system;
/// ```
#[track_caller]
pub fn note_time() -> Service {
    Service::longrun(
        "note-time",
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            cd #{DIR}
            sh -c #{NOTE}
        },
    )
    .after("var-mount")
    .user(User::system(USER))
    .run_as(USER)
    .directory(Directory::new(DIR).owner(Owner::new(USER, USER)))
    .notification_fd(3)
}
