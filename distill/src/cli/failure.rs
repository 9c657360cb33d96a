//! Errors, told with all that helps to mend them.

use serde_json::json;

use super::error::{CliError, Report};
use super::graph::argument;
use super::settings::Settings;
use super::ui::Ui;
use super::view;
use crate::build::{BuildError, ExecuteError, Failure};

/// Tells why a command failed.
pub(super) fn show(ui: &Ui, settings: &Settings, error: &CliError) {
    match error {
        CliError::BrokenPipe => return,
        CliError::Build(BuildError::Failed { failures, .. }) => {
            for failure in failures.iter().filter(|failure| !is_consequence(failure)) {
                show_failure(ui, settings, failure);
            }
        }
        CliError::Build(BuildError::Definition(errors)) => {
            for error in errors {
                ui.error(&Report::new(error));
            }
        }
        _ => {}
    }
    ui.error(&Report::new(error));
    if ui.is_json() {
        show_json(ui, error);
    }
}

/// Stopped because something else went wrong.
fn is_consequence(failure: &Failure) -> bool {
    matches!(failure.error, ExecuteError::Cancelled)
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
    let _ = ui.json(&value);
}

fn show_failure(ui: &Ui, settings: &Settings, failure: &Failure) {
    let report = Report::new(&failure.error);
    let mut text = format!(
        "{} {}: {}\n",
        ui.red("failed"),
        ui.bold(&failure.label),
        report.message
    );
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
    if let Some(log) = &failure.log {
        fact("log:     ", log.as_str());
    }
    if let (Some(plan), Some(_)) = (&failure.plan, &failure.log) {
        let plan = argument(plan);
        fact("read it: ", &settings.command(&["log", &plan]));
        fact("look in: ", &settings.command(&["shell", &plan]));
    }
    if !failure.tail.is_empty() {
        text += &format!("  {}\n", ui.dim("its last lines:"));
    }
    for line in &failure.tail {
        text += &format!("  {} {line}\n", ui.dim("|"));
    }
    text += &ui.hints(&report.hints);
    ui.tell(&text);
}
