//! Times and sizes, for people.

use std::time::Duration;

/// `0.2 s`, `31 s`, `4 min 05 s`, `1 h 02 min`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `0:07`, `12:31`, `1:02:03`: as a clock that runs.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match minutes {
        0..60 => format!("{minutes}:{rest:02}"),
        _ => format!("{}:{:02}:{rest:02}", minutes / 60, minutes % 60),
    }
}

/// `512 B`, `3.4 MiB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    #[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
    let (mut size, mut unit) = (count as f64, 0);
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// `1 job`, `2 jobs`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        let times = [0, 9_940, 59_999, 245_000, 3_725_000].map(Duration::from_millis);
        assert_eq!(
            times.map(duration),
            ["0.0 s", "9.9 s", "59 s", "4 min 05 s", "1 h 02 min"]
        );
        assert_eq!(
            times.map(clock),
            ["0:00", "0:09", "0:59", "4:05", "1:02:05"]
        );
        let sizes = [0, 1023, 1024, 1_048_575, 5 << 40];
        assert_eq!(
            sizes.map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "5.0 TiB"]
        );
    }
}
