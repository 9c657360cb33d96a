//! Decodes xz; blocks of a stream that has several are decoded on several threads.

use std::io::{self, BufRead, Read};

use xz2::stream::{Action, Error, MtStreamBuilder, Status, Stream};

use super::streams::{OneStream, invalid};

/// Memory up to which blocks of one xz stream are decoded side by side; beyond, one at a time.
const PARALLEL_MEMORY: u64 = 512 << 20;

/// Decodes one xz stream.
pub(super) struct Xz<R> {
    input: R,
    stream: Stream,
    /// The most memory that it may take, in bytes.
    memory: u64,
    ended: bool,
}

impl<R: BufRead> Xz<R> {
    pub(super) fn new(input: R, threads: usize, memory: u64) -> io::Result<Xz<R>> {
        let threads = u32::try_from(threads.clamp(1, 64)).expect("clamped");
        let mut builder = MtStreamBuilder::new();
        builder
            .threads(threads)
            .memlimit_threading(PARALLEL_MEMORY.min(memory))
            .memlimit_stop(memory);
        Ok(Xz {
            input,
            stream: builder.decoder()?,
            memory,
            ended: false,
        })
    }

    fn error(&self, error: Error) -> io::Error {
        let mebibytes = self.memory >> 20;
        match error {
            Error::MemLimit => invalid(format!(
                "the dictionary of the xz stream needs more memory than the limit of {mebibytes} MiB"
            )),
            Error::Mem => io::Error::new(
                io::ErrorKind::OutOfMemory,
                "there is not enough memory for the dictionary of the xz stream",
            ),
            error => error.into(),
        }
    }
}

impl<R: BufRead> OneStream for Xz<R> {
    type Input = R;

    fn into_input(self) -> R {
        self.input
    }
}

impl<R: BufRead> Read for Xz<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let action = if at_end { Action::Finish } else { Action::Run };
            let (in_before, out_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.process(input, buffer, action);
            let status = status.map_err(|error| self.error(error))?;
            let consumed = advanced(in_before, self.stream.total_in());
            let produced = advanced(out_before, self.stream.total_out());
            self.input.consume(consumed);
            self.ended = status == Status::StreamEnd;
            if produced > 0 {
                return Ok(produced);
            }
            if at_end && !self.ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if consumed == 0 && !self.ended {
                return Err(invalid("the xz stream makes no progress"));
            }
        }
        Ok(0)
    }
}

fn advanced(before: u64, after: u64) -> usize {
    usize::try_from(after - before).expect("no more than a buffer")
}
