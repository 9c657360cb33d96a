//! The metadata service: as much of HTTP/1.1 (RFC 9112) as machines use to ask a cloud.
//!
//! libslirp passes all connections of the machine through one stream, without saying where one ends.
//! So answers name their length, and a request that was broken off is recognised by the next one.

use std::io::{self, Read, Write};

use super::metadata::Metadata;

/// Requests of metadata have no body, and a head that is far shorter.
const HEAD_MAX: usize = 16 << 10;

/// Answers requests until the stream ends.
pub(super) fn serve(mut stream: impl Read + Write, metadata: &Metadata) -> io::Result<()> {
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
            stream.write_all(&answer(&head, metadata))?;
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

/// What is said to a request.
fn answer(head: &str, metadata: &Metadata) -> Vec<u8> {
    // The rest of a request that was broken off stands before the one that is complete.
    let start = ["GET ", "HEAD "]
        .iter()
        .filter_map(|method| head.rfind(method))
        .max();
    let Some(mut words) = start.map(|start| head[start..].split_ascii_whitespace()) else {
        return response(
            "405 Method Not Allowed",
            "text/plain",
            "only GET and HEAD\n",
            true,
        );
    };
    let body = words.next() == Some("GET");
    match words.next().and_then(|path| metadata.page(path)) {
        Some((kind, text)) => response("200 OK", kind, &text, body),
        None => response("404 Not Found", "text/plain", "not found\n", body),
    }
}

fn response(status: &str, kind: &str, text: &str, body: bool) -> Vec<u8> {
    let length = text.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{}",
        if body { text } else { "" }
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::network::Network;
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
        let metadata = Metadata::new("box", Network::default().addressing());
        let mut stream = Pieces(pieces.to_vec(), Vec::new());
        serve(&mut stream, &metadata).unwrap();
        String::from_utf8(stream.1).unwrap()
    }

    const HOSTNAME: &str = "GET /metadata/v1/hostname HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n";
    const BOX: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
                       Content-Length: 3\r\nConnection: close\r\n\r\nbox";

    #[test]
    fn requests_come_in_any_pieces() {
        assert_eq!(answers(&[HOSTNAME]), BOX);
        let (a, b) = HOSTNAME.split_at(20);
        assert_eq!(answers(&[a, b]), BOX);
        let two = HOSTNAME.repeat(2);
        let (a, b) = two.split_at(HOSTNAME.len() + 3);
        assert_eq!(answers(&[a, b]), BOX.repeat(2));
    }

    #[test]
    fn a_request_that_was_broken_off_does_no_harm() {
        assert_eq!(answers(&["GET /metadata/v1/host", HOSTNAME]), BOX);
        assert_eq!(answers(&[&"x".repeat(HEAD_MAX + 1), HOSTNAME]), BOX);
    }

    #[test]
    fn what_is_not_there_or_not_understood() {
        assert!(answers(&["GET / HTTP/1.1\r\n\r\n"]).starts_with("HTTP/1.1 404 "));
        assert!(answers(&["PUT / HTTP/1.1\r\n\r\n"]).starts_with("HTTP/1.1 405 "));
        let head = answers(&[&HOSTNAME.replace("GET", "HEAD")]);
        assert_eq!(head, BOX.strip_suffix("box").unwrap());
    }
}
