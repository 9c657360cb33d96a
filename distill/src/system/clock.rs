//! The time that a machine takes for the present at least: it may have no clock that runs without power, and begin
//! in 1970, when no certificate was valid yet.

use super::file::File;
use crate::execline;
use crate::package::Script;

/// Sets the clock to a number of seconds since 1970, if it shows an earlier time.
pub const CLOCK: &str = "/usr/libexec/distill/clock";

/// Before this day nobody can have made an image with this code: the compiler that it needs at least (Rust 1.90)
/// was not there.
const FIRST_DAY: &str = "2025-09-18";

const SECONDS_A_DAY: i64 = 86_400;

/// The program.
pub(super) fn program() -> File {
    File::new(CLOCK, include_str!("clock/clock.sh")).mode(0o755)
}

/// Sets the clock at boot: to `day`, or the day before which nobody can have made the image.
pub(super) fn set(day: Option<&str>) -> Script {
    let days = [Some(FIRST_DAY), day].into_iter().flatten();
    let seconds = days.filter_map(seconds).max().unwrap_or_default();
    execline! { foreground { #{CLOCK} #{seconds} } }
}

/// When a day written as `2026-11-30` begins in UTC, in seconds since 1970; nothing if there is no such day from 1970
/// to 2099.
pub(super) fn seconds(day: &str) -> Option<i64> {
    let number = |text: &str, digits| {
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i64>().ok()).flatten()
    };
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let known = parts.next().is_none() && (1970..2100).contains(&year) && (1..=12).contains(&month);
    if !known || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let years: i64 = (1970..year)
        .map(|year| (1..=12).map(|month| days_of(year, month)).sum::<i64>())
        .sum();
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    Some((years + months + day - 1) * SECONDS_A_DAY)
}

/// How many days a month has. From 1970 to 2099, every fourth year is a leap year.
fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Arch, Config, Target};

    #[test]
    fn days_begin_when_the_calendar_says() {
        for (day, expected) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2025-09-18", 1_758_153_600),
            ("2026-11-30", 1_795_996_800),
            ("2099-12-31", 4_102_358_400),
        ] {
            assert_eq!(seconds(day), Some(expected), "{day}");
        }
        for none in [
            "",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "1969-12-31",
            "2100-01-01",
            "2026-11-30-1",
            "+026-11-30",
            "2026-11-30 ",
            "today",
        ] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }

    #[test]
    fn no_image_goes_back_behind_its_own_code() {
        let config = Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"));
        let text = |day| set(day).expand(&config).unwrap().to_string();
        assert!(text(None).contains(" 1758153600 "), "{}", text(None));
        assert_eq!(text(Some("2020-01-01")), text(None));
        assert!(text(Some("2026-02-03")).contains(" 1770076800 "));
    }
}
