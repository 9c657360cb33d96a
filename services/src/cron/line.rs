//! Lines of a `crontab(5)`, as busybox's crond understands them.

use std::fmt;
use std::str::FromStr;

use super::field::{COLUMNS, CronError, Field};

/// When a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// In every minute that all fields allow; if both the day of the month and that of the week are
    /// given, one of the two is enough.
    At {
        /// 0 to 59.
        minute: Field,
        /// 0 to 23.
        hour: Field,
        /// The day of the month, 1 to 31.
        day: Field,
        /// 1 to 12.
        month: Field,
        /// The day of the week, from 0, Sunday, to 6; 7 is Sunday, too.
        weekday: Field,
    },
    /// `@reboot`: once after boot.
    Reboot,
    /// `@hourly`: in the first minute of the hour.
    Hourly,
    /// `@daily`: at midnight.
    Daily,
    /// `@weekly`: in the first minute of Sunday.
    Weekly,
    /// `@monthly`: in the first minute of the month.
    Monthly,
    /// `@yearly`: in the first minute of the year.
    Yearly,
}

/// The names of times; where there are two for one, the first is printed.
const NAMED: [(&str, Schedule); 8] = [
    ("@reboot", Schedule::Reboot),
    ("@hourly", Schedule::Hourly),
    ("@daily", Schedule::Daily),
    ("@midnight", Schedule::Daily),
    ("@weekly", Schedule::Weekly),
    ("@monthly", Schedule::Monthly),
    ("@yearly", Schedule::Yearly),
    ("@annually", Schedule::Yearly),
];

impl Schedule {
    /// Every day at this hour (0 to 23) and minute (0 to 59).
    pub fn daily_at(hour: u8, minute: u8) -> Schedule {
        Schedule::every_day(minute.into(), hour.into())
    }

    /// Every so many minutes, 1 to 59, counted from the full hour.
    pub fn every_minutes(minutes: u8) -> Schedule {
        Schedule::every_day(Field::Every(minutes), Field::Any)
    }

    fn every_day(minute: Field, hour: Field) -> Schedule {
        Schedule::At {
            minute,
            hour,
            day: Field::Any,
            month: Field::Any,
            weekday: Field::Any,
        }
    }

    fn named(name: &str) -> Result<Schedule, CronError> {
        let mut all = NAMED.into_iter();
        match all.find(|(other, _)| *other == name) {
            Some((_, schedule)) => Ok(schedule),
            None => Err(CronError::UnknownTime(name.to_owned())),
        }
    }

    /// Its name, if it has one.
    fn name(&self) -> Option<&'static str> {
        let mut all = NAMED.into_iter();
        all.find(|(_, other)| other == self).map(|(name, _)| name)
    }

    /// Its fields in the order of a line's columns, if it has no name.
    fn fields(&self) -> Option<[&Field; 5]> {
        match self {
            Schedule::At {
                minute,
                hour,
                day,
                month,
                weekday,
            } => Some([minute, hour, day, month, weekday]),
            _ => None,
        }
    }

    fn problems(&self) -> Vec<CronError> {
        let fields = COLUMNS.iter().zip(self.fields().into_iter().flatten());
        fields
            .filter_map(|(column, field)| column.check(field).err())
            .collect()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fields() {
            Some([minute, hour, day, month, weekday]) => {
                let weekday = COLUMNS[4].canonical(weekday.clone());
                write!(f, "{minute} {hour} {day} {month} {weekday}")
            }
            None => f.write_str(self.name().unwrap_or_default()),
        }
    }
}

/// A line of a `crontab(5)`: when, and what.
///
/// ```
/// use distill_services::cron::{CronError, CronLine};
///
/// let line: CronLine = "0 9-17/2 * * MON,Fri  report --short".parse()?;
/// assert_eq!(line.to_string(), "0 9-17/2 * * 1,5 report --short");
/// let wrong = "0 25 * * * true".parse::<CronLine>();
/// assert_eq!(wrong.unwrap_err().to_string(), "hour: 25 is not between 0 and 23");
/// # Ok::<(), CronError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronLine {
    /// When it runs.
    pub schedule: Schedule,
    /// What the shell runs. Of what a shell does not see, there is nothing: `%` is itself.
    pub command: String,
}

