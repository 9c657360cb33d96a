//! `doctor`: whether this machine can build, and what to change if not.

use camino::Utf8Path;
use nix::sys::utsname::uname;
use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::preflight::Volume;
use super::ui::Ui;
use super::units;
use crate::engine::cpus;
use crate::engine::sandbox::{Capabilities, Lack, probe};
use crate::fetch::Address;
use crate::store::Store;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Fine,
    /// Slower, or with less to fall back on.
    Weak,
    /// Nothing can be built.
    Unfit,
}

/// One thing that was looked at.
struct Finding {
    grade: Grade,
    subject: &'static str,
    text: String,
    hint: Option<String>,
}

impl Finding {
    fn fine(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            grade: Grade::Fine,
            subject,
            text: text.into(),
            hint: None,
        }
    }

    fn bad(
        grade: Grade,
        subject: &'static str,
        text: impl Into<String>,
        hint: impl Into<String>,
    ) -> Finding {
        Finding {
            grade,
            subject,
            text: text.into(),
            hint: Some(hint.into()),
        }
    }

    fn lack(grade: Grade, subject: &'static str, lack: &Lack) -> Finding {
        Finding::bad(grade, subject, &lack.problem, &lack.hint)
    }
}

pub(super) fn run(invocation: &Invocation<'_>) -> Result<u8, CliError> {
    let mut findings = vec![kernel(), processors(), memory(&invocation.settings.root)];
    findings.extend(store(invocation)?);
    findings.push(debian(invocation));
    findings.push(certificates(invocation));
    findings.extend(network(invocation));
    for finding in &findings {
        show(&invocation.ui, finding)?;
    }
    let worst = findings
        .iter()
        .map(|finding| finding.grade)
        .max()
        .unwrap_or(Grade::Fine);
    Ok(match worst {
        Grade::Unfit => Exit::Unfit.code(),
        Grade::Fine | Grade::Weak => Exit::Success.code(),
    })
}

fn show(ui: &Ui, finding: &Finding) -> Result<(), CliError> {
    let Finding {
        grade,
        subject,
        text,
        hint,
    } = finding;
    let word = match grade {
        Grade::Fine => "ok",
        Grade::Weak => "weak",
        Grade::Unfit => "unfit",
    };
    if ui.is_json() {
        return ui.json(&json!({"grade": word, "subject": subject, "text": text, "hint": hint}));
    }
    ui.data(format_args!("{word:<6} {subject:<14} {text}"))?;
    match hint {
        Some(hint) => ui.data(format_args!("       {:<14} hint: {hint}", "")),
        None => Ok(()),
    }
}

fn kernel() -> Finding {
    match uname() {
        Ok(name) => {
            let part = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
            let (release, machine) = (part(name.release()), part(name.machine()));
            Finding::fine("system", format!("Linux {release}, {machine}"))
        }
        Err(errno) => {
            let hint = "use Linux 5.12 or later";
            Finding::bad(
                Grade::Weak,
                "system",
                format!("cannot tell what this is: {errno}"),
                hint,
            )
        }
    }
}

fn processors() -> Finding {
    Finding::fine("processors", format!("{}, as many jobs at a time", cpus()))
}

/// Compilers take about half a GiB each at their worst.
fn memory(root: &Utf8Path) -> Finding {
    let text = std::fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let available = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = available.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    let Some(bytes) = kib.map(|kib| kib * 1024) else {
        return Finding::fine("memory", "cannot tell how much is available");
    };
    let text = format!("{} available", units::bytes(bytes));
    if bytes < cpus() as u64 * (512 << 20) {
        let hint = "build with fewer jobs at a time, as in `--jobs 1`";
        return Finding::bad(Grade::Weak, "memory", text, hint);
    }
    Finding::fine("memory", text)
}

fn store(invocation: &Invocation<'_>) -> Result<Vec<Finding>, CliError> {
    let subject = "store";
    let place = match invocation.settings.store() {
        Ok(place) => place,
        Err(error) => return Ok(vec![unusable(subject, &error), anywhere(invocation)]),
    };
    let store = match Store::open(place) {
        Ok(store) => store,
        Err(error) => return Ok(vec![unusable(subject, &error), anywhere(invocation)]),
    };
    let volume = Volume::of(store.root())?;
    let mut findings = vec![match volume.lack() {
        Some((text, hint)) => {
            Finding::bad(Grade::Unfit, subject, format!("`{place}`: {text}"), hint)
        }
        None => Finding::fine(
            subject,
            format!("`{place}`, {} free", units::bytes(volume.free)),
        ),
    }];
    findings.extend(sandbox(store.temp_dir()?.path()));
    Ok(findings)
}

/// What cannot be used at all, told as the error is.
fn unusable(subject: &'static str, error: &dyn std::error::Error) -> Finding {
    let report = super::error::Report::new(error);
    let text = [vec![report.message], report.causes].concat().join(": ");
    Finding::bad(Grade::Unfit, subject, text, report.hints.join("; "))
}

