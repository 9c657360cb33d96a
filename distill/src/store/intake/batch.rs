//! Small files on their way to the threads that hash and write them.
//!
//! Files travel many at a time, in one buffer: neighbours of the archive, so that threads seldom
//! meet in one directory, and handing over costs next to nothing per file.

use std::any::Any;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::error::IntakeError;
use super::root::Root;
use crate::plan::{Hash, Mode, Node, RelPath};

/// Bytes of a batch, more or less.
const BYTES: usize = 1 << 20;
/// Files of a batch.
const FILES: usize = 256;
/// A file that is larger does not travel in a batch.
pub(super) const MAX_FILE: u64 = BYTES as u64 / 2;
/// Batches that may wait, per thread.
const WAITING: usize = 2;

struct Pending {
    path: RelPath,
    mode: Mode,
    end: usize,
}

/// Files in one buffer, one behind the other.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    files: Vec<Pending>,
}

/// What the threads share.
struct Shared<'a> {
    root: &'a Root,
    queue: Mutex<Receiver<Batch>>,
    /// Batches that were sent and are not written yet.
    open: Mutex<usize>,
    written: Condvar,
    /// What went wrong first.
    failure: Mutex<Option<Failure>>,
    used: Mutex<Vec<Vec<u8>>>,
}

/// Why files are not written any more.
enum Failure {
    Error(IntakeError),
    /// A defect, to be passed on to whoever waits.
    Panic(Box<dyn Any + Send>),
}

/// Threads that hash and write files below one directory.
pub(super) struct Writers<'scope> {
    shared: Arc<Shared<'scope>>,
    queue: SyncSender<Batch>,
    threads: Vec<ScopedJoinHandle<'scope, Vec<(RelPath, Node)>>>,
    batch: Batch,
}

