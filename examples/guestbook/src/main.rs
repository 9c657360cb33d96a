//! A small web service. What is posted to `/` is kept, a line each, and shown there.
//!
//! `guestbook CONFIGURATION` reads a file in TOML:
//!
//! ```toml
//! title = "Guests"
//! listen = "0.0.0.0:8080"
//! entries = "/var/lib/guestbook/entries"
//! ```
//!
//! When it takes connections, it writes a line to the file descriptor that `NOTIFY_FD` names, if it does.

mod entries;

use std::error::Error;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::process::ExitCode;

use tiny_http::{Method, Request, Response, Server};

use entries::Entries;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    title: String,
    listen: String,
    entries: String,
}

/// The most bytes that a visitor may write.
const LONGEST: u64 = 1000;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guestbook: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: guestbook CONFIGURATION")?;
    let configuration: Configuration = toml::from_str(&std::fs::read_to_string(path)?)?;
    let mut entries = Entries::open(&configuration.entries)?;
    let server = Server::http(&configuration.listen).map_err(|error| error.to_string())?;
    tell_that_it_is_ready()?;
    for mut request in server.incoming_requests() {
        let answer = answer(&configuration.title, &mut entries, &mut request);
        // Who has gone in the meantime need not be told.
        let _ = request.respond(answer);
    }
    Ok(())
}

fn tell_that_it_is_ready() -> Result<(), Box<dyn Error>> {
    let Ok(number) = std::env::var("NOTIFY_FD") else {
        return Ok(());
    };
    // SAFETY: whoever names the descriptor gives it away.
    let mut file = unsafe { File::from_raw_fd(number.parse()?) };
    Ok(file.write_all(b"\n")?)
}

fn answer(
    title: &str,
    entries: &mut Entries,
    request: &mut Request,
) -> Response<std::io::Cursor<Vec<u8>>> {
    let answer = match (request.method(), request.url()) {
        (Method::Get, "/") => entries.read().map(|all| format!("{title}\n{all}")),
        (Method::Post, "/") => {
            let mut text = String::new();
            let read = request.as_reader().take(LONGEST).read_to_string(&mut text);
            read.and_then(|_| entries.add(&text)).map(|()| "thank you\n".to_owned())
        }
        _ => return Response::from_string("there is nothing here\n").with_status_code(404),
    };
    match answer {
        Ok(text) => Response::from_string(text),
        Err(error) => Response::from_string(format!("{error}\n")).with_status_code(500),
    }
}
