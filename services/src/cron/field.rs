//! The five columns of a `crontab(5)`.

use std::fmt;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One of the five columns: its name, what it may hold, and names for numbers.
pub(super) struct Column {
    pub(super) name: &'static str,
    least: u8,
    most: u8,
    names: &'static [&'static str],
}

pub(super) const COLUMNS: [Column; 5] = [
    column("minute", 0, 59, &[]),
    column("hour", 0, 23, &[]),
    column("day of the month", 1, 31, &[]),
    column("month", 1, 12, &MONTHS),
    // Sunday is 0 and 7.
    column("day of the week", 0, 7, &DAYS),
];

const fn column(name: &'static str, least: u8, most: u8, names: &'static [&'static str]) -> Column {
    Column {
        name,
        least,
        most,
        names,
    }
}

/// What a line has that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Too few words.
    #[error(
        "it has no {0}\nhint: a line is `minute hour day month weekday command` or `@daily command`"
    )]
    Missing(&'static str),
    /// A word after `@` that means nothing.
    #[error(
        "`{0}` is no time\nhint: there are @reboot, @hourly, @daily, @weekly, @monthly and @yearly"
    )]
    UnknownTime(String),
    /// A value of a field that is no number, and no name of one.
    #[error("{field}: `{value}` is not a number")]
    NotANumber {
        /// The field's name.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// A number that the field cannot have.
    #[error("{field}: {value} is not between {least} and {most}")]
    OutOfRange {
        /// The field's name.
        field: &'static str,
        /// What stands there.
        value: u64,
        /// The least that may.
        least: u8,
        /// The most that may.
        most: u8,
    },
    /// A range that ends before it begins.
    #[error("{field}: {from}-{to} ends before it begins")]
    Backwards {
        /// The field's name.
        field: &'static str,
        /// Where it begins.
        from: u8,
        /// Where it ends.
        to: u8,
    },
    /// Steps without a range.
    #[error(
        "{field}: `{value}` has steps and no range\nhint: write `*/{step}`, or `{value}` as `FROM-TO/{step}`"
    )]
    StepsOfOne {
        /// The field's name.
        field: &'static str,
        /// What stands there.
        value: String,
        /// The steps.
        step: u8,
    },
    /// A command that is not one line.
    #[error("a command is one line, and a line break in it would begin another")]
    LineBreak,
}

/// The values of one field: all of them, or some ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field {
    /// `*`
    #[default]
    Any,
    /// `*/5`: every so many, from the least on.
    Every(u8),
    /// `1,10-20/2`: ranges from one value to another, in steps.
    Ranges(Vec<(u8, u8, u8)>),
}

impl From<u8> for Field {
    fn from(value: u8) -> Field {
        Field::Ranges(vec![(value, value, 1)])
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = match self {
            Field::Any => return f.write_str("*"),
            Field::Every(step) => return write!(f, "*/{step}"),
            Field::Ranges(ranges) => ranges,
        };
        let text = |&(from, to, step): &(u8, u8, u8)| match (from == to, step) {
            (true, _) => from.to_string(),
            (false, 1) => format!("{from}-{to}"),
            (false, step) => format!("{from}-{to}/{step}"),
        };
        f.write_str(&ranges.iter().map(text).collect::<Vec<_>>().join(","))
    }
}

impl Column {
    pub(super) fn parse(&self, text: &str) -> Result<Field, CronError> {
        if text == "*" {
            return Ok(Field::Any);
        }
        if let Some(step) = text.strip_prefix("*/")
            && !step.contains(',')
        {
            return Ok(Field::Every(self.step(step)?));
        }
        let ranges = text.split(',').map(|part| self.range(part));
        let field = Field::Ranges(ranges.collect::<Result<_, _>>()?);
        self.check(&field).map(|()| self.canonical(field))
    }

    fn range(&self, text: &str) -> Result<(u8, u8, u8), CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, self.step(step)?),
            None => (text, 1),
        };
        match range.split_once('-') {
            Some((from, to)) => Ok((self.value(from)?, self.value(to)?, step)),
            None if range == "*" => Ok((self.least, self.most.min(self.last()), step)),
            None if step == 1 => self.value(range).map(|value| (value, value, 1)),
            None => Err(CronError::StepsOfOne {
                field: self.name,
                value: text.to_owned(),
                step,
            }),
        }
    }

    /// The last value that is not another name of the first.
    fn last(&self) -> u8 {
        if self.names.len() == DAYS.len() {
            6
        } else {
            self.most
        }
    }

    fn number(&self, text: &str, least: u8) -> Result<u8, CronError> {
        let number: u64 = text.parse().map_err(|_| CronError::NotANumber {
            field: self.name,
            value: text.to_owned(),
        })?;
        let known = u8::try_from(number).ok();
        known
            .filter(|number| (least..=self.most).contains(number))
            .ok_or_else(|| self.out_of_range(number, least))
    }

    fn out_of_range(&self, value: u64, least: u8) -> CronError {
        CronError::OutOfRange {
            field: self.name,
            value,
            least,
            most: self.most,
        }
    }

    fn value(&self, text: &str) -> Result<u8, CronError> {
        let named = (self.least..).zip(self.names);
        let mut named = named.filter(|(_, name)| text.eq_ignore_ascii_case(name));
        match named.next() {
            Some((value, _)) => Ok(value),
            None => self.number(text, self.least),
        }
    }

    fn step(&self, text: &str) -> Result<u8, CronError> {
        self.number(text, 1)
    }

    /// Whether a field that was not parsed is one.
    pub(super) fn check(&self, field: &Field) -> Result<(), CronError> {
        let within = |value: u8, least: u8| {
            let fits = (least..=self.most).contains(&value);
            fits.then_some(())
                .ok_or_else(|| self.out_of_range(value.into(), least))
        };
        let ranges = match field {
            Field::Any => return Ok(()),
            Field::Every(step) => return within(*step, 1),
            Field::Ranges(ranges) if ranges.is_empty() => {
                return Err(CronError::Missing(self.name));
            }
            Field::Ranges(ranges) => ranges,
        };
        ranges.iter().try_for_each(|&(from, to, step)| {
            within(from, self.least)?;
            within(to, self.least)?;
            within(step, 1)?;
            let field = self.name;
            (from <= to)
                .then_some(())
                .ok_or(CronError::Backwards { field, from, to })
        })
    }

    /// The same without a Sunday at the end of the week, which crond knows at its beginning alone.
    pub(super) fn canonical(&self, field: Field) -> Field {
        let (Field::Ranges(ranges), true) = (&field, self.last() < self.most) else {
            return field;
        };
        let mut canonical = Vec::new();
        for &(from, to, step) in ranges {
            let last = self.last();
            if from <= last {
                canonical.push((from, to.min(last), step));
            }
            if to > last && (to - from) % step == 0 {
                canonical.push((0, 0, 1));
            }
        }
        Field::Ranges(canonical)
    }
}
