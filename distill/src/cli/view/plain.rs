//! Events as lines that stay.

use crate::cli::ui::Ui;
use crate::cli::units;
use crate::engine::{Event, JobId, Outcome};

use super::tally::{JobState, Tally};

/// The line for an event that has just been counted, if it is worth one.
pub(super) fn line(event: &Event, tally: &Tally, ui: &Ui) -> Option<String> {
    match event {
        Event::Waiting { id } => {
            let label = tally.label(*id);
            Some(format!(
                "{} for another process that makes {label}",
                ui.bold("waiting")
            ))
        }
        Event::Started { id, .. } => {
            let job = tally.jobs.get(id)?;
            let worth = job.build || ui.is_verbose();
            worth.then(|| format!("{} {}", ui.bold(doing(job)), job.label))
        }
        Event::Finished { id, outcome, .. } => finished(*id, *outcome, tally, ui),
        // Why is told at the end, where nothing pushes it away.
        Event::Failed { id, .. } => Some(format!("{} {}", ui.red("failed"), tally.label(*id))),
        Event::Stopped { id } => {
            let job = tally.jobs.get(id)?;
            let worth = job.build || job.download.is_some();
            worth.then(|| format!("{} {}", ui.dim("stopped"), job.label))
        }
        Event::Downloading {
            file_name, origin, ..
        } => Some(format!("{} {file_name} from {origin}", ui.bold("fetching"))),
        Event::Note { id, text } => {
            let worth = ui.is_verbose();
            worth.then(|| format!("{} {}: {text}", ui.dim("note"), tally.label(*id)))
        }
        Event::Remark { text } => Some(format!("{} {text}", ui.bold("note"))),
        Event::Planned { .. } | Event::Line { .. } | Event::Downloaded { .. } => None,
    }
}

fn doing(job: &JobState) -> &'static str {
    if job.build { "building" } else { "making" }
}

fn finished(id: JobId, outcome: Outcome, tally: &Tally, ui: &Ui) -> Option<String> {
    let job = tally.jobs.get(&id)?;
    let worth = job.build || job.download.is_some() || ui.is_verbose();
    let done = match (outcome, &job.download) {
        (Outcome::Found, _) => "found",
        (Outcome::Reproduced, _) => "reproduced",
        (Outcome::Built, Some(_)) | (Outcome::Brought, _) => "fetched",
        (Outcome::Built, None) if job.build => "built",
        (Outcome::Built, None) => "made",
    };
    let size = match &job.download {
        Some(download) => format!(" ({})", units::bytes(download.bytes)),
        None => String::new(),
    };
    let progress = format!("[{}/{}]", tally.done(), tally.jobs.len());
    worth.then(|| {
        let (label, took) = (&job.label, units::duration(job.took));
        format!(
            "{} {label}{size} in {took} {}",
            ui.green(done),
            ui.dim(&progress)
        )
    })
}
