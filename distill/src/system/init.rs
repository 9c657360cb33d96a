//! The first process: what the kernel starts, how it becomes `s6-svscan`, and how it ends.

use super::file::File;
use super::graph::Graph;
use super::mount::Mount;
use super::places::{NAMELESS, OVERFLOW, PATH, PIPES, SCANDIR, TEMPLATE};
use super::{clock, s6, s6_rc};
use crate::execline;
use crate::package::script::Positional;
use crate::package::{Package, Script, Words};

/// Where what a platform does before everything else lies.
const PREBOOT: &str = "/usr/sbin/preboot";
const SHUTDOWN: &str = "/usr/libexec/distill/shutdown";
/// The logger for everything that no other logger reads.
const CATCH_ALL: &str = "s6-svscan-log";

/// What starts the services, and stops them.
///
/// ```
/// use distill::system::{Init, System};
/// # fn s6_rc(_: &distill::package::Config) -> Vec<distill::plan::Plan> { vec![] }
///
/// let system = System::new().init(Init::s6_rc(s6_rc));
/// # let _ = system;
/// ```
#[derive(Debug, Clone, Default)]
pub enum Init {
    /// s6 alone: each service waits itself for what it comes after.
    #[default]
    S6,
    /// s6-rc, of this package, which compiles the graph when the image is built and keeps it while the
    /// machine runs.
    S6Rc(Package),
}

impl Init {
    /// s6-rc, of this package: `distill_packages::s6_rc`.
    pub fn s6_rc(package: impl Into<Package>) -> Init {
        Init::S6Rc(package.into())
    }
}

/// What `/init` has to know beside the services.
#[derive(Debug, Clone, Default)]
pub(super) struct Boot {
    pub(super) init: Init,
    pub(super) mounts: Vec<Mount>,
    pub(super) hostname: Option<String>,
    pub(super) not_before: Option<String>,
    pub(super) preboot: Option<Script>,
    pub(super) container: bool,
}

/// Everything between the kernel and the services.
pub(super) fn files(boot: &Boot, graph: &Graph<'_>) -> Vec<File> {
    let mut files = vec![
        File::script("/init", init(boot, graph)),
        File::symlink("/usr/sbin/init", "../../init"),
        File::script(control("finish"), finish(boot)),
        File::script(control("crash"), crash(boot)),
        File::script(format!("{TEMPLATE}/{CATCH_ALL}/run"), catch_all()),
        File::script_with(SHUTDOWN, Positional::Substituted(1), shutdown(boot, graph)),
    ];
    files.extend(
        boot.preboot
            .as_ref()
            .map(|preboot| File::script(PREBOOT, preboot)),
    );
    // A container's clock is another one's.
    files.extend((!boot.container).then(clock::program));
    files.extend(signals(boot));
    files
}

fn control(name: &str) -> String {
    format!("{TEMPLATE}/.s6-svscan/{name}")
}

