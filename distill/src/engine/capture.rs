//! A build's output: into the log, the newest line to whoever shows it, the last lines for the
//! message if it fails.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::time::{Duration, Instant};

use crate::store::LogWriter;
use crate::store::io::{At as _, IoError};

/// How many lines a failure shows.
const TAIL: usize = 20;
/// A longer line is cut, in what is shown; the log has all of it.
const LINE: usize = 400;
/// The shortest time between two lines that are told.
const INTERVAL: Duration = Duration::from_millis(80);

/// Copies `output` to `log` until its end; returns the last lines.
pub(super) fn capture(
    output: impl Read,
    log: &mut LogWriter,
    line: &(dyn Fn(String) + Sync),
) -> Result<Vec<String>, IoError> {
    let mut reader = BufReader::new(output);
    let (mut tail, mut bytes, mut told) = (VecDeque::new(), Vec::new(), None::<Instant>);
    loop {
        bytes.clear();
        // A line that never ends must not fill the memory.
        let mut limited = reader.by_ref().take(1 << 20);
        if limited
            .read_until(b'\n', &mut bytes)
            .at("read the output of", "/build")?
            == 0
        {
            return Ok(tail.into());
        }
        let path = log.path().to_owned();
        log.write_all(&bytes).at("write", &path)?;
        let text = shown(&bytes);
        if told.is_none_or(|at| at.elapsed() >= INTERVAL) && !text.is_empty() {
            told = Some(Instant::now());
            line(text.clone());
        }
        tail.push_back(text);
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
}

/// A line as it may stand on a terminal: no control characters.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end();
    text.chars()
        .filter(|c| *c == '\t' || !c.is_control())
        .take(LINE)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_reaches_the_terminal() {
        assert_eq!(shown(b"\x1b[31merror\x1b[0m\r\n"), "[31merror[0m");
        assert_eq!(shown(&[b'x'; 1000]).len(), LINE);
        assert_eq!(shown(b"\xff!"), "\u{fffd}!");
    }
}
