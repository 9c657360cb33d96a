//! What a run was, when it is over.

use std::time::Duration;

use super::tally::{JobState, Phase, Tally};
use crate::cli::ui::Ui;
use crate::cli::units;
use crate::engine::Outcome;

/// A build is worth being named from here on.
const SLOW: Duration = Duration::from_secs(1);

/// How many of the slowest are named.
const NAMED: usize = 3;

/// Tells what was done, and what took longest.
pub(in crate::cli) fn show(ui: &Ui, tally: &Tally) {
    if ui.is_json() {
        return;
    }
    if let Some(line) = done(tally) {
        ui.status(line);
    }
    if let Some(line) = slowest(tally) {
        ui.status(line);
    }
}

fn done(tally: &Tally) -> Option<String> {
    let with = |outcome, build| {
        let is = move |job: &&JobState| job.phase == Phase::Done(outcome) && job.build == build;
        tally.jobs.values().filter(is)
    };
    let mut parts = Vec::new();
    for (outcome, verb) in [
        (Outcome::Built, "built"),
        (Outcome::Reproduced, "reproduced"),
        (Outcome::Found, "found"),
    ] {
        match with(outcome, true).count() {
            0 => {}
            number => parts.push(format!("{verb} {number}")),
        }
    }
    let downloads: Vec<u64> = with(Outcome::Built, false)
        .chain(with(Outcome::Brought, false))
        .chain(with(Outcome::Brought, true))
        .filter_map(|job| Some(job.download.as_ref()?.bytes))
        .collect();
    if !downloads.is_empty() {
        let bytes = units::bytes(downloads.iter().sum());
        parts.push(format!("fetched {} ({bytes})", downloads.len()));
    }
    if parts.is_empty() {
        return None;
    }
    let (wall, cpu) = (
        units::duration(tally.began.elapsed()),
        units::duration(cpu(tally)),
    );
    Some(format!(
        "{} in {wall}, with {cpu} of processor time",
        parts.join(", ")
    ))
}

fn cpu(tally: &Tally) -> Duration {
    let milliseconds = |job: &JobState| match job.phase {
        Phase::Done(Outcome::Found | Outcome::Brought) => 0,
        _ => job.usage.user_ms + job.usage.system_ms,
    };
    Duration::from_millis(tally.jobs.values().map(milliseconds).sum())
}

fn slowest(tally: &Tally) -> Option<String> {
    let ran = |job: &&JobState| {
        let here = matches!(job.phase, Phase::Done(Outcome::Built | Outcome::Reproduced));
        here && job.build && job.took >= SLOW
    };
    let mut jobs: Vec<&JobState> = tally.jobs.values().filter(ran).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.took));
    let named = jobs.iter().take(NAMED);
    let named: Vec<_> = named
        .map(|job| format!("{} ({})", job.label, units::duration(job.took)))
        .collect();
    (!named.is_empty()).then(|| format!("slowest: {}", named.join(", ")))
}
