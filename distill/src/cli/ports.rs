//! Ports of this machine that lead into the one that `run` starts.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use super::error::CliError;
use crate::machine::{Forward, free_port};
use crate::store::io::At as _;

/// Where SSH listens.
pub(super) const SSH: u16 = 22;

/// The first port that is tried for it here.
const FIRST_PORT: u16 = 2222;

/// What the user asked for, and SSH.
pub(super) fn forwards(wanted: &[Forward]) -> Result<Vec<Forward>, CliError> {
    let mut forwards = wanted.to_vec();
    if !forwards.iter().any(|forward| forward.guest == SSH) {
        let host = free_port(FIRST_PORT).at("listen on", "127.0.0.1")?;
        forwards.insert(0, Forward { host, guest: SSH });
    }
    Ok(forwards)
}

/// Whether the ports that the user asked for can be had: better asked before a build than after it.
pub(super) fn check(wanted: &[Forward]) -> Result<(), CliError> {
    // All at a time, since nobody can have one twice.
    let mut taken = Vec::new();
    for Forward { host, guest } in wanted {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, *host)) {
            Ok(listener) => taken.push(listener),
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::AddrInUse => "it is in use".to_owned(),
                    ErrorKind::PermissionDenied => "ports below 1024 are root's".to_owned(),
                    _ => error.to_string(),
                };
                let other = free_port(8000 + guest % 1000).unwrap_or(FIRST_PORT);
                let text = format!(
                    "cannot lead port {host} of this machine to port {guest} of the other one: {why}\n\
                     hint: take another one, such as `--port {other}:{guest}`"
                );
                return Err(CliError::Unfit(text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_said_with_what_can() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let host = taken.local_addr().unwrap().port();
        let said = check(&[Forward { host, guest: 80 }])
            .unwrap_err()
            .to_string();
        let expected = format!(
            "cannot lead port {host} of this machine to port 80 of the other one: it is in use\nhint: "
        );
        assert!(said.starts_with(&expected), "{said}");
        drop(taken);
        let (one, two) = (Forward { host, guest: 80 }, Forward { host, guest: 81 });
        assert!(check(&[one]).is_ok());
        let said = check(&[one, two]).unwrap_err().to_string();
        assert!(
            said.contains("to port 81 of the other one: it is in use"),
            "{said}"
        );
    }

    #[test]
    fn ssh_is_led_in_unless_the_user_does_it() {
        let wanted = Forward {
            host: 8080,
            guest: 80,
        };
        let forwards = forwards(&[wanted]).unwrap();
        assert_eq!(forwards.len(), 2);
        assert_eq!((forwards[0].guest, forwards[1]), (SSH, wanted));
        let own = [Forward {
            host: 2022,
            guest: SSH,
        }];
        assert_eq!(super::forwards(&own).unwrap(), own);
    }
}
