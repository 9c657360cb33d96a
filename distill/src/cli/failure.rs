//! Errors, told with all that helps to mend them.

use serde_json::json;

use super::error::{CliError, Report};
use super::exit::Exit;
use super::graph::argument;
use super::settings::Settings;
use super::ui::Ui;
use super::view;
use crate::engine::{BuildError, ExecuteError, Failure};
use crate::plan::Source;
use crate::store::object_path;
use crate::system::{Finding, SystemError};

/// Tells why a command failed.
pub(super) fn show(ui: &Ui, settings: &Settings, error: &CliError) {
    match error {
        CliError::BrokenPipe => return,
        CliError::Build(BuildError::Failed { failures, .. }) => {
            for failure in failures {
                show_failure(ui, settings, failure);
            }
        }
        CliError::Build(BuildError::Definition(errors)) => {
            for error in errors {
                ui.error(&Report::new(error));
            }
        }
        CliError::Target(error) => {
            if let Some(error) = error.downcast_ref::<SystemError>() {
                return show_findings(ui, error);
            }
        }
        _ => {}
    }
    ui.error(&Report::new(error));
    if ui.is_json() {
        show_json(ui, error);
    }
}

/// Each finding with its own hints, then what they are about.
fn show_findings(ui: &Ui, error: &SystemError) {
    for finding in &error.findings {
        ui.error(&Report::new(finding));
    }
    let (count, platform) = (error.findings.len(), &error.platform);
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    let message =
        format!("cannot put the system on `{platform}`: {count} {mistakes}, as told above");
    ui.error(&Report {
        message: message.clone(),
        ..Report::default()
    });
    if ui.is_json() {
        let finding = |finding: &Finding| {
            let report = Report::new(&finding.problem);
            json!({
                "location": finding.location.to_string(),
                "message": report.message,
                "hints": report.hints,
            })
        };
        let findings: Vec<_> = error.findings.iter().map(finding).collect();
        let code = Exit::Definition.code();
        let value =
            json!({"event": "error", "exit": code, "message": message, "findings": findings});
        let _ = ui.json(&value);
    }
}

fn show_json(ui: &Ui, error: &CliError) {
    let report = Report::new(error);
    let mut value = json!({
        "event": "error",
        "exit": error.exit().code(),
        "message": report.message,
        "causes": report.causes,
        "hints": report.hints,
    });
    if let CliError::Build(BuildError::Failed { failures, .. }) = error {
        value["failures"] = view::failures(failures);
    }
    if let CliError::Offline(sources) = error {
        let source =
            |source: &Source| json!({"file_name": source.file_name, "digest": source.digest});
        value["sources"] = sources.iter().map(source).collect();
    }
    let _ = ui.json(&value);
}

fn show_failure(ui: &Ui, settings: &Settings, failure: &Failure) {
    let report = Report::new(&failure.error);
    let label = ui.bold(&failure.label);
    let mut text = format!("{} {label}: {}\n", ui.red("error:"), report.message);
    for cause in &report.causes {
        text += &format!("  {} {cause}\n", ui.dim("because:"));
    }
    let mut fact = |name: &str, value: &str| text += &format!("  {} {value}\n", ui.dim(name));
    if let Some(location) = failure.location {
        fact("defined: ", &location.to_string());
    }
    if let Some(plan) = &failure.plan {
        fact("plan:    ", &plan.to_string());
    }
    if !failure.also.is_empty() {
        fact("also:    ", &failure.also.join(", "));
    }
    if let Some(log) = &failure.log {
        fact("log:     ", log.as_str());
    }
    if let (Some(plan), Some(_)) = (&failure.plan, &failure.log) {
        let plan = argument(plan);
        fact("read it: ", &settings.command(&["log", &plan]));
        fact("look in: ", &settings.command(&["shell", &plan]));
    }
    if let (ExecuteError::NotReproducible { recorded, now, .. }, Ok(store)) =
        (&failure.error, settings.store())
    {
        fact("recorded:", object_path(store, recorded).as_str());
        fact("now:     ", object_path(store, now).as_str());
    }
    if !failure.tail.is_empty() {
        text += &format!("  {}\n", ui.dim("its last lines:"));
    }
    for line in &failure.tail {
        text += &format!("  {} {line}\n", ui.dim("|"));
    }
    text += &ui.hints(&report.hints);
    text += &ui.hints(&failure.hints);
    ui.tell(&text);
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::cli::args::GlobalOptions;
    use crate::cli::tests::{Shared, World};
    use crate::engine::sandbox::Status;
    use crate::plan::{Hash, PlanHash};

    fn failed(location: &'static Location<'static>) -> CliError {
        let failure = Failure {
            label: "zlib-1.3.1 (x86_64-linux-musl)".into(),
            plan: Some(PlanHash(Hash::of("zlib"))),
            location: Some(location),
            log: Some("/store/logs/x/y.zst".into()),
            tail: vec!["cc -c adler32.c".into(), "adler32.c:1: error: no".into()],
            hints: vec!["say yes".into()],
            error: ExecuteError::Failed {
                status: Status::Code(2),
            },
            also: vec!["libz (x86_64-linux-musl)".into()],
        };
        BuildError::Failed {
            failures: vec![failure],
            skipped: 3,
        }
        .into()
    }

    /// What is told on standard error, and on standard output.
    fn told(options: &GlobalOptions, error: &CliError) -> (String, String) {
        let world = World::new();
        let (host, stdout, stderr) = world.host(&[]);
        let settings = Settings::gather(options, &host);
        let ui = Ui::new(&settings, host.stdout, host.stderr, None);
        show(&ui, &settings, error);
        let text = |stream: &Shared| world.normal(&stream.text());
        (text(&stderr), text(&stdout))
    }

    #[test]
    fn a_failed_build_tells_all_that_helps() {
        let options = GlobalOptions {
            store: Some("/my store".into()),
            ..GlobalOptions::default()
        };
        let error = failed(Location::caller());
        assert_eq!(error.exit().code(), 10);
        insta::assert_snapshot!(told(&options, &error).0, @r"
        error: zlib-1.3.1 (x86_64-linux-musl): the build ended with exit status 2
          defined:  RECIPE
          plan:     ojW4eooorupf2LOpjx76clxAEGbdu4e4rMqAwGLLDPQ=
          also:     libz (x86_64-linux-musl)
          log:      /store/logs/x/y.zst
          read it:  droplet log ojW4eooo --store '/my store'
          look in:  droplet shell ojW4eooo --store '/my store'
          its last lines:
          | cc -c adler32.c
          | adler32.c:1: error: no
        hint: say yes
        error: 1 job failed, and 3 more could not be tried
        ");
    }

    #[test]
    fn as_json_too() {
        let options = GlobalOptions {
            json: true,
            ..GlobalOptions::default()
        };
        let (_, stdout) = told(&options, &failed(Location::caller()));
        let value: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(value["exit"], 10);
        assert_eq!(value["failures"][0]["tail"][1], "adler32.c:1: error: no");
        assert_eq!(value["failures"][0]["hints"][0], "say yes");
        assert_eq!(
            value["failures"][0]["message"],
            "the build ended with exit status 2"
        );
    }
}
