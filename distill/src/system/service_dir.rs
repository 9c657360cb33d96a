//! Service directories: what s6 and s6-rc have in common.

use std::time::Duration;

use super::file::File;
use super::graph::Graph;
use super::kind::{Longrun, Readiness};
use super::service::{Directory, Service};
use super::{first_boot, listen};
use crate::execline;
use crate::package::Script;

/// A directory that defines a service, in the making.
pub(super) struct ServiceDir<'a> {
    base: &'static str,
    pub(super) service: &'a Service,
    pub(super) files: Vec<File>,
}

impl<'a> ServiceDir<'a> {
    /// An empty one below `base`.
    pub(super) fn new(base: &'static str, service: &'a Service) -> ServiceDir<'a> {
        ServiceDir {
            base,
            service,
            files: Vec::new(),
        }
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.base, self.service.name)
    }

    pub(super) fn push(&mut self, file: File) {
        self.files.push(File {
            location: self.service.location,
            ..file
        });
    }

    pub(super) fn script(&mut self, name: &str, script: impl Into<Script>) {
        self.push(File::script(self.path(name), script));
    }

    pub(super) fn value(&mut self, name: &str, value: impl ToString) {
        self.push(File::new(
            self.path(name),
            format!("{}\n", value.to_string()),
        ));
    }

    pub(super) fn milliseconds(&mut self, name: &str, time: Option<Duration>) {
        if let Some(time) = time {
            self.value(name, time.as_millis());
        }
    }

    /// What s6 knows of a daemon; `before` is what its run script does first.
    pub(super) fn longrun(&mut self, before: Script, longrun: &Longrun) {
        let run = Script::from_iter([
            before,
            readiness_check(&longrun.readiness),
            become_user(self.service),
            started(&longrun.readiness),
            longrun.run.clone(),
        ]);
        self.script("run", run);
        if let Some(finish) = &longrun.finish {
            self.script("finish", finish);
        }
        if let Readiness::Check(check, _) = &longrun.readiness {
            self.script("data/check", check);
        }
        if let Some(fd) = notification_fd(longrun) {
            self.value("notification-fd", fd);
        }
        if let Some(signal) = longrun.down_signal {
            self.value("down-signal", signal.name());
        }
        if let Some(tally) = longrun.max_death_tally {
            self.value("max-death-tally", tally);
        }
    }
}

/// Where a daemon, or what stands in for it, says that it is ready.
pub(super) fn notification_fd(longrun: &Longrun) -> Option<u32> {
    match &longrun.readiness {
        Readiness::Unknown => None,
        Readiness::NotificationFd(fd) => Some(*fd),
        Readiness::Started | Readiness::Check(..) => Some(3),
    }
}

/// Makes what a service finds when it starts: its directories, and files that are not there yet.
pub(super) fn ground(graph: &Graph<'_>, service: &Service) -> Script {
    directories(&service.directories).then(first_boot::copy(graph, service))
}

/// Becomes the user that a service runs as. For a port below 1024 it takes one of root's rights with it, which
/// stays when another program is run ("ambient": `capabilities(7)`).
pub(super) fn become_user(service: &Service) -> Script {
    const RIGHT: &str = "cap_net_bind_service";
    let Some(user) = service.user_name() else {
        return Script::new();
    };
    if listen::low_port(service).is_none() {
        return execline! { s6-setuidgid #{user} };
    }
    execline! {
        capsh --noenv --keep=1 --user=#{user} --inh=#{RIGHT} --addamb=#{RIGHT} --shell=/usr/bin/env --
    }
}

fn directories(directories: &[Directory]) -> Script {
    let make = |Directory {
                    path, mode, owner, ..
                }: &Directory| {
        execline! { if { install -d -m #{mode.to_string()} -o #{&owner.user} -g #{&owner.group} #{path} } }
    };
    directories.iter().map(make).collect()
}

fn readiness_check(readiness: &Readiness) -> Script {
    match readiness {
        Readiness::Check(_, interval) => {
            execline! { s6-notifyoncheck -d -n 0 -w #{interval.as_millis()} }
        }
        Readiness::Unknown | Readiness::Started | Readiness::NotificationFd(_) => Script::new(),
    }
}

fn started(readiness: &Readiness) -> Script {
    match readiness {
        Readiness::Started => execline! {
            foreground { fdmove 1 3 echo }
            fdclose 3
        },
        Readiness::Unknown | Readiness::NotificationFd(_) | Readiness::Check(..) => Script::new(),
    }
}
