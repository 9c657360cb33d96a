//! As much of HTTP/1.1 (RFC 9112) as machines use to ask a cloud.
//!
//! libslirp passes all connections of the machine through one stream, without saying where one ends.
//! So answers name their length, and a request that was broken off is recognised by the next one.

use std::io::{self, Read, Write};

use serde_json::Value;

/// Requests of metadata have no body, and a head that is far shorter.
const HEAD_MAX: usize = 16 << 10;

/// Answers requests until the stream ends.
pub(super) fn serve(
    mut stream: impl Read + Write,
    answer: impl Fn(&Request<'_>) -> Answer,
) -> io::Result<()> {
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        pending.extend_from_slice(&buffer[..length]);
        while let Some(end) = end_of_head(&pending) {
            let head = String::from_utf8_lossy(&pending[..end]).into_owned();
            pending.drain(..end);
            stream.write_all(&answered(&head, &answer))?;
        }
        if pending.len() > HEAD_MAX {
            pending.clear();
        }
    }
}

/// Where the first head in `bytes` ends, if it does.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = b"\r\n\r\n";
    bytes
        .windows(end.len())
        .position(|window| window == end)
        .map(|at| at + end.len())
}

/// What a machine asks.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// `GET`, `HEAD` or `PUT`.
    pub(super) method: &'a str,
    /// The path, with what stands behind it.
    pub(super) path: &'a str,
    /// Names and values.
    pub(super) headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    /// Reads a head. The rest of a request that was broken off stands before the one that is complete.
    fn parse(head: &'a str) -> Option<Request<'a>> {
        let methods = ["GET ", "HEAD ", "PUT "];
        let start = methods
            .iter()
            .filter_map(|method| head.rfind(method))
            .max()?;
        let mut lines = head[start..].split("\r\n");
        let mut words = lines.next()?.split_ascii_whitespace();
        let header = |line: &'a str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim(), value.trim()))
        };
        Some(Request {
            method: words.next()?,
            path: words.next()?,
            headers: lines.filter_map(header).collect(),
        })
    }

    /// The value of a header; its name in any letters.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// What a machine is told.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

impl Answer {
    /// Nothing but a status.
    pub(super) fn status(status: &'static str) -> Answer {
        Answer {
            status,
            kind: "text/plain",
            body: String::new(),
        }
    }

    /// A document.
    pub(super) fn json(value: &Value) -> Answer {
        Answer {
            status: "200 OK",
            kind: "application/json",
            body: value.to_string(),
        }
    }

    fn bytes(&self, with_body: bool) -> Vec<u8> {
        let Answer { status, kind, body } = self;
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{}",
            if with_body { body } else { "" }
        )
        .into_bytes()
    }
}

/// A text, or nothing of that kind.
impl From<Option<String>> for Answer {
    fn from(text: Option<String>) -> Answer {
        match text {
            Some(body) => Answer {
                status: "200 OK",
                kind: "text/plain; charset=utf-8",
                body,
            },
            None => Answer::status("404 Not Found"),
        }
    }
}

/// What is said to a head.
fn answered(head: &str, answer: impl Fn(&Request<'_>) -> Answer) -> Vec<u8> {
    match Request::parse(head) {
        Some(request) => answer(&request).bytes(request.method != "HEAD"),
        None => Answer::status("405 Method Not Allowed").bytes(true),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Gives the pieces one by one, and keeps what is written.
    struct Pieces<'a>(Vec<&'a str>, Vec<u8>);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.is_empty() {
                true => Ok(0),
                false => Cursor::new(self.0.remove(0)).read(buffer),
            }
        }
    }

    impl Write for Pieces<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answers(pieces: &[&str]) -> String {
        let answer = |request: &Request<'_>| match (request.method, request.path) {
            ("PUT", _) => Answer::status("405 Method Not Allowed"),
            (_, path) => (path == "/name").then(|| "box".to_owned()).into(),
        };
        let mut stream = Pieces(pieces.to_vec(), Vec::new());
        serve(&mut stream, answer).unwrap();
        String::from_utf8(stream.1).unwrap()
    }

    const HOSTNAME: &str = "GET /name HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n";
    const BOX: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
                       Content-Length: 3\r\nConnection: close\r\n\r\nbox";

    #[test]
    fn requests_come_in_any_pieces() {
        assert_eq!(answers(&[HOSTNAME]), BOX);
        let (a, b) = HOSTNAME.split_at(10);
        assert_eq!(answers(&[a, b]), BOX);
        let two = HOSTNAME.repeat(2);
        let (a, b) = two.split_at(HOSTNAME.len() + 3);
        assert_eq!(answers(&[a, b]), BOX.repeat(2));
    }

    #[test]
    fn a_request_that_was_broken_off_does_no_harm() {
        assert_eq!(answers(&["GET /na", HOSTNAME]), BOX);
        assert_eq!(answers(&[&"x".repeat(HEAD_MAX + 1), HOSTNAME]), BOX);
    }

    #[test]
    fn what_is_not_there_or_not_understood() {
        assert!(answers(&["GET / HTTP/1.1\r\n\r\n"]).starts_with("HTTP/1.1 404 "));
        assert!(answers(&["PUT / HTTP/1.1\r\n\r\n"]).starts_with("HTTP/1.1 405 "));
        assert!(answers(&["POST / HTTP/1.1\r\n\r\n"]).starts_with("HTTP/1.1 405 "));
        let head = answers(&[&HOSTNAME.replace("GET", "HEAD")]);
        assert_eq!(head, BOX.strip_suffix("box").unwrap());
    }
}
