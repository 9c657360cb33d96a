//! Waiting, but not for ever.

use std::time::{Duration, Instant};

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks until there is something, or an error, or the time is over: then there is nothing.
pub(crate) fn until<T, E>(
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let start = Instant::now();
    loop {
        if let found @ Some(_) = look()? {
            return Ok(found);
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        std::thread::sleep(INTERVAL);
    }
}