/// The kernel starts this with neither `PATH` nor anything mounted.
fn init(boot: &Boot, graph: &Graph<'_>) -> Script {
    let hostname = host_name(boot).map(|name| execline! { foreground { hostname #{name} } });
    let clock = (!boot.container).then(|| clock::set(boot.not_before.as_deref()));
    // A container that its engine does not let live ends at once; a machine goes on as far as it can.
    let preboot = boot.preboot.as_ref().map(|_| match boot.container {
        true => execline! { if { #{PREBOOT} } },
        false => execline! { foreground { #{PREBOOT} } },
    });
    let catch_all = format!("{SCANDIR}/{CATCH_ALL}/fifo");
    let (pipes, start) = match &boot.init {
        Init::S6 => (s6::pipes(graph), Script::new()),
        Init::S6Rc(_) => (Vec::new(), s6_rc::start()),
    };
    execline! {
        "/usr/bin/env" -i #{format!("PATH={PATH}")} execline-umask 022
        execline-cd "/"
        #{mounts(&boot.mounts)}
        #{descriptors(boot)}
        #{clock}
        #{hostname}
        #{preboot}
        foreground { cp -R #{TEMPLATE} #{SCANDIR} }
        foreground { mkdir "/run/oneshot" "/run/oneshot/.failed" "/run/log" #{PIPES} }
        foreground { mkfifo -m 0600 #{&catch_all} #{pipes} }
        // What the catch-all logger itself has to say goes to the console.
        #{console(boot)}
        redirfd -r 0 /dev/null
        redirfd -w -n -b 1 #{&catch_all}
        fdmove -c 2 1
        #{start}
        s6-svscan -X3 -t0 #{SCANDIR}
    }
}

/// What the machine is called from the beginning. A container without a name of its own has the one that its runtime
/// gave it.
fn host_name(boot: &Boot) -> Option<&str> {
    let without = (!boot.container).then_some(NAMELESS);
    boot.hostname.as_deref().or(without)
}

/// `/dev/fd`, unless who made the container has made it.
fn descriptors(boot: &Boot) -> Script {
    match boot.container {
        true => Script::new(),
        false => execline! { foreground { ln -s "/proc/self/fd" "/dev/fd" } },
    }
}

/// The console as file descriptor 3: a container's is what it was started with, and may have no name.
fn console(boot: &Boot) -> Script {
    match boot.container {
        true => execline! { fdmove -c 3 1 },
        false => execline! { redirfd -w 3 /dev/console },
    }
}

fn mounts(mounts: &[Mount]) -> Script {
    let mount = |mount: &Mount| {
        // The kernel may have mounted /dev, and knows of no directories in it.
        let quiet = (mount.kind == "devtmpfs").then(|| execline! { redirfd -w 2 /dev/null });
        let make = (mount.at.starts_with("/dev/"))
            .then(|| execline! { foreground { mkdir -p #{&mount.at} } });
        execline! {
            #{make}
            foreground { #{quiet} #{mount.command()} }
        }
    };
    mounts.iter().map(mount).collect()
}

fn catch_all() -> Script {
    let log = execline! { s6-log -b -p -- t n3 s100000 "/run/log/catch-all" };
    execline! {
        redirfd -r -n -b 0 fifo
        if { install -d -o catchlog -g log -m 2750 "/run/log/catch-all" }
        s6-setuidgid catchlog
        // Whoever has no logger, process 1 too, must not wait for this one.
        ifelse { test -x #{OVERFLOW} } {
            pipeline -d { #{OVERFLOW} }
            #{log.clone()}
        }
        #{log}
    }
}

/// What process 1 does when it is sent a signal: the meaning is that of busybox's `halt`,
/// `poweroff` and `reboot`, and of the kernel's Ctrl-Alt-Del and power failure. A container is ended
/// by all of them: it is for others to start it again.
fn signals(boot: &Boot) -> Vec<File> {
    let again = if boot.container { "poweroff" } else { "reboot" };
    let meaning = [
        ("SIGUSR1", "halt"),
        ("SIGUSR2", "poweroff"),
        ("SIGPWR", "poweroff"),
        ("SIGTERM", again),
        ("SIGINT", again),
        ("SIGQUIT", again),
    ];
    let file = |(signal, action): (&str, &str)| {
        File::script(control(signal), execline! { #{SHUTDOWN} #{action} })
    };
    meaning.map(file).into()
}

/// Stops the services, then has process 1 do the rest.
fn shutdown(boot: &Boot, graph: &Graph<'_>) -> Script {
    let console = (!boot.container).then(|| execline! { redirfd -w 1 /dev/console });
    let stop_all = match &boot.init {
        Init::S6 => s6::stop_all(graph),
        Init::S6Rc(_) => s6_rc::stop_all(),
    };
    execline! {
        // A second signal changes nothing.
        if { redirfd -w 2 /dev/null mkdir "/run/shutdown" }
        foreground { redirfd -w 1 "/run/shutdown/action" echo $1 }
        #{console}
        fdmove -c 2 1
        foreground { echo "stopping services:" $1 }
        #{stop_all}
        s6-svscanctl -b #{SCANDIR}
    }
}

/// What process 1 becomes when the services have been stopped. A container ends with it, and with it
/// everything else in there.
fn finish(boot: &Boot) -> Script {
    if boot.container {
        return execline! { exit 0 };
    }
    let last = |action: &str| Words::from(action).block(execline! { #{action} -f });
    execline! {
        cd "/"
        redirfd -r 0 /dev/null
        redirfd -w 1 /dev/console
        fdmove -c 2 1
        backtick -D reboot action { cat "/run/shutdown/action" }
        importas -i action action
        foreground { kill -TERM "-1" }
        foreground { sleep 1 }
        foreground { kill -KILL "-1" }
        foreground { sync }
        // A file system that is busy becomes read-only.
        foreground { redirfd -w 2 /dev/null umount -a -r }
        foreground { echo "system:" $action }
        case -- $action { #{last("halt")} #{last("poweroff")} }
        reboot -f
    }
}

/// What process 1 becomes when it cannot go on.
fn crash(boot: &Boot) -> Script {
    if boot.container {
        return execline! { exit 111 };
    }
    execline! {
        redirfd -r 0 /dev/null
        redirfd -w 1 /dev/console
        fdmove -c 2 1
        foreground { echo "process 1 cannot go on, restarting in 10 s" }
        foreground { sync }
        foreground { sleep 10 }
        reboot -f
    }
}