/// Whether there can be namespaces, which does not depend on the store's file system.
fn anywhere(invocation: &Invocation<'_>) -> Finding {
    let mut findings = sandbox(&invocation.settings.root.join("tmp"));
    findings.swap_remove(0)
}

/// What comes first decides over the others.
fn sandbox(scratch: &Utf8Path) -> Vec<Finding> {
    match probe(scratch) {
        Ok(capabilities) => judge(&capabilities),
        Err(error) => {
            let text = format!("cannot try one in `{scratch}`: {error}");
            let hint = "see `--store`: it has to be a directory that can be written to";
            vec![Finding::bad(Grade::Unfit, "sandbox", text, hint)]
        }
    }
}

fn judge(capabilities: &Capabilities) -> Vec<Finding> {
    let Capabilities {
        namespaces,
        place,
        proc,
        walls,
        formats,
        limits,
        overlay,
    } = capabilities;
    if let Err(lack) = namespaces {
        // The others were tried inside of them.
        return vec![Finding::lack(Grade::Unfit, "namespaces", lack)];
    }
    let namespaces = Finding::fine("namespaces", "can be made without privileges");
    if let Err(lack) = place {
        // The others were tried there.
        return vec![namespaces, Finding::lack(Grade::Unfit, "place", lack)];
    }
    let or = |result: &Result<(), Lack>, grade, subject, text: &str| match result {
        Ok(()) => Finding::fine(subject, text),
        Err(problem) => Finding::lack(grade, subject, problem),
    };
    vec![
        namespaces,
        Finding::fine("place", "builds can reach the store"),
        or(proc, Grade::Unfit, "/proc", "a fresh one can be mounted"),
        or(
            walls,
            Grade::Unfit,
            "walls",
            "mounts can be closed, system calls refused",
        ),
        or(
            formats,
            Grade::Unfit,
            "binfmt_misc",
            "no interpreter of this machine reaches builds",
        ),
        or(limits, Grade::Unfit, "limits", "as builds are promised"),
        or(overlay, Grade::Weak, "overlayfs", "trees can be stacked"),
    ]
}

fn debian(invocation: &Invocation<'_>) -> Finding {
    let (settings, subject) = (&invocation.settings, "debian");
    let own = crate::fetch::read_apt(&settings.root).unwrap_or_default();
    if !settings.debian.is_empty() {
        let text = format!("{} (DISTILL_DEBIAN_MIRROR)", shown(&settings.debian));
        return Finding::fine(subject, text);
    }
    if own.is_empty() {
        let public = crate::fetch::DEBIAN_MIRRORS.join(", ");
        return Finding::fine(
            subject,
            format!("{public} (public mirrors: apt names none)"),
        );
    }
    Finding::fine(subject, format!("{} (apt's own)", shown(&own)))
}

fn certificates(invocation: &Invocation<'_>) -> Finding {
    let places = invocation.settings.certificates();
    match places.iter().find(|path| path.exists()) {
        Some(path) => Finding::fine("certificates", path.as_str()),
        None => Finding::bad(
            Grade::Weak,
            "certificates",
            "none of trusted authorities: `https` cannot be used",
            "install them; Debian, Fedora and Alpine call the package `ca-certificates`",
        ),
    }
}

fn network(invocation: &Invocation<'_>) -> Vec<Finding> {
    let (proxies, mut findings) = (&invocation.settings.proxies, Vec::new());
    for proxy in [&proxies.http, &proxies.https, &proxies.all]
        .into_iter()
        .flatten()
    {
        findings.push(Finding::fine("proxy", proxy.to_string()));
    }
    findings
}

fn shown(addresses: &[Address]) -> String {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_namespaces_nothing_else_counts() {
        let lack = || {
            Err(Lack {
                problem: "no".into(),
                hint: "do".into(),
            })
        };
        let all = Capabilities {
            namespaces: lack(),
            place: lack(),
            proc: lack(),
            walls: lack(),
            formats: lack(),
            limits: lack(),
            overlay: lack(),
        };
        let grades = |capabilities: &Capabilities| {
            judge(capabilities)
                .iter()
                .map(|finding| finding.grade)
                .collect::<Vec<_>>()
        };
        assert_eq!(grades(&all), [Grade::Unfit]);
        let slow = Capabilities {
            namespaces: Ok(()),
            place: Ok(()),
            proc: Ok(()),
            walls: Ok(()),
            formats: Ok(()),
            limits: lack(),
            overlay: lack(),
        };
        let [.., limits, overlay] = grades(&slow)[..] else {
            panic!("nothing was found")
        };
        assert_eq!([limits, overlay], [Grade::Unfit, Grade::Weak]);
    }
}
