//! Commands for the agent, and what it says: that it is there, and answers.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How long to wait for bytes before looking around.
const INTERVAL: Duration = Duration::from_millis(100);

/// What a command has done.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; 137 if it took too long, and was killed.
    pub status: i32,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it succeeded.
    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// What it printed, as text without white space at its end.
    pub fn text(&self) -> String {
        trimmed(&self.stdout)
    }

    /// What it printed on standard error, as text without white space at its end.
    pub fn errors(&self) -> String {
        trimmed(&self.stderr)
    }
}

impl fmt::Display for Output {
    /// What it printed, then what it printed on standard error, then the status if it failed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = (!self.success()).then(|| format!("(status {})", self.status));
        let parts = [Some(self.text()), Some(self.errors()), failed];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        f.write_str(&parts.join("\n"))
    }
}

impl fmt::Debug for Output {
    /// As text, which is what a test that failed is read for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("status", &self.status)
            .field("stdout", &String::from_utf8_lossy(&self.stdout))
            .field("stderr", &String::from_utf8_lossy(&self.stderr))
            .finish()
    }
}

fn trimmed(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// The host's end of the agent's port.
pub(crate) struct Channel {
    stream: UnixStream,
    /// What has come, and was not looked at yet.
    pending: Vec<u8>,
    last: u64,
    boot: Option<String>,
}

/// What the agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// It has begun to listen: nothing that was sent before is ever answered.
    Hello,
    /// The answer to what was sent last.
    Answer(Output),
}

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Head {
    Hello {
        boot: String,
    },
    Answer {
        id: u64,
        status: i32,
        output: usize,
        errors: usize,
    },
}

impl Head {
    /// Reads a line; nothing if it is none of ours. What was there before a machine was reset may
    /// be cut off anywhere.
    fn parse(line: &str) -> Option<Head> {
        let start = line.rfind("distill ")?;
        let words: Vec<&str> = line[start..].split_ascii_whitespace().collect();
        match &words[1..] {
            ["hello", boot] => Some(Head::Hello {
                boot: (*boot).to_owned(),
            }),
            [id, status, output, errors] => Some(Head::Answer {
                id: id.parse().ok()?,
                status: status.parse().ok()?,
                output: output.parse().ok()?,
                errors: errors.parse().ok()?,
            }),
            _ => None,
        }
    }
}

impl Channel {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Channel> {
        stream.set_read_timeout(Some(INTERVAL))?;
        Ok(Channel {
            stream,
            pending: Vec::new(),
            last: 0,
            boot: None,
        })
    }

    /// Which boot of the machine the agent has last been started in; nothing if it was not yet.
    pub(crate) fn boot(&self) -> Option<&str> {
        self.boot.as_deref()
    }

    /// Looks at what the agent has said meanwhile.
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let caught = loop {
            match self.fill() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.stream.set_nonblocking(false)?;
        while self.message().is_some() {}
        caught
    }

    /// Sends a script with its standard input. It is killed after `limit`.
    pub(crate) fn send(&mut self, script: &str, input: &[u8], limit: Duration) -> io::Result<()> {
        self.last += 1;
        let (id, seconds) = (self.last, limit.as_secs().max(1));
        let head = format!("{id} {seconds} {} {}\n", script.len(), input.len());
        self.stream.set_write_timeout(Some(limit))?;
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(script.as_bytes())?;
        self.stream.write_all(input)
    }

