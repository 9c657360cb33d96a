//! A stream that is produced in a thread of its own, some chunks ahead of who reads it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Bytes per chunk: large enough that handing it over costs nothing, small enough for the cache.
const CHUNK: usize = 256 << 10;
/// Chunks that may wait to be read.
const AHEAD: usize = 16;

/// Bytes on their way; the buffer goes back and forth.
struct Chunk {
    buffer: Box<[u8]>,
    filled: usize,
}

impl Default for Chunk {
    fn default() -> Chunk {
        Chunk {
            buffer: vec![0; CHUNK].into_boxed_slice(),
            filled: 0,
        }
    }
}

impl Chunk {
    /// Fills the buffer; it remains partly empty at the end or at an error only.
    fn fill(&mut self, input: &mut impl Read) -> io::Result<()> {
        self.filled = 0;
        while self.filled < self.buffer.len() {
            match input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The reading end.
pub(super) struct Pipe {
    filled: Receiver<io::Result<Chunk>>,
    emptied: Sender<Chunk>,
    chunk: Chunk,
    at: usize,
}

/// Runs `consume` on what `produce` makes, while a second thread reads from it.
///
/// An error of the producer comes where its bytes would have come, and is the last thing that comes.
pub(super) fn ahead<T, P: Read>(
    produce: impl FnOnce() -> io::Result<P> + Send,
    consume: impl FnOnce(Pipe) -> T,
) -> T {
    let (fill, filled) = sync_channel(AHEAD);
    let (emptied, empty) = channel();
    thread::scope(|scope| {
        let failing = fill.clone();
        let started = thread::Builder::new().spawn_scoped(scope, move || match produce() {
            Ok(input) => pump(input, &fill, &empty),
            Err(error) => drop(fill.send(Err(error))),
        });
        if let Err(error) = started {
            drop(failing.send(Err(error)));
        }
        drop(failing);
        consume(Pipe {
            filled,
            emptied,
            chunk: Chunk::default(),
            at: 0,
        })
    })
}

/// Sends chunk after chunk until the end, an error, or until nobody reads.
fn pump(mut input: impl Read, fill: &SyncSender<io::Result<Chunk>>, empty: &Receiver<Chunk>) {
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        let read = chunk.fill(&mut input);
        let done = read.is_err() || chunk.filled < CHUNK;
        // What was decoded before an error is good, so it goes first.
        let sent = fill.send(Ok(chunk)).and_then(|()| match read {
            Err(error) => fill.send(Err(error)),
            Ok(()) => Ok(()),
        });
        if done || sent.is_err() {
            return;
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.filled {
            let Ok(next) = self.filled.recv() else {
                return Ok(0);
            };
            let used = std::mem::replace(&mut self.chunk, next?);
            self.at = 0;
            // The producer may be gone; then nobody needs the buffer.
            let _ = self.emptied.send(used);
        }
        let rest = &self.chunk.buffer[self.at..self.chunk.filled];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
