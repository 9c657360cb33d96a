//! Commands at given times.

mod field;
mod line;

use std::collections::BTreeMap;
use std::panic::Location;

use distill::execline;
use distill::system::{Directory, File, Owner, Service};

pub use field::{CronError, Field};
pub use line::{CronLine, Schedule};

const TABLES: &str = "/etc/crontabs";
const RUN: &str = "/run/cron";

/// Who runs what, and when. Lines are read when the system is put together: a mistake in one is
/// found before anything is built.
///
/// ```
/// use distill_services::cron::{CronLine, CronTable, Schedule};
///
/// let backup = CronLine::new(Schedule::daily_at(3, 30), "backup /var/lib/db");
/// let table = CronTable::new()
///     .line("backup", backup)
///     .parse("root", "*/15 8-17 * * mon-fri  check-certificates --quiet")
///     .parse("root", "@reboot  echo up");
/// assert_eq!(table.text("backup"), "30 3 * * * backup /var/lib/db\n");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CronTable {
    lines: BTreeMap<String, Vec<CronLine>>,
    problems: Vec<String>,
}

impl CronTable {
    /// Nobody runs anything.
    pub fn new() -> CronTable {
        CronTable::default()
    }

    /// The same; `user` runs this.
    pub fn line(mut self, user: impl Into<String>, line: CronLine) -> CronTable {
        self.lines.entry(user.into()).or_default().push(line);
        self
    }

    /// The same; `user` runs what the line of a `crontab(5)` says. If it is none, that is a finding.
    pub fn parse(mut self, user: impl Into<String>, line: &str) -> CronTable {
        let user = user.into();
        match line.parse() {
            Ok(line) => self.line(user, line),
            Err(error) => {
                self.problems
                    .push(format!("the line `{line}` of `{user}`: {error}"));
                self
            }
        }
    }

    /// Who runs anything.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// The file of a user, as crond reads it.
    pub fn text(&self, user: &str) -> String {
        let lines = self.lines.get(user).map(Vec::as_slice).unwrap_or_default();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn has_reboot(&self) -> bool {
        let mut lines = self.lines.values().flatten();
        lines.any(|line| line.schedule == Schedule::Reboot)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        for user in self.users() {
            // The name is that of a file.
            if user.is_empty() || user.starts_with('.') || user.contains(['/', '\0', '\n']) {
                problems.push(format!("`{user}` is not the name of a user"));
            }
        }
        for (user, lines) in &self.lines {
            for line in lines {
                let why = line.problems().into_iter();
                problems.extend(why.map(|why| format!("the line `{line}` of `{user}`: {why}")));
            }
        }
        problems
    }
}

/// Runs commands at given times (busybox's crond), each as its user, with the shell, and with the
/// clock in UTC. What they print is logged. The users have to be users of the system; each has a
/// directory of its own, `/run/cron/USER`, for locks and the like.
///
/// A job whose time has come while its last run still goes on is left out. Wrong times after boot do
/// no harm: crond notices when the clock jumps, and goes on from there.
///
/// ```
/// use distill::system::System;
/// use distill_services::cron::{CronTable, cron};
///
/// let table = CronTable::new().parse("root", "0 4 * * sun  fstrim /var");
/// let system = System::new().service(cron(table));
/// # let _ = system;
/// ```
#[track_caller]
pub fn cron(table: CronTable) -> Service {
    let service = Service::longrun(
        "cron",
        execline! {
            fdmove -c 2 1
            crond -f -d 8 -c #{TABLES}
        },
    )
    // It never says that it is, and cannot be asked.
    .ready_when_started()
    .file(File::dir(TABLES));
    // It notes in /var/run that it has run once since boot.
    let service = match table.has_reboot() {
        true => service.after("var-mount").writes("/var/run/crond.reboot"),
        false => service.after_if_present("var-mount"),
    };
    let service = table.users().fold(service, |service, user| {
        let own = Directory::new(format!("{RUN}/{user}")).mode(0o700);
        let file = File::new(format!("{TABLES}/{user}"), table.text(user)).mode(0o600);
        let owner = Owner::new(user, "root");
        service.file(file).directory(own.owner(owner))
    });
    // Directories and files are those of users that somebody else has named.
    service.problems(table.problems()).at(Location::caller())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_file() {
        let table = CronTable::new()
            .parse("b", "@daily two")
            .line("a", CronLine::new(Schedule::Reboot, "one"))
            .parse("b", "0 0 1 jan *  three  words");
        let service = cron(table);
        assert_eq!(service.problems, [""; 0]);
        let files: Vec<&str> = service.files.iter().map(|file| &*file.path).collect();
        assert_eq!(
            files,
            ["/etc/crontabs", "/etc/crontabs/a", "/etc/crontabs/b"]
        );
        let owners: Vec<String> = service
            .directories
            .iter()
            .map(|directory| format!("{} {}", directory.path, directory.owner))
            .collect();
        assert_eq!(owners, ["/run/cron/a a:root", "/run/cron/b b:root"]);
    }

    #[test]
    fn a_user_that_nobody_defines_is_told_with_the_line_of_the_service() {
        let table = CronTable::new().parse("nobdy", "@daily true");
        let (service, line) = (cron(table), line!());
        let directory = &service.directories[0];
        assert_eq!(directory.owner.user, "nobdy");
        let location = directory.location;
        assert_eq!((location.file(), location.line()), (file!(), line));
    }

    #[test]
    fn mistakes_are_findings() {
        let table = CronTable::new()
            .parse("root", "60 * * * * true")
            .parse("root", "* * * *")
            .parse("root", "@weekdays true")
            .line("../x", CronLine::new(Schedule::Hourly, "true"))
            .line("root", CronLine::new(Schedule::daily_at(24, 0), "true"))
            .line("root", CronLine::new(Schedule::Daily, "one\ntwo"));
        insta::assert_snapshot!(table.problems().join("\n"));
    }
}
