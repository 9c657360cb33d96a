//! A web server (HTTP/1.1, RFC 9112), one request a connection.

use std::fmt::Write as _;

/// A longer head is an error.
const HEAD_MAX: usize = 16 << 10;

/// What somebody asks a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path, with what stands behind it.
    pub path: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// What came with it.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, whose name is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a web server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status: 200, 404, …
    pub status: u16,
    /// Names and values, beside those that every response has.
    pub headers: Vec<(String, String)>,
    /// What it is about.
    pub body: Vec<u8>,
}

impl Response {
    /// A good one.
    pub fn ok(body: impl Into<Vec<u8>>) -> Response {
        Response {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// One with another status, and nothing else.
    pub fn status(status: u16) -> Response {
        Response {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The same with another header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Response {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let length = self.body.len();
        let _ = write!(
            head,
            "Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        [head.as_bytes(), &self.body].concat()
    }
}

/// How far a request has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// There is more to come.
    Partial,
    /// It will never be one.
    Malformed,
    /// All of it is there.
    Whole(Request),
}

/// Reads a request.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return match bytes.len() {
            0..=HEAD_MAX => Parsed::Partial,
            _ => Parsed::Malformed,
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let Some(mut request) = parse_head(&head) else {
        return Parsed::Malformed;
    };
    let length = request.header("content-length").unwrap_or("0").parse();
    let Ok(length): Result<usize, _> = length else {
        return Parsed::Malformed;
    };
    match bytes[end + 4..].get(..length) {
        None => Parsed::Partial,
        Some(body) => {
            request.body = body.to_vec();
            Parsed::Whole(request)
        }
    }
}

fn parse_head(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Request {
        method,
        path,
        headers: lines.map(header).collect::<Option<_>>()?,
        body: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_in_parts() {
        let whole = b"PUT /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";
        for end in 0..whole.len() {
            assert_eq!(parse(&whole[..end]), Parsed::Partial, "{end}");
        }
        let Parsed::Whole(request) = parse(whole) else {
            panic!("it is whole");
        };
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("PUT", "/a?b")
        );
        assert_eq!(request.header("host"), Some("h"));
        assert_eq!(request.body, b"hi");
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(parse(b"nonsense\r\n\r\n"), Parsed::Malformed);
        assert_eq!(
            parse(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
            Parsed::Malformed
        );
        assert_eq!(parse(&vec![b'x'; HEAD_MAX + 1]), Parsed::Malformed);
    }

    #[test]
    fn a_response_names_its_length() {
        let bytes = Response::ok("hi").header("A", "b").bytes();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "HTTP/1.1 200 -\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        );
    }
}
