//! A server for tests: it answers as a function says, breaks off, or hangs, and counts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The path, or the whole address if the client takes us for a proxy.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// How many requests for this target came before.
    pub(crate) number: usize,
}

impl Request {
    /// Where the client wants to go on from.
    pub(crate) fn offset(&self) -> Option<usize> {
        let range = self.headers.get("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Whole,
    BreakAfter(usize),
    HangAfter(usize),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            end: End::Whole,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// All bytes, whatever was asked for.
    pub(crate) fn whole(body: &[u8]) -> Reply {
        let mut reply = Reply::status(200);
        reply.body = body.to_vec();
        reply
    }

    /// The bytes from `offset` on.
    pub(crate) fn part(body: &[u8], offset: usize) -> Reply {
        let (len, last) = (body.len(), body.len() - 1);
        let mut reply = Reply::status(206);
        reply.body = body[offset..].to_vec();
        reply.header("Content-Range", format!("bytes {offset}-{last}/{len}"))
    }

    /// The end of `body`, without a word of where it belongs.
    pub(crate) fn unnamed_part(body: &[u8], offset: usize) -> Reply {
        let mut reply = Reply::status(206);
        reply.body = body[offset..].to_vec();
        reply
    }

    /// The bytes that were asked for, as good servers do it.
    pub(crate) fn ranged(body: &[u8], request: &Request) -> Reply {
        match request.offset() {
            None => Reply::whole(body),
            Some(offset) if offset < body.len() => Reply::part(body, offset),
            Some(_) => Reply::status(416),
        }
    }

    /// Closes the connection after so many bytes of the body.
    pub(crate) fn break_after(mut self, count: usize) -> Reply {
        self.end = End::BreakAfter(count);
        self
    }

    /// Sends nothing more after so many bytes of the body.
    pub(crate) fn hang_after(mut self, count: usize) -> Reply {
        self.end = End::HangAfter(count);
        self
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", self.status);
        let length = ("Content-Length".to_owned(), self.body.len().to_string());
        let close = ("Connection".to_owned(), "close".to_owned());
        for (name, value) in self.headers.iter().chain([&length, &close]) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head + "\r\n"
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    requests: Mutex<Vec<Request>>,
    tls: Option<Arc<rustls::ServerConfig>>,
    over: AtomicBool,
}

/// A server on a port of its own, until it is dropped.
pub(crate) struct Server {
    address: String,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn new(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
        Server::start(Box::new(handler), None)
    }

    /// A server that speaks TLS.
    pub(crate) fn with_tls(
        tls: Arc<rustls::ServerConfig>,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Server {
        Server::start(Box::new(handler), Some(tls))
    }

    fn start(handler: Box<Handler>, tls: Option<Arc<rustls::ServerConfig>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            handler,
            requests: Mutex::default(),
            tls,
            over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Server { address, shared }
    }

    /// An address on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests came so far.
    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let (_, host) = self.address.split_once("://").unwrap();
        let _ = TcpStream::connect(host);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.over.load(Ordering::Relaxed) {
            return;
        }
        let (stream, shared) = (stream.unwrap(), Arc::clone(shared));
        thread::spawn(move || match shared.tls.clone() {
            None => serve(stream, &shared),
            Some(tls) => {
                let session = rustls::ServerConnection::new(tls).unwrap();
                serve(rustls::StreamOwned::new(session, stream), &shared);
            }
        });
    }
}

/// Answers one request. The client may go away at any time.
fn serve(stream: impl Read + Write, shared: &Shared) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read_request(&mut stream, shared) else {
        return;
    };
    let reply = (shared.handler)(&request);
    let stream = stream.get_mut();
    let (sent, hang) = match reply.end {
        End::Whole => (reply.body.len(), false),
        End::BreakAfter(count) => (count, false),
        End::HangAfter(count) => (count, true),
    };
    let _ = stream.write_all(reply.head().as_bytes());
    let _ = stream.write_all(&reply.body[..sent]);
    let _ = stream.flush();
    while hang && !shared.over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(10));
    }
}

fn read_request(stream: &mut impl BufRead, shared: &Shared) -> Option<Request> {
    let mut lines = stream.lines();
    let first = lines.next()?.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut requests = shared.requests.lock().unwrap();
    let number = requests.iter().filter(|r| r.target == target).count();
    let request = Request {
        target,
        headers,
        number,
    };
    requests.push(request.clone());
    Some(request)
}
