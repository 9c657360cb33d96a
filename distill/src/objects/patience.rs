//! Calls that may hang, with an end to the waiting.
//!
//! A system call into a dead file server cannot be interrupted, and the code of a backend is not ours. So
//! such a call is made on a thread that nobody waits for: if it does not answer in time, the thread is
//! left to itself. It holds nothing that the run needs, and ends with the process at the latest.

use std::any::Any;
use std::collections::VecDeque;
use std::io::{self, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How soon a wish to stop is noticed.
const NOTICE: Duration = Duration::from_millis(50);

/// How many answers may wait to be taken.
const WAITING: usize = 16;

/// Why a call was not waited for.
#[derive(Debug, thiserror::Error)]
pub enum Impatience {
    /// Nothing came for so long.
    #[error("sent nothing for {} s", .0.as_secs_f32())]
    Late(Duration),
    /// Somebody wants everything to stop.
    #[error("cancelled")]
    Stopped,
    /// There can be no thread for the call.
    #[error("cannot start a thread to ask it")]
    Threads(#[source] io::Error),
}

/// How long to wait for others.
#[derive(Debug, Clone, Copy)]
pub struct Patient<'a> {
    /// How long nothing may come.
    pub limit: Duration,
    /// The wish to stop.
    pub stop: &'a AtomicBool,
}

/// What the thread sends: an answer, or how it panicked.
type Sent<T> = Result<T, Box<dyn Any + Send>>;

/// To whom a call tells its answers, one after the other. Each begins the waiting anew.
#[derive(Debug)]
pub struct Teller<T>(SyncSender<Sent<T>>);

impl<T> Teller<T> {
    /// Tells one answer; false if nobody waits for it any more.
    pub fn tell(&self, answer: T) -> bool {
        self.0.send(Ok(answer)).is_ok()
    }
}

impl<T> Clone for Teller<T> {
    fn clone(&self) -> Teller<T> {
        Teller(self.0.clone())
    }
}

impl Patient<'_> {
    /// The answer of `call`. A panic of `call` goes on here.
    pub fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Impatience> {
        let mut answer = None;
        self.ask_many(
            move |teller| {
                teller.tell(call());
            },
            |one| answer = Some(one),
        )?;
        Ok(answer.expect("the call ended without a panic, so it gave its answer"))
    }

    /// Takes all answers that `call` gives, as they come.
    pub fn ask_many<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Teller<T>) + Send + 'static,
        mut take: impl FnMut(T),
    ) -> Result<(), Impatience> {
        let answers = begin(call).map_err(Impatience::Threads)?;
        while let Some(answer) = self.next(&answers)? {
            take(answer);
        }
        Ok(())
    }

    /// The next answer; nothing when all were given.
    fn next<T>(&self, answers: &Receiver<Sent<T>>) -> Result<Option<T>, Impatience> {
        let began = Instant::now();
        loop {
            if self.stop.load(Ordering::SeqCst) {
                return Err(Impatience::Stopped);
            }
            let left = self.limit.saturating_sub(began.elapsed());
            match answers.recv_timeout(left.min(NOTICE)) {
                Ok(Ok(answer)) => return Ok(Some(answer)),
                Ok(Err(panic)) => resume_unwind(panic),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Err(Impatience::Late(self.limit));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Makes a call on a thread that nobody joins.
fn begin<T: Send + 'static>(
    call: impl FnOnce(&Teller<T>) + Send + 'static,
) -> io::Result<Receiver<Sent<T>>> {
    let (sender, receiver) = sync_channel(WAITING);
    let work = move || {
        let teller = Teller(sender);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(&teller))) {
            // Whoever asked may have gone.
            let _ = teller.0.send(Err(panic));
        }
    };
    thread::Builder::new().spawn(work).map(drop)?;
    Ok(receiver)
}

/// Bytes that another thread reads: whoever reads them here waits no longer than it wants to.
#[derive(Debug)]
pub struct PatientReader<'a> {
    patient: Patient<'a>,
    parts: Receiver<Sent<io::Result<Vec<u8>>>>,
    left: VecDeque<u8>,
}

