//! When to try again: exponential back-off with jitter, and what servers ask for.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::error::FetchError;
use super::settings::Retry;

/// How long a thread may sleep before it looks whether it should stop.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// The wait after attempt number `attempt` (from 1) failed: between half of the back-off and all of
/// it, so that many clients of a server that came back do not come back together.
pub(super) fn back_off(retry: &Retry, attempt: u32) -> Duration {
    let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
    let full = retry.first_wait.saturating_mul(doubled);
    let full = full.min(retry.longest_wait);
    full.mul_f64(0.5 + 0.5 * random())
}

/// A number from 0 to 1. The standard library's hash keys are random enough for a wait.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0u8) >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

/// The wait that a `Retry-After` header asks for, if it gives it in seconds (RFC 9110, 10.2.3). One
/// that gives a date is as good as none: the clocks may differ.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Fails if the run was cancelled.
pub(super) fn check(cancel: &AtomicBool) -> Result<(), FetchError> {
    if cancel.load(Ordering::Relaxed) {
        Err(FetchError::Cancelled)
    } else {
        Ok(())
    }
}

/// Sleeps until `until`, or fails as soon as the run is cancelled.
pub(super) fn sleep(until: Instant, cancel: &AtomicBool) -> Result<(), FetchError> {
    loop {
        check(cancel)?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(TICK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry {
            attempts: 9,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(5),
        };
        for (attempt, full) in [(1, 1), (2, 2), (3, 4), (4, 5), (40, 5)] {
            let full = Duration::from_secs(full);
            let wait = back_off(&retry, attempt);
            assert!(full / 2 <= wait && wait <= full, "{attempt}: {wait:?}");
        }
    }

    #[test]
    fn waits_differ() {
        let retry = Retry::default();
        let waits: Vec<_> = (0..20).map(|_| back_off(&retry, 3)).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }

    #[test]
    fn what_servers_ask_for() {
        assert_eq!(retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }
}
