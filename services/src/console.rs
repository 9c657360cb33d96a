//! Terminals.

use distill::execline;
use distill::package::Words;
use distill::system::{File, PATH, Service, Signal};

/// A prompt for a user's name on the terminal `tty` (`tty1`, `ttyS0`), at `speed` baud. `args` are
/// further options of busybox's getty, such as `["-l", "/usr/bin/login"]`.
///
/// Users have no passwords here, so that getty's own `login` lets nobody in: see
/// [`console_shell`], or bring a login program of your own.
///
/// ```
/// let tty = distill_services::getty("tty1", 38_400, ["-l", "/usr/bin/my-login"]);
/// assert_eq!(tty.name, "getty.tty1");
/// ```
#[track_caller]
pub fn getty(tty: &str, speed: u32, args: impl Into<Words>) -> Service {
    // Serial lines: no modem, and a terminal that everything understands.
    let kind = if tty.starts_with("tty") && !tty.starts_with("ttyS") {
        "linux"
    } else {
        "vt100"
    };
    let args = args.into();
    Service::longrun(
        format!("getty.{tty}"),
        execline! {
            getty -L #{args} #{speed} #{tty} #{kind}
        },
    )
    // It says nothing when it is ready, and nothing that starts by itself waits for a prompt.
    .down_signal(Signal::Hup)
}

/// A shell of root's on the terminal `tty`, without a password: for machines whose console belongs
/// to the one who owns the machine, such as a virtual machine's.
///
/// ```
/// let shell = distill_services::console_shell("ttyS0", 115_200);
/// assert_eq!(shell.name, "getty.ttyS0");
/// ```
#[track_caller]
pub fn console_shell(tty: &str, speed: u32) -> Service {
    const SHELL: &str = "/usr/libexec/distill/root-shell";
    let shell = execline! {
        export HOME "/root"
        export USER root
        export PATH #{PATH}
        cd "/root"
        sh -l
    };
    // Two consoles have one shell: a path of its own for each.
    let path = format!("{SHELL}.{tty}");
    getty(tty, speed, ["-n", "-l", path.as_str()]).file(File::script(path, shell))
}
