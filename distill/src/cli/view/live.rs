//! The live view: a few lines at the end of the terminal that show what is going on.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::tally::{Download, JobState, Phase, Tally};
use crate::cli::host::TerminalSize;
use crate::cli::ui::Ui;
use crate::cli::units;

/// How often it changes.
const INTERVAL: Duration = Duration::from_millis(100);

/// The most jobs that it lists.
const LISTED: usize = 8;

/// Does `work`, and shows `tally` meanwhile, if there is a terminal to show it on.
pub(super) fn beside<T>(ui: &Ui, tally: &Mutex<Tally>, work: impl FnOnce() -> T) -> T {
    if ui.live().is_none() {
        return work();
    }
    let (working, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let drawing = move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if let Some(size) = ui.live() {
                    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    ui.draw(frame(&tally, Instant::now(), size));
                }
            }
            ui.draw(Vec::new());
        };
        // Without one more thread there is no view, and that is all.
        let _ = std::thread::Builder::new().spawn_scoped(scope, drawing);
        // Dropped at the end of this closure, also if the work panics.
        let _working = working;
        work()
    })
}

/// What is shown at `now`: a line with numbers, then builds, longest first, then downloads.
fn frame(tally: &Tally, now: Instant, size: TerminalSize) -> Vec<String> {
    let mut running: Vec<(&JobState, Instant)> = tally
        .jobs
        .values()
        .filter_map(|job| Some((job, job.running()?)))
        .collect();
    running.sort_by_key(|(job, since)| (job.download.is_some(), *since));
    let mut lines = vec![header(tally, now)];
    let room = LISTED.min(size.height.saturating_sub(4));
    for (index, (job, since)) in running.iter().take(room).enumerate() {
        lines.push(match &job.download {
            Some(download) => downloading(job, download, now),
            None => building(job, now - *since, index == 0),
        });
    }
    if running.len() > room {
        lines.push(format!("  and {} more", running.len() - room));
    }
    lines.iter().map(|line| fit(line, size.width)).collect()
}

fn header(tally: &Tally, now: Instant) -> String {
    let number = |is: fn(&JobState) -> bool| tally.jobs.values().filter(|job| is(job)).count();
    let mut parts = vec![format!("{} of {} done", tally.done(), tally.jobs.len())];
    let waiting = number(|job| job.phase == Phase::Waiting);
    if waiting > 0 {
        parts.push(format!("{waiting} waiting for another process"));
    }
    let failed = number(|job| job.phase == Phase::Failed);
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    parts.push(units::clock(now - tally.began));
    if let Some(left) = tally.remaining(now) {
        parts.push(format!("about {} left", units::duration(left)));
    }
    parts.join(" · ")
}

fn building(job: &JobState, elapsed: Duration, with_line: bool) -> String {
    let mut line = format!("  {:<40} {:>7}", job.label, units::clock(elapsed));
    if with_line && !job.line.is_empty() {
        line += "  ";
        line += &job.line;
    }
    line
}

fn downloading(job: &JobState, download: &Download, now: Instant) -> String {
    let total = download
        .total
        .map(|total| format!(" of {}", units::bytes(total)));
    let total = total.unwrap_or_default();
    let milliseconds = (now - download.began).as_millis().max(1);
    let rate = u128::from(download.bytes) * 1000 / milliseconds;
    let (bytes, rate) = (
        units::bytes(download.bytes),
        u64::try_from(rate).unwrap_or(u64::MAX),
    );
    format!(
        "  {:<40} {bytes}{total}, {}/s",
        job.label,
        units::bytes(rate)
    )
}

/// The line, cut to the terminal's width: one that wraps could not be taken away again.
fn fit(line: &str, width: usize) -> String {
    let line: String = line
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    console::truncate_str(&line, width.saturating_sub(1), "…").into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::{Event, Outcome};
    use crate::plan::{Hash, Object, PlanHash};
    use crate::store::Usage;

    fn events() -> Vec<Event> {
        let planned = |id, label: &str, build| Event::Planned {
            id,
            label: label.into(),
            build,
            estimate: Duration::from_secs(60),
        };
        let hash = Hash::of("x");
        let started = |id| Event::Started {
            id,
            plan: PlanHash(hash),
        };
        let output = Object::Tree(hash);
        vec![
            planned(1, "musl-1.2.5 (x86_64-linux-musl)", true),
            planned(2, "linux-6.12", true),
            planned(3, "zlib-1.3.1", true),
            planned(4, "curl-8.5.tar.xz", false),
            planned(5, "curl-8.5", true),
            started(1),
            Event::Finished {
                id: 1,
                outcome: Outcome::Built,
                output,
                usage: Usage::default(),
            },
            started(2),
            Event::Line {
                id: 2,
                text: "  CC\tdrivers/virtio/virtio_ring.o".into(),
            },
            started(3),
            Event::Downloading {
                id: 4,
                file_name: "curl".into(),
                origin: "https://x".into(),
            },
            Event::Downloaded {
                id: 4,
                bytes: 3 << 20,
                total: Some(12 << 20),
            },
            Event::Waiting { id: 5 },
        ]
    }

    fn shown(history: &[&str], size: TerminalSize) -> String {
        let history: BTreeMap<String, u64> = history
            .iter()
            .map(|label| ((*label).to_owned(), 60_000))
            .collect();
        let mut tally = Tally::new(history, 2);
        let (began, later) = (tally.began, |seconds| Duration::from_secs(seconds));
        for (index, event) in events().iter().enumerate() {
            tally.apply(event, began + later(index as u64));
        }
        frame(&tally, began + later(32), size).join("\n")
    }

    #[test]
    fn shows_what_is_going_on() {
        let size = TerminalSize {
            width: 80,
            height: 24,
        };
        insta::assert_snapshot!(shown(&[], size), @r"
        1 of 5 done · 1 waiting for another process · 0:32
          linux-6.12                                  0:25    CC drivers/virtio/virtio…
          zlib-1.3.1                                  0:23
          curl-8.5.tar.xz                          3.0 MiB of 12.0 MiB, 139.6 KiB/s
        ");
    }

    #[test]
    fn guesses_once_there_is_history_and_leaves_room() {
        let size = TerminalSize {
            width: 60,
            height: 6,
        };
        let history = ["linux-6.12", "zlib-1.3.1", "curl-8.5.tar.xz", "curl-8.5"];
        insta::assert_snapshot!(shown(&history, size), @r"
        1 of 5 done · 1 waiting for another process · 0:32 · about…
          linux-6.12                                  0:25    CC d…
          zlib-1.3.1                                  0:23
          and 1 more
        ");
    }
}
