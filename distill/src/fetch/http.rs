//! HTTP: one request on a thread of its own, so that whoever waits for it can stop waiting.

use std::error::Error;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use reqwest::blocking::{Client, ClientBuilder, Response};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_RANGE, RANGE};
use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy, Url, header};

use super::address::Shown;
use super::error::{FetchError, Reason};
use super::retry::{self, TICK};
use super::settings::{Proxies, Settings};
use super::stop::Stop;
use super::tls;

/// How many redirects to follow, as browsers and curl do in this order of magnitude.
const REDIRECTS: usize = 10;

/// How much to read at once.
const CHUNK: usize = 128 * 1024;

/// How many chunks may wait to be hashed and written.
const AHEAD: usize = 8;

/// What vouches for the bytes that a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// A hash that is known already: it does not matter over what they come.
    Pin,
    /// Nothing but the connection, so that a server that is spoken to over TLS cannot send us on to where
    /// anybody may answer.
    Connection,
}

/// A redirect that nobody has to follow.
#[derive(Debug, thiserror::Error)]
#[error("a redirect from `https` to `http`")]
struct Downgrade;

/// The connections of one run.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    stall: Duration,
    proxies: Proxies,
}

/// What to go on from.
#[derive(Debug, Clone, Default)]
pub(super) struct Resume {
    /// The bytes that are here.
    pub(super) offset: u64,
    /// What the server called the version that they are of.
    pub(super) validator: Option<String>,
}

/// What the server said before the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The place of the first byte in the whole file: 0, or where the request asked to go on.
    pub(super) start: u64,
    /// The length of the whole file, if the server told.
    pub(super) total: Option<u64>,
    /// What the server calls this version of the file, if it is sure that no other is called so.
    pub(super) validator: Option<String>,
}

/// The answer to a request, as it comes in.
#[derive(Debug)]
pub(super) struct Answer {
    events: Receiver<Event>,
}

#[derive(Debug)]
enum Event {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Failed(Reason),
}

impl Http {
    /// Prepares connections.
    pub(super) fn new(settings: &Settings, trust: Trust) -> Result<Http, FetchError> {
        let proxies = settings.proxies.in_use();
        let client = client(settings, &proxies, trust).map_err(FetchError::Client)?;
        Ok(Http {
            client,
            stall: settings.stall_timeout,
            proxies,
        })
    }

    /// Asks for `url`, from where `resume` says.
    pub(super) fn get(&self, url: &Url, resume: &Resume) -> Result<Answer, FetchError> {
        let (sender, events) = sync_channel(AHEAD);
        let mut request = self
            .client
            .get(url.clone())
            .header(ACCEPT_ENCODING, "identity");
        if resume.offset > 0 {
            request = request.header(RANGE, format!("bytes={}-", resume.offset));
            if let Some(validator) = &resume.validator {
                request = request.header(IF_RANGE, validator);
            }
        }
        let stall = self.stall;
        let proxy = self.proxies.of_scheme(url.scheme()).map(Shown::from);
        let work = move || {
            let answer = request.send();
            let outcome = answer
                .map_err(|error| through(proxy, reason(&error.without_url(), stall)))
                .and_then(|response| pass_on(response, stall, &sender));
            let last = outcome.map_or_else(Event::Failed, |()| Event::End);
            // Nobody may be waiting any more.
            let _ = sender.send(last);
        };
        match thread::Builder::new().spawn(work) {
            Ok(_) => Ok(Answer { events }),
            Err(error) => Err(FetchError::Threads(Arc::new(error))),
        }
    }
}

impl Answer {
    /// Waits for the head.
    pub(super) fn head(&self, cancel: &AtomicBool) -> Result<Head, Stop> {
        match self.next(cancel)? {
            Event::Head(head) => Ok(head),
            _ => Err(lost()),
        }
    }

    /// Waits for the next bytes; nothing at the end.
    pub(super) fn bytes(&self, cancel: &AtomicBool) -> Result<Option<Vec<u8>>, Stop> {
        match self.next(cancel)? {
            Event::Bytes(bytes) => Ok(Some(bytes)),
            Event::End => Ok(None),
            _ => Err(lost()),
        }
    }

    /// What comes after the head, for whoever cannot be cancelled.
    pub(super) fn into_reader(self) -> impl Read + Send {
        Body {
            events: self.events,
            chunk: Cursor::default(),
        }
    }

    fn next(&self, cancel: &AtomicBool) -> Result<Event, Stop> {
        loop {
            retry::check(cancel)?;
            match self.events.recv_timeout(TICK) {
                Ok(Event::Failed(reason)) => return Err(Stop::Failed(reason)),
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(lost()),
            }
        }
    }
}

