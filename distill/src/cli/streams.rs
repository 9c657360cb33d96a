//! The streams of a program that a user talks to in a sandbox.
//!
//! The program gets no terminal of the user's: whoever has one can type into it, as if the user had, and
//! the shell behind it would carry that out. Where user and program share a terminal, the program gets
//! one of its own, and what is typed and printed is passed on between the two.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::Scope;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use rustix::termios::{tcgetwinsize, tcsetwinsize};
use signal_hook::consts::{SIGHUP, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;

use super::error::CliError;
use super::terminal::Terminal;
use crate::engine::sandbox::{self, Exit, Input, Io, Killer, Running, Spec};

/// Runs a program in its sandbox, for a user at the streams of this process, to its end.
pub(super) fn talk(spec: &Spec) -> Result<Exit, CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        on_terminal(spec)
    } else {
        on_streams(spec)
    }
}

/// What the system may refuse on the way.
trait Connected<T> {
    fn connected(self) -> Result<T, CliError>;
}

impl<T, E: Into<io::Error>> Connected<T> for Result<T, E> {
    fn connected(self) -> Result<T, CliError> {
        self.map_err(|error| CliError::Streams(error.into()))
    }
}

/// With a terminal of its own. What it prints to its standard error comes there, too.
fn on_terminal(spec: &Spec) -> Result<Exit, CliError> {
    let stdin = io::stdin();
    let state = tcgetattr(&stdin).connected()?;
    let pair = openpty(None, &state).connected()?;
    let master = File::from(pair.master);
    // A terminal that does not know its size is one all the same.
    let _ = resize(&master);
    let streams = Io::terminal(pair.slave).connected()?;
    let running = sandbox::spawn(spec, streams)?;
    let _kept = Terminal::keep();
    let mut raw = state;
    cfmakeraw(&mut raw);
    tcsetattr(&stdin, SetArg::TCSANOW, &raw).connected()?;
    relay(running, &master).connected()
}

/// Passes on between the user's terminal and the program's, until the program ends.
fn relay(running: Running, master: &File) -> io::Result<Exit> {
    let (end, ended) = io::pipe()?;
    let mut signals = Signals::new([SIGWINCH, SIGTERM, SIGHUP])?;
    let (closing, killer) = (signals.handle(), running.killer());
    std::thread::scope(|scope| {
        // If a thread cannot be started, the others end because these two go.
        let (running, ended) = (running, ended);
        let printed = start(scope, || pass_on(master, &mut io::stdout()))?;
        start(scope, || pass_typed(end.as_fd(), master))?;
        start(scope, || {
            for signal in signals.forever() {
                obey(signal, &killer, master);
            }
        })?;
        let exit = running.wait();
        // All that it printed, before the terminal is the user's again.
        let _ = printed.join();
        drop(ended);
        closing.close();
        Ok(exit)
    })
}

/// A program that cannot be told keeps the size that it knows. What ends this process would leave the
/// terminal as the program's has it, so the program is ended instead.
fn obey(signal: i32, killer: &Killer, master: &File) {
    if signal == SIGWINCH {
        let _ = resize(master);
    } else {
        killer.kill();
    }
}

/// Gives the program's terminal the size of the user's.
fn resize(master: &File) -> io::Result<()> {
    Ok(tcsetwinsize(master, tcgetwinsize(io::stdin())?)?)
}

/// Without one: what is no terminal is the program's as it is, and terminals are replaced by pipes.
fn on_streams(spec: &Spec) -> Result<Exit, CliError> {
    let stdin = match io::stdin() {
        stdin if stdin.is_terminal() => Input::Null,
        stdin => Input::Fd(stdin.as_fd().try_clone_to_owned().connected()?),
    };
    let (stdout, out) = output(io::stdout().as_fd()).connected()?;
    let (stderr, err) = output(io::stderr().as_fd()).connected()?;
    let streams = Io {
        stdin,
        stdout,
        stderr,
    };
    let running = sandbox::spawn(spec, streams)?;
    std::thread::scope(|scope| {
        if let Some(out) = out {
            start(scope, move || pass_on(out, &mut io::stdout())).connected()?;
        }
        if let Some(err) = err {
            start(scope, move || pass_on(err, &mut io::stderr())).connected()?;
        }
        Ok(running.wait())
    })
}

/// The stream for the program, and where to read what it prints if it did not get the user's own.
fn output(own: BorrowedFd<'_>) -> io::Result<(OwnedFd, Option<io::PipeReader>)> {
    if own.is_terminal() {
        let (reader, writer) = io::pipe()?;
        Ok((writer.into(), Some(reader)))
    } else {
        Ok((own.try_clone_to_owned()?, None))
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<std::thread::ScopedJoinHandle<'scope, T>> {
    std::thread::Builder::new().spawn_scoped(scope, work)
}

/// Passes on what is typed, until the other end of `end` is closed or there is nobody to read it.
fn pass_typed(end: BorrowedFd<'_>, mut to: &File) {
    let stdin = io::stdin();
    let mut buffer = [0; 4096];
    loop {
        let mut waited = [
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(end, PollFlags::POLLIN),
        ];
        if poll(&mut waited, PollTimeout::NONE)
            .is_err_and(|errno| errno != nix::errno::Errno::EINTR)
        {
            return;
        }
        if waited[1].any().unwrap_or(true) {
            return;
        }
        if waited[0].any() == Some(true) {
            // Not through the buffer of `Stdin`, which would keep what is typed for the next program.
            let read = nix::unistd::read(&stdin, &mut buffer);
            match read {
                Ok(length) if length > 0 && to.write_all(&buffer[..length]).is_ok() => {}
                _ => return,
            }
        }
    }
}

/// Passes on what is printed, until its end. A terminal whose other side is gone ends with an error.
fn pass_on(mut from: impl Read, to: &mut impl Write) {
    let mut buffer = [0; 4096];
    while let Ok(length) = from.read(&mut buffer) {
        let written = to.write_all(&buffer[..length]).and_then(|()| to.flush());
        if length == 0 || written.is_err() {
            return;
        }
    }
}
