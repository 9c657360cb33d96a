//! Ctrl-C: the first one stops what runs and cleans up, the second one ends the program.

use std::thread::JoinHandle;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::exit::Exit;
use crate::engine::Cancel;

/// Takes charge of Ctrl-C, and of a request to end, until it is dropped.
pub(super) struct Interrupt {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Interrupt {
    /// Calls `stopping` at the first one. Nothing if the system does not allow it: then the first Ctrl-C ends the program, and the
    /// next run cleans up.
    pub(super) fn install(
        cancel: Cancel,
        stopping: impl Fn() + Send + 'static,
    ) -> Option<Interrupt> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).ok()?;
        let handle = signals.handle();
        let wait = move || {
            for _ in signals.forever() {
                if cancel.is_cancelled() {
                    std::process::exit(Exit::Interrupted.code().into());
                }
                stopping();
                cancel.cancel();
            }
        };
        let thread = std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(wait)
            .ok()?;
        Some(Interrupt {
            handle,
            thread: Some(thread),
        })
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
