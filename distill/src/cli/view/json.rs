//! Events as JSON, one object each. The field `event` says which.

use serde_json::{Value, json};

use super::tally::{Tally, id};
use crate::cli::error::Report;
use crate::cli::exit::Exit;
use crate::engine::{Event, ExecuteError, Failure, Outcome};
use crate::store::Usage;

/// The object for an event.
pub(super) fn event(event: &Event, tally: &Tally) -> Value {
    let mut value = match event {
        Event::Planned {
            build, estimate, ..
        } => {
            json!({"event": "planned", "build": build, "estimate_ms": milliseconds(estimate)})
        }
        Event::Waiting { .. } => json!({"event": "waiting"}),
        Event::Started { plan, .. } => json!({"event": "started", "plan": plan}),
        Event::Line { text, .. } => json!({"event": "line", "text": text}),
        Event::Finished {
            outcome,
            output,
            usage,
            ..
        } => json!({
            "event": "finished",
            "outcome": name(*outcome),
            "output": output,
            "usage": usage_json(usage),
        }),
        Event::Stopped { .. } => json!({"event": "stopped"}),
        Event::Failed { message, .. } => json!({"event": "failed", "message": message}),
        Event::Downloading {
            file_name, origin, ..
        } => {
            json!({"event": "downloading", "file_name": file_name, "origin": origin})
        }
        Event::Downloaded { bytes, total, .. } => {
            json!({"event": "downloaded", "bytes": bytes, "total": total})
        }
        Event::Remark { text } => json!({"event": "remark", "text": text}),
        Event::Note { text, .. } => json!({"event": "note", "text": text}),
    };
    if let Some(id) = id(event) {
        value["id"] = id.into();
        value["label"] = tally.label(id).into();
    }
    value
}

fn usage_json(usage: &Usage) -> Value {
    serde_json::to_value(usage).expect("plain data")
}

fn milliseconds(time: &std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Built => "built",
        Outcome::Found => "found",
        Outcome::Brought => "fetched",
        Outcome::Reproduced => "reproduced",
    }
}

/// What two runs of one plan made.
fn difference(error: &ExecuteError) -> Value {
    let ExecuteError::NotReproducible {
        recorded,
        now,
        changes,
    } = error
    else {
        return Value::Null;
    };
    let paths: Vec<_> = changes.iter().map(|change| &change.path).collect();
    json!({"recorded": recorded, "now": now, "paths": paths})
}

/// What is known of jobs that failed.
pub(in crate::cli) fn failures(failures: &[Failure]) -> Value {
    let failure = |failure: &Failure| {
        let report = Report::new(&failure.error);
        let hints = [&report.hints[..], &failure.hints].concat();
        json!({
            "label": failure.label,
            "plan": failure.plan,
            "also": failure.also,
            "location": failure.location.map(ToString::to_string),
            "log": failure.log,
            "tail": failure.tail,
            "exit": Exit::from(&failure.error).code(),
            "message": report.message,
            "causes": report.causes,
            "hints": hints,
            "difference": difference(&failure.error),
        })
    };
    failures.iter().map(failure).collect()
}
