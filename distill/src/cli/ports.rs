//! Ports of this machine that lead into the one that `run` starts.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use super::error::CliError;
use crate::machine::{Forward, free_port};
use crate::store::io::At as _;

/// Where SSH listens.
pub(super) const SSH: u16 = 22;

/// The first port that is tried for it here.
const FIRST_SSH: u16 = 2222;

/// The first port that is tried here for another one.
fn first(guest: u16) -> u16 {
    match guest {
        SSH => FIRST_SSH,
        guest => 8000 + guest % 1000,
    }
}

/// What the user asked for, and before it the other ones that the machine's services listen on.
pub(super) fn forwards(wanted: &[Forward], listens: &[u16]) -> Result<Vec<Forward>, CliError> {
    let mut forwards: Vec<Forward> = Vec::new();
    for guest in listens {
        if wanted.iter().any(|forward| forward.guest == *guest) {
            continue;
        }
        let taken = |forwards: &[Forward], host| {
            let mut all = forwards.iter().chain(wanted);
            all.any(|forward| forward.host == host)
        };
        let mut host = free_port(first(*guest)).at("listen on", "127.0.0.1")?;
        while taken(&forwards, host) {
            host = free_port(host + 1).at("listen on", "127.0.0.1")?;
        }
        let guest = *guest;
        forwards.push(Forward { host, guest });
    }
    forwards.extend(wanted);
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
                let other = free_port(first(*guest)).unwrap_or(FIRST_SSH);
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
    fn what_services_listen_on_is_led_in_unless_the_user_does_it() {
        let wanted = Forward {
            host: 8080,
            guest: 80,
        };
        assert_eq!(forwards(&[wanted], &[]).unwrap(), [wanted]);
        // Two that would have the same one, and one that the user has taken.
        let all = forwards(&[wanted], &[SSH, 80, 1080, 2080]).unwrap();
        let guests: Vec<u16> = all.iter().map(|forward| forward.guest).collect();
        assert_eq!(guests, [SSH, 1080, 2080, 80]);
        let hosts: std::collections::BTreeSet<u16> =
            all.iter().map(|forward| forward.host).collect();
        assert_eq!(hosts.len(), 4, "{all:?}");
        assert_eq!(all[3], wanted);
        assert!(all[0].host >= FIRST_SSH);
    }
}