/// The bytes of an answer as a stream.
struct Body {
    events: Receiver<Event>,
    chunk: Cursor<Vec<u8>>,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.chunk.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        match self.events.recv() {
            Ok(Event::Bytes(bytes)) => {
                self.chunk = Cursor::new(bytes);
                self.chunk.read(buffer)
            }
            Ok(Event::End) => Ok(0),
            Ok(Event::Failed(reason)) => Err(io::Error::other(reason)),
            Ok(Event::Head(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// The other thread ended without a word.
fn lost() -> Stop {
    Stop::Failed(Reason::Broken("the connection's thread ended".to_owned()))
}

/// Sends on what the server sends, until the end or until nobody listens.
fn pass_on(
    mut response: Response,
    stall: Duration,
    sender: &SyncSender<Event>,
) -> Result<(), Reason> {
    if sender.send(Event::Head(head(&response)?)).is_err() {
        return Ok(());
    }
    loop {
        let mut chunk = vec![0; CHUNK];
        let count = response.read(&mut chunk).map_err(|error| {
            let text = Shown::from(error.to_string()).to_string();
            match error
                .into_inner()
                .map(<dyn Error + Send + Sync>::downcast::<reqwest::Error>)
            {
                Some(Ok(error)) => reason(&reqwest::Error::without_url(*error), stall),
                _ => Reason::Broken(text),
            }
        })?;
        chunk.truncate(count);
        if count == 0 || sender.send(Event::Bytes(chunk)).is_err() {
            return Ok(());
        }
    }
}

/// Reads the status and the headers.
fn head(response: &Response) -> Result<Head, Reason> {
    let headers = response.headers();
    let (start, total) = match response.status().as_u16() {
        200 => (0, response.content_length()),
        206 => content_range(text(headers, header::CONTENT_RANGE).unwrap_or_default())
            .ok_or(Reason::UnnamedPart)?,
        status => {
            let retry_after = text(headers, header::RETRY_AFTER).and_then(retry::retry_after);
            return Err(Reason::Status {
                status,
                retry_after,
            });
        }
    };
    let validator = text(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"));
    Ok(Head {
        start,
        total,
        validator: validator.map(ToOwned::to_owned),
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(HeaderValue::to_str)?.ok()
}

/// Reads `bytes 100-199/1000`: the first place and, unless it is `*`, the whole length.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    let total = match total {
        "*" => None,
        number => Some(number.parse().ok()?),
    };
    Some((start.trim().parse().ok()?, total))
}

fn client(settings: &Settings, proxies: &Proxies, trust: Trust) -> Result<Client, String> {
    let tls = tls::config(&settings.ca_certificates).map_err(|error| error.to_string())?;
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(&settings.user_agent)
        .referer(false)
        .redirect(policy(trust))
        .connect_timeout(settings.connect_timeout)
        // For the blocking client this is the longest wait for an answer, and for each read.
        .timeout(settings.stall_timeout);
    let builder = proxied(builder, proxies)?;
    builder.build().map_err(|error| cause(&error.without_url()))
}

fn policy(trust: Trust) -> Policy {
    let limited = Policy::limited(REDIRECTS);
    Policy::custom(move |attempt| {
        let from_tls = attempt.previous().iter().any(|url| url.scheme() == "https");
        let downgrade = from_tls && attempt.url().scheme() != "https";
        match trust {
            Trust::Connection if downgrade => attempt.error(Downgrade),
            Trust::Connection | Trust::Pin => limited.redirect(attempt),
        }
    })
}

fn proxied(builder: ClientBuilder, proxies: &Proxies) -> Result<ClientBuilder, String> {
    // Without this the library would look for proxies in the environment.
    let mut builder = builder.no_proxy();
    let none = proxies.none.as_deref().and_then(NoProxy::from_string);
    let proxies = [
        proxies
            .http
            .as_ref()
            .map(|of| (of, Proxy::http(of.exposed()))),
        proxies
            .https
            .as_ref()
            .map(|of| (of, Proxy::https(of.exposed()))),
        proxies
            .all
            .as_ref()
            .map(|of| (of, Proxy::all(of.exposed()))),
    ];
    for (address, proxy) in proxies.into_iter().flatten() {
        let unfit = |error: reqwest::Error| {
            let why = cause(&error.without_url());
            format!("`{address}` is no address of a proxy: {why}")
        };
        builder = builder.proxy(proxy.map_err(unfit)?.no_proxy(none.clone()));
    }
    Ok(builder)
}

/// The same, with the proxy that may be the one that could not be reached.
fn through(proxy: Option<Shown>, reason: Reason) -> Reason {
    match (reason, proxy) {
        (Reason::Connect(why), Some(proxy)) => {
            Reason::Connect(format!("{why}, with the proxy `{proxy}`"))
        }
        (reason, _) => reason,
    }
}

/// What a failed request means.
fn reason(error: &reqwest::Error, stall: Duration) -> Reason {
    if let Some(why) = certificate(error) {
        return Reason::Certificate(why);
    }
    if error.is_connect() {
        Reason::Connect(cause(error))
    } else if error.is_timeout() {
        Reason::Stalled(stall)
    } else if error.is_redirect() {
        match error.source() {
            Some(why) if why.is::<Downgrade>() => Reason::Downgrade,
            _ => Reason::Redirects,
        }
    } else if error.is_builder() {
        Reason::Address(cause(error))
    } else {
        Reason::Broken(cause(error))
    }
}

/// Why the server's certificate was refused, if that is what happened.
fn certificate(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls @ rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return Some(tls.to_string());
        }
        let io: Option<&std::io::Error> = error.downcast_ref();
        cause = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The innermost cause of an error of the HTTP library: what is around it says no more than that it
/// happened while connecting or reading, and holds the address.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(error) = innermost.source() {
        innermost = error;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for bad in ["", "bytes */10", "items 5-9/10", "bytes 5/10", "bytes 5-9"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