    /// The next message; nothing if none has come after `limit`. `look` is called now and then, and
    /// may end it.
    pub(crate) fn receive<E: From<io::Error>>(
        &mut self,
        limit: Duration,
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Message>, E> {
        let start = Instant::now();
        loop {
            if let Some(message) = self.message() {
                return Ok(Some(message));
            }
            if start.elapsed() >= limit {
                return Ok(None);
            }
            if !self.fill()? {
                look()?;
            }
        }
    }

    /// Reads what has come; whether there was something.
    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 1 << 14];
        match self.stream.read(&mut buffer) {
            // QEMU has ended; who looks around will see it.
            Ok(0) => std::thread::sleep(INTERVAL),
            Ok(count) => {
                self.pending.extend_from_slice(&buffer[..count]);
                return Ok(true);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                std::thread::sleep(INTERVAL);
            }
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    /// The next message, if all of it has come. Answers to something else are left out.
    fn message(&mut self) -> Option<Message> {
        loop {
            let end = self.pending.iter().position(|byte| *byte == b'\n')? + 1;
            let line = String::from_utf8_lossy(&self.pending[..end]).into_owned();
            match Head::parse(&line) {
                Some(Head::Hello { boot }) => {
                    self.pending.drain(..end);
                    self.boot = Some(boot);
                    return Some(Message::Hello);
                }
                Some(Head::Answer {
                    id,
                    status,
                    output,
                    errors,
                }) if id == self.last => {
                    if self.pending.len() < end + output + errors {
                        return None;
                    }
                    self.pending.drain(..end);
                    return Some(Message::Answer(Output {
                        status,
                        stdout: self.pending.drain(..output).collect(),
                        stderr: self.pending.drain(..errors).collect(),
                    }));
                }
                // An old answer, whose end may never come, is skipped line by line.
                _ => drop(self.pending.drain(..end)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A channel whose agent has said `said`.
    fn channel(said: &[u8]) -> (Channel, UnixStream) {
        let (host, mut agent) = UnixStream::pair().unwrap();
        agent.write_all(said).unwrap();
        (Channel::new(host).unwrap(), agent)
    }

    fn receive(channel: &mut Channel) -> Option<Message> {
        let look = || Ok::<(), io::Error>(());
        channel.receive(Duration::from_millis(300), look).unwrap()
    }

    #[test]
    fn what_a_command_has_done_reads_as_text() {
        let output = Output {
            status: 3,
            stdout: b"out\n".to_vec(),
            stderr: b"err\n".to_vec(),
        };
        assert_eq!(output.to_string(), "out\nerr\n(status 3)");
        assert_eq!(
            format!("{output:?}"),
            r#"Output { status: 3, stdout: "out\n", stderr: "err\n" }"#
        );
        assert_eq!(Output::default().to_string(), "");
    }

    fn output(message: Option<Message>) -> Output {
        match message {
            Some(Message::Answer(output)) => output,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_names_its_lengths() {
        let (mut channel, mut agent) = channel(b"");
        channel
            .send("cat\n", b"in", Duration::from_secs(7))
            .unwrap();
        drop(channel);
        let mut said = String::new();
        agent.read_to_string(&mut said).unwrap();
        assert_eq!(said, "1 7 4 2\ncat\nin");
    }

    #[test]
    fn an_answer_may_hold_anything() {
        let (mut channel, _agent) = channel(b"distill 1 3 5 2\na\n\0bcde");
        channel.send("", b"", Duration::from_secs(1)).unwrap();
        let output = output(receive(&mut channel));
        assert_eq!(output.status, 3);
        assert_eq!(output.stdout, b"a\n\0bc");
        assert_eq!(output.stderr, b"de");
    }

    #[test]
    fn what_an_earlier_boot_left_is_skipped() {
        let (mut channel, _agent) = channel(b"distill 1 0 99 0\nhalf a lindistill 2 0 3 0\nnew");
        for _ in 0..2 {
            channel.send("", b"", Duration::from_secs(1)).unwrap();
        }
        assert_eq!(output(receive(&mut channel)).text(), "new");
        channel.send("", b"", Duration::from_secs(1)).unwrap();
        assert_eq!(receive(&mut channel), None);
    }

    #[test]
    fn a_hello_tells_the_boot_wherever_it_comes() {
        let (mut channel, mut agent) = channel(b"BIOS says: distill hello first\n");
        assert_eq!(channel.boot(), None);
        assert_eq!(receive(&mut channel), Some(Message::Hello));
        assert_eq!(channel.boot(), Some("first"));
        channel.send("", b"", Duration::from_secs(1)).unwrap();
        // The machine is reset in the middle of a line.
        agent.write_all(b"distill 1 0").unwrap();
        agent.write_all(b"\ndistill hello second\n").unwrap();
        assert_eq!(receive(&mut channel), Some(Message::Hello));
        agent
            .write_all(b"distill hello third\ndistill 1 0 0 0\n")
            .unwrap();
        channel.catch_up().unwrap();
        assert_eq!(channel.boot(), Some("third"));
        assert_eq!(receive(&mut channel), None);
    }
}
