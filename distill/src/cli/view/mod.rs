//! What happens while a graph is built, shown: a live view on a terminal, plain lines elsewhere, or
//! JSON.

mod json;
mod live;
mod plain;
pub(super) mod summary;
mod tally;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

pub(super) use json::failures;
pub(super) use tally::Tally;

use super::ui::Ui;
use crate::engine::Event;

/// Does `work`, which tells what happens; shows that, and adds it up.
pub(super) fn watch<T>(
    ui: &Ui,
    tally: Tally,
    work: impl FnOnce(&(dyn Fn(Event) + Sync)) -> T,
) -> (T, Tally) {
    let tally = Mutex::new(tally);
    let tell = |event: Event| {
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.apply(&event, Instant::now());
        show(ui, &event, &tally);
    };
    let done = live::beside(ui, &tally, || work(&tell));
    (
        done,
        tally.into_inner().unwrap_or_else(PoisonError::into_inner),
    )
}

/// Shows what is told of the whole of a run in which no job is begun.
pub(super) fn remark(ui: &Ui, event: &Event) {
    if matches!(event, Event::Remark { .. }) {
        show(ui, event, &Tally::new(BTreeMap::new(), 1));
    }
}

/// One event, as lines that stay.
fn show(ui: &Ui, event: &Event, tally: &Tally) {
    if ui.is_json() {
        // If nobody reads them any more, the build still goes on.
        let _ = ui.json(&json::event(event, tally));
        return;
    }
    let lasting = matches!(
        event,
        Event::Finished { .. }
            | Event::Failed { .. }
            | Event::Stopped { .. }
            | Event::Remark { .. }
    );
    if let Some(line) = plain::line(event, tally, ui)
        && (lasting || ui.live().is_none() || ui.is_verbose())
    {
        ui.status(line);
    }
}