impl<'scope> Writers<'scope> {
    /// Starts `count` threads, or as many as can be had; an error if that is none.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        root: &'scope Root,
        count: usize,
    ) -> io::Result<Writers<'scope>> {
        let (sender, receiver) = sync_channel(count * WAITING);
        let shared = Arc::new(Shared {
            root,
            queue: Mutex::new(receiver),
            open: Mutex::new(0),
            written: Condvar::new(),
            failure: Mutex::default(),
            used: Mutex::default(),
        });
        let start = || {
            let shared = Arc::clone(&shared);
            Builder::new().spawn_scoped(scope, move || shared.work())
        };
        let mut threads = vec![start()?];
        threads.extend((1..count).map_while(|_| start().ok()));
        Ok(Writers {
            threads,
            shared,
            queue: sender,
            batch: Batch::default(),
        })
    }

    /// Reads a file of `size` bytes, at most [`MAX_FILE`], to be written soon.
    pub(super) fn add(
        &mut self,
        path: &RelPath,
        mode: Mode,
        size: u64,
        contents: &mut dyn Read,
    ) -> io::Result<()> {
        let start = self.batch.bytes.len();
        let end = start + usize::try_from(size).expect("a small file");
        self.batch.bytes.resize(end, 0);
        contents.read_exact(&mut self.batch.bytes[start..])?;
        let path = path.clone();
        self.batch.files.push(Pending { path, mode, end });
        if end >= BYTES - usize::try_from(MAX_FILE).expect("small")
            || self.batch.files.len() >= FILES
        {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends what is collected; an error if a thread has failed.
    fn flush(&mut self) -> io::Result<()> {
        if self.shared.has_failed() {
            return Err(io::Error::other("a file could not be written"));
        }
        let bytes = locked(&self.shared.used).pop().unwrap_or_default();
        let files = Vec::new();
        let batch = std::mem::replace(&mut self.batch, Batch { bytes, files });
        *locked(&self.shared.open) += 1;
        self.queue
            .send(batch)
            .expect("the threads live as long as the queue");
        Ok(())
    }

    /// Waits until every file that was added is written.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.flush()?;
        let mut open = locked(&self.shared.open);
        while *open > 0 {
            open = self
                .shared
                .written
                .wait(open)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Writes the rest and ends the threads: all files, or what went wrong.
    pub(super) fn finish(mut self) -> Result<Vec<(RelPath, Node)>, IntakeError> {
        // A failure is told below.
        let _ = self.flush();
        drop(self.queue);
        let mut files = Vec::new();
        for thread in self.threads {
            match thread.join() {
                Ok(written) => files.extend(written),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        let shared = Arc::into_inner(self.shared).expect("the threads are gone");
        let failure = shared.failure.into_inner();
        match failure.unwrap_or_else(PoisonError::into_inner) {
            None => Ok(files),
            Some(Failure::Error(error)) => Err(error),
            Some(Failure::Panic(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

impl Shared<'_> {
    /// Writes batches until no more come. After a failure they are only taken, so that nobody waits.
    fn work(&self) -> Vec<(RelPath, Node)> {
        let mut written = Vec::new();
        loop {
            let Ok(batch) = locked(&self.queue).recv() else {
                return written;
            };
            if !self.has_failed() {
                self.write(&batch, &mut written);
            }
            let mut bytes = batch.bytes;
            bytes.clear();
            locked(&self.used).push(bytes);
            *locked(&self.open) -= 1;
            self.written.notify_all();
        }
    }

    /// A panic must not end the thread: others would wait for it for ever.
    fn write(&self, batch: &Batch, written: &mut Vec<(RelPath, Node)>) {
        let work = AssertUnwindSafe(|| batch.write(self.root, written));
        let failure = match catch_unwind(work) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Failure::Error(error),
            Err(panic) => Failure::Panic(panic),
        };
        // Another thread's failure may have come first.
        locked(&self.failure).get_or_insert(failure);
    }

    fn has_failed(&self) -> bool {
        locked(&self.failure).is_some()
    }
}

impl Batch {
    fn write(&self, root: &Root, written: &mut Vec<(RelPath, Node)>) -> Result<(), IntakeError> {
        let mut start = 0;
        for Pending { path, mode, end } in &self.files {
            let node = write_file(root, path, *mode, &self.bytes[start..*end])?;
            written.push((path.clone(), node));
            start = *end;
        }
        Ok(())
    }
}

/// Writes a new file.
pub(super) fn write_file(
    root: &Root,
    path: &RelPath,
    mode: Mode,
    bytes: &[u8],
) -> Result<Node, IntakeError> {
    let mut file = root.create_file(path, mode)?;
    file.write_all(bytes).map_err(root.at("write", path))?;
    root.seal_file(path, &file, mode)?;
    let (size, hash) = (bytes.len() as u64, Hash::of(bytes));
    Ok(Node::File { mode, size, hash })
}

/// What a poisoned lock guards is used no more: the panic that poisoned it is passed on by `join`.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use camino::Utf8PathBuf;

    use super::*;

    /// What came of writing, whatever happens in the threads; a test that hangs fails.
    fn write_all(
        spoil: impl FnOnce(&Root, &mut Writers<'_>) + Send + 'static,
    ) -> thread::Result<Result<usize, IntakeError>> {
        let (sender, end) = mpsc::channel();
        thread::spawn(move || {
            let directory = tempfile::tempdir().unwrap();
            let path = Utf8PathBuf::from_path_buf(directory.path().join("tree")).unwrap();
            let root = Root::create(&path).unwrap();
            let work = AssertUnwindSafe(|| {
                thread::scope(|scope| {
                    let mut writers = Writers::start(scope, &root, 2).unwrap();
                    spoil(&root, &mut writers);
                    // More than may wait in the queue, one by one.
                    for number in 0..100 {
                        let path = RelPath::new(format!("file-{number}")).unwrap();
                        let _ = writers.add(&path, Mode::FILE, 1, &mut &b"x"[..]);
                        let _ = writers.settle();
                    }
                    writers.finish().map(|files| files.len())
                })
            });
            let _ = sender.send(catch_unwind(work));
        });
        end.recv_timeout(Duration::from_secs(20))
            .expect("the threads hang")
    }

    #[test]
    fn all_files_are_written() {
        assert_eq!(write_all(|_, _| {}).unwrap().unwrap(), 100);
    }

    #[test]
    fn a_thread_that_fails_ends_the_work() {
        let error = write_all(|root, _| root.make_dir(&RelPath::new("file-7").unwrap()).unwrap());
        let error = error.unwrap().unwrap_err();
        assert!(error.to_string().contains("file-7"), "{error}");
    }

    #[test]
    fn a_thread_that_panics_ends_the_work() {
        let done = write_all(|_, writers| {
            // A file whose bytes are not in the batch.
            writers.batch.files.push(Pending {
                path: RelPath::new("broken").unwrap(),
                mode: Mode::FILE,
                end: usize::MAX,
            });
        });
        assert!(done.is_err(), "the panic was not passed on");
    }
}