impl CronLine {
    /// `command`, at these times.
    pub fn new(schedule: Schedule, command: impl Into<String>) -> CronLine {
        let command = command.into();
        CronLine { schedule, command }
    }

    /// What crond would not accept.
    pub(super) fn problems(&self) -> Vec<CronError> {
        let mut problems = self.schedule.problems();
        if self.command.contains(['\n', '\r', '\0']) {
            problems.push(CronError::LineBreak);
        }
        if self.command.trim().is_empty() {
            problems.push(CronError::Missing("command"));
        }
        problems
    }
}

impl fmt::Display for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.schedule, self.command)
    }
}

/// The first word, and the rest.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

impl FromStr for CronLine {
    type Err = CronError;

    fn from_str(line: &str) -> Result<CronLine, CronError> {
        let (schedule, rest) = match word(line) {
            Some((name, rest)) if name.starts_with('@') => (Schedule::named(name)?, rest),
            _ => times(line)?,
        };
        let line = CronLine::new(schedule, rest.trim());
        match line.problems().into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(line),
        }
    }
}

/// Five fields, and the rest.
fn times(line: &str) -> Result<(Schedule, &str), CronError> {
    let mut rest = line;
    let mut fields = Vec::new();
    for column in &COLUMNS {
        let (text, more) = word(rest).ok_or(CronError::Missing(column.name))?;
        fields.push(column.parse(text)?);
        rest = more;
    }
    let mut fields = fields.into_iter();
    let mut next = || fields.next().unwrap_or_default();
    let (minute, hour, day) = (next(), next(), next());
    let (month, weekday) = (next(), next());
    let schedule = Schedule::At {
        minute,
        hour,
        day,
        month,
        weekday,
    };
    Ok((schedule, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> String {
        line.parse::<CronLine>().unwrap().to_string()
    }

    fn error(line: &str) -> String {
        line.parse::<CronLine>().unwrap_err().to_string()
    }

    #[test]
    fn lines_mean_the_same_to_crond() {
        assert_eq!(parsed("* * * * * true"), "* * * * * true");
        assert_eq!(
            parsed("\t*/5 0-23/2\t1,15 jan-MAR sun  a | b  > c"),
            "*/5 0-23/2 1,15 1-3 0 a | b  > c"
        );
        assert_eq!(parsed("0 0 * * fri-7 x"), "0 0 * * 5-6,0 x");
        assert_eq!(parsed("0 0 * * 1-7/2 x"), "0 0 * * 1-6/2,0 x");
        assert_eq!(parsed("0 0 * * 7 x"), "0 0 * * 0 x");
        assert_eq!(parsed("0 0 * * */2,3 x"), "0 0 * * 0-6/2,3 x");
        assert_eq!(parsed("@midnight x"), "@daily x");
    }

    #[test]
    fn mistakes_name_the_field() {
        let errors = [
            "60 * * * * x",
            "* 24 * * * x",
            "* * 0 * * x",
            "* * * foo * x",
            "* * * * 8 x",
            "*/0 * * * * x",
            "5/10 * * * * x",
            "30-10 * * * * x",
            "1,,2 * * * * x",
            "99999999999999999999999 * * * * x",
            "* * * *",
            "* * * * *",
            "@noon x",
            "@daily",
        ];
        let said: Vec<String> = errors
            .iter()
            .map(|line| format!("{line}: {}", error(line)))
            .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn values_that_were_not_parsed_are_checked() {
        let odd = CronLine::new(Schedule::every_minutes(60), "x");
        assert_eq!(odd.problems().len(), 1);
        let none = Field::Ranges(Vec::new());
        let never = Schedule::At {
            minute: none.clone(),
            hour: Field::Ranges(vec![(9, 8, 1)]),
            day: Field::Any,
            month: 13.into(),
            weekday: none,
        };
        assert_eq!(CronLine::new(never, " ").problems().len(), 5);
    }
}