impl<'a> PatientReader<'a> {
    /// The bytes that `write` writes, on its own thread. It may be busy for a while with what it needs
    /// before it can write anything, and says that it gets on.
    pub fn of<W>(patient: Patient<'a>, write: W) -> io::Result<PatientReader<'a>>
    where
        W: FnOnce(&mut dyn Write, &Alive) -> io::Result<()> + Send + 'static,
    {
        let call = move |teller: &Teller<io::Result<Vec<u8>>>| {
            let mut to = BufWriter::with_capacity(PART, Parts(teller));
            let alive = Alive(teller.clone());
            let written = write(&mut to, &alive).and_then(|()| to.flush());
            // What was written before an error comes before it.
            drop(to);
            if let Err(error) = written {
                teller.tell(Err(error));
            }
        };
        Ok(PatientReader {
            patient,
            parts: begin(call)?,
            left: VecDeque::new(),
        })
    }

    /// The bytes of what `open` opens.
    pub fn open<O>(patient: Patient<'a>, open: O) -> io::Result<PatientReader<'a>>
    where
        O: FnOnce() -> io::Result<Box<dyn Read + Send>> + Send + 'static,
    {
        PatientReader::of(patient, move |to, _| {
            let mut from = open()?;
            let mut buffer = vec![0; PART];
            loop {
                match from.read(&mut buffer)? {
                    0 => return Ok(()),
                    count => to.write_all(&buffer[..count])?,
                }
            }
        })
    }
}

/// Says that whoever is to write bytes gets on.
#[derive(Debug)]
pub struct Alive(Teller<io::Result<Vec<u8>>>);

impl Alive {
    /// Begins the waiting anew; false if nobody waits any more.
    pub fn tell(&self) -> bool {
        self.0.tell(Ok(Vec::new()))
    }
}

/// How many bytes go from thread to thread at a time.
const PART: usize = 128 * 1024;

/// Writes to whoever reads.
struct Parts<'a>(&'a Teller<io::Result<Vec<u8>>>);

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bytes.is_empty() || self.0.tell(Ok(bytes.to_vec())) {
            true => Ok(bytes.len()),
            false => Err(io::Error::other("nobody reads it any more")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for PatientReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A part without bytes says no more than that others will come.
        while self.left.is_empty() {
            match self.patient.next(&self.parts).map_err(io::Error::other)? {
                Some(part) => self.left = part?.into(),
                None => return Ok(0),
            }
        }
        self.left.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NEVER: AtomicBool = AtomicBool::new(false);
    const LIMIT: Duration = Duration::from_millis(120);

    fn patient() -> Patient<'static> {
        Patient {
            limit: LIMIT,
            stop: &NEVER,
        }
    }

    fn hang() {
        thread::sleep(Duration::from_secs(3600));
    }

    #[test]
    fn who_hangs_is_not_waited_for() {
        let began = Instant::now();
        let late = patient().ask(hang);
        assert!(matches!(late, Err(Impatience::Late(LIMIT))), "{late:?}");
        assert!(began.elapsed() >= LIMIT);
        let reader = PatientReader::open(patient(), || {
            hang();
            Ok(Box::new(io::empty()))
        });
        let error = reader.unwrap().read(&mut [0]).unwrap_err();
        assert_eq!(error.to_string(), "sent nothing for 0.12 s");
    }

    #[test]
    fn who_gets_on_may_take_longer_than_the_limit() {
        let mut heard = Vec::new();
        let slow = |teller: &Teller<u32>| {
            for number in 0..5 {
                thread::sleep(LIMIT / 3);
                teller.tell(number);
            }
        };
        patient().ask_many(slow, |one| heard.push(one)).unwrap();
        assert_eq!(heard, [0, 1, 2, 3, 4]);
        let busy = |to: &mut dyn Write, alive: &Alive| {
            for _ in 0..5 {
                thread::sleep(LIMIT / 3);
                assert!(alive.tell());
            }
            to.write_all(b"done")
        };
        let mut reader = PatientReader::of(patient(), busy).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "done");
    }

    #[test]
    fn a_wish_to_stop_ends_the_waiting() {
        let stop = AtomicBool::new(false);
        let limit = Duration::from_secs(3600);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(LIMIT);
                stop.store(true, Ordering::SeqCst);
            });
            let stopped = Patient { limit, stop: &stop }.ask(hang);
            assert!(matches!(stopped, Err(Impatience::Stopped)));
        });
    }

    #[test]
    fn a_panic_goes_on_where_it_was_asked() {
        let asked = catch_unwind(|| patient().ask(|| panic!("no answer")));
        let panic = asked.map(drop).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no answer"));
    }

    #[test]
    fn all_bytes_come_and_an_error_behind_them() {
        let bytes: Vec<u8> = (0..600_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let whole = bytes.clone();
        let mut reader = PatientReader::open(patient(), || Ok(Box::new(io::Cursor::new(whole))));
        let mut read = Vec::new();
        reader.as_mut().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        let mut broken = PatientReader::of(patient(), |to, _| {
            to.write_all(b"some")?;
            Err(io::Error::other("torn"))
        })
        .unwrap();
        let (mut read, mut text) = ([0; 4], String::new());
        broken.read_exact(&mut read).unwrap();
        let error = broken.read_to_string(&mut text).unwrap_err();
        assert_eq!((&read, error.to_string().as_str()), (b"some", "torn"));
    }
}
