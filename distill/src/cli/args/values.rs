//! Values of options: numbers with units, ports.

use std::time::Duration;

use crate::machine::Forward;

/// `4`: how many at a time.
pub(super) fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("want a number, at least 1".to_owned()),
        Ok(jobs) => Ok(jobs),
    }
}

/// `2222:22`.
pub(super) fn forward(text: &str) -> Result<Forward, String> {
    let ports = text.split_once(':').and_then(|(host, guest)| {
        let (host, guest) = (host.parse().ok()?, guest.parse().ok()?);
        (host != 0 && guest != 0).then_some(Forward { host, guest })
    });
    ports.ok_or_else(|| "want two ports such as `8080:80`".to_owned())
}

/// `1048576`, `512M`, `8G`: bytes, with powers of 1024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let factor: Option<u64> = match &text[number.len()..] {
        "" => Some(1),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1 << 30),
        "T" => Some(1 << 40),
        _ => None,
    };
    let bytes = number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(n, f)| n.checked_mul(f));
    match bytes {
        // Sectors have 512 bytes.
        Some(bytes) if bytes > 0 && bytes % 512 == 0 => Ok(bytes),
        _ => Err("want a size such as `512M` or `8G`".to_owned()),
    }
}

/// `512`, `512M`, `2G`: MiB of memory, at least what a kernel starts in.
pub(super) fn memory(text: &str) -> Result<u32, String> {
    let bytes = match text.parse::<u32>() {
        Ok(mebibytes) => Some(u64::from(mebibytes) << 20),
        Err(_) => size(text).ok(),
    };
    let mebibytes = bytes.and_then(|bytes| u32::try_from(bytes >> 20).ok());
    mebibytes
        .filter(|mebibytes| *mebibytes >= 64)
        .ok_or_else(|| "want MiB such as `512`, or a size such as `2G`; at least 64 MiB".to_owned())
}

/// `90`, `90s`, `30m`, `2h`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(['s', 'm', 'h']);
    let factor = match &text[number.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    match seconds {
        None | Some(0) => Err("want a time such as `90s`, `30m` or `2h`".to_owned()),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ports() {
        assert_eq!(
            ["512", "1K", "2M", "8G"].map(size),
            [512, 1 << 10, 2 << 20, 8 << 30].map(Ok)
        );
        for bad in ["", "0", "G", "1KK", "511", "-1G", "99999999999T"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!(
            forward("8080:80"),
            Ok(Forward {
                host: 8080,
                guest: 80
            })
        );
        for bad in ["", "80", "0:80", "80:0", "80:65536", "a:b", "1:2:3"] {
            assert!(forward(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn memories() {
        assert_eq!(
            ["64", "512", "512M", "2G"].map(memory),
            [64, 512, 512, 2048].map(Ok)
        );
        for bad in ["", "0", "63", "1K", "512MB", "much", "-1", "99999999999T"] {
            assert!(memory(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        let seconds = |text| time(text).map(|time| time.as_secs());
        assert_eq!(
            ["90", "90s", "30m", "2h"].map(seconds),
            [90, 90, 1800, 7200].map(Ok)
        );
        for bad in ["", "0", "s", "2d", "1hh", "-1", "99999999999999999h"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
