//! What a machine says on its console.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::ConsoleLog;

/// A record of everything that was said, and where the last boot begins in it.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Record>>);

#[derive(Default)]
struct Record {
    text: String,
    boot: usize,
}

impl Console {
    /// Records until the stream ends.
    pub(crate) fn record(&self, mut stream: impl Read + Send + 'static) {
        let console = self.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let part = String::from_utf8_lossy(&buffer[..count]);
                console.with(|record| record.text.push_str(&part));
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From here on it is another boot.
    pub(crate) fn begin_boot(&self) {
        self.with(|record| record.boot = record.text.len());
    }

    /// What was said since the last boot.
    pub(crate) fn text(&self) -> String {
        self.with(|record| record.text[record.boot..].to_owned())
    }

    /// What was said at all, for messages.
    pub(crate) fn log(&self) -> ConsoleLog {
        self.with(|record| ConsoleLog(record.text.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_forgets_the_one_before() {
        let console = Console::default();
        console.with(|record| record.text.push_str("first\n"));
        console.begin_boot();
        console.with(|record| record.text.push_str("second\n"));
        assert_eq!(console.text(), "second\n");
        assert_eq!(console.log(), ConsoleLog("first\nsecond\n".to_owned()));
    }
}
