//! What a service was given that services of its kind do not have.

use std::panic::Location;

use super::finding::{Finding, Problem};
use super::kind::{Kind, Readiness};
use super::service::Service;

/// What would have no effect: nobody is told of it later.
pub(super) fn check(services: &[Service]) -> Vec<Finding> {
    services.iter().flat_map(check_service).collect()
}

fn check_service(service: &Service) -> Vec<Finding> {
    let misused = service.misuses.iter();
    let misused = misused.map(|misuse| finding(service, misuse.method, misuse.location));
    let empty = match &service.kind {
        Kind::Bundle(_) => of_bundle(service),
        Kind::Longrun(_) | Kind::Oneshot(_) => Vec::new(),
    };
    let empty = empty
        .into_iter()
        .map(|method| finding(service, method, service.location));
    misused.chain(empty).chain(never_late(service)).collect()
}

/// What a bundle has that would have no effect: it is a name for others.
fn of_bundle(service: &Service) -> Vec<&'static str> {
    let given = [
        ("directory", !service.directories.is_empty()),
        ("writes", !service.writes.is_empty()),
        ("provides", !service.provides.is_empty()),
        ("listens", !service.listens.is_empty()),
        (
            "on_first_boot",
            service.files.iter().any(|file| file.first_boot),
        ),
        ("kernel", !service.kernel.is_empty()),
        ("invalid", !service.problems.is_empty()),
        ("timeout_up", service.timeout_up.is_some()),
        ("timeout_down", service.timeout_down.is_some()),
    ];
    let given = given.into_iter().filter(|(_, given)| *given);
    given.map(|(method, _)| method).collect()
}

/// A limit for getting ready, where nobody knows when that is.
fn never_late(service: &Service) -> Option<Finding> {
    let longrun = service.as_longrun()?;
    let late = service.timeout_up.is_some() && matches!(longrun.readiness, Readiness::Unknown);
    late.then(|| {
        let name = service.name.clone();
        Finding::new(Problem::NeverLate { service: name }, service.location)
    })
}

fn finding(
    service: &Service,
    method: &'static str,
    location: &'static Location<'static>,
) -> Finding {
    let problem = Problem::Misused {
        service: service.name.clone(),
        kind: service.kind.name(),
        method,
        hint: hint(&service.kind, method),
    };
    Finding::new(problem, location)
}

/// What somebody may have meant.
fn hint(kind: &Kind, method: &str) -> &'static str {
    match (kind, method) {
        (Kind::Bundle(_), _) => "say it of the services that the bundle contains",
        (Kind::Longrun(_), _) => "`finish` runs whenever the daemon has ended",
        (_, "finish") => "`down` runs at shutdown; what follows the script stands in it",
        (_, "notification_fd" | "ready_when" | "ready_when_started") => {
            "it is ready when its script has succeeded: let the script wait for what has to be so"
        }
        (_, "producer_for" | "consumer_for") => {
            "its script runs in no pipeline: connect its output with `pipeline` or `redirfd`"
        }
        (_, "down_signal" | "max_death_tally") => "nothing of it runs that could be told to end",
        (_, _) => "make it a daemon with `Service::longrun`",
    }
}
