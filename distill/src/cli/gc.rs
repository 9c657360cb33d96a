//! `gc`: removes what no image needs.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::args::GcArgs;
use super::error::CliError;
use super::exit::Exit;
use super::graph::Graph;
use super::invocation::Invocation;
use super::preflight::Volume;
use super::ui::Ui;
use super::units;
use crate::fetch::{StaleDownload, stale_downloads};
use crate::plan::Object;
use crate::store::gc::{Garbage, Keep};
use crate::store::io::At as _;
use crate::store::{Exclusive, Root, Store, StoreError};

/// What goes.
struct Waste {
    garbage: Garbage,
    downloads: Vec<StaleDownload>,
}

pub(super) fn run(invocation: &Invocation<'_>, args: &GcArgs) -> Result<u8, CliError> {
    let store = invocation.store()?;
    let _alone = alone(invocation, args, &store)?;
    let mut keep = current(invocation, &store)?;
    let roots = store.roots()?;
    let now = believable(now(), &roots, &invocation.ui);
    let (kept, forgotten) = choose(roots, args, now);
    keep.plans.extend(kept.iter().map(|root| root.plan));
    keep.objects.extend(kept.iter().map(|root| root.output));
    let waste = Waste {
        garbage: store.garbage(&keep)?,
        downloads: given_up(&store, args, now)?,
    };
    let ui = &invocation.ui;
    waste.tell(ui, args.dry_run)?;
    if args.dry_run {
        let bytes = units::bytes(waste.bytes());
        ui.status(format_args!(
            "would remove {}, up to {bytes}",
            waste.count()
        ));
        return Ok(Exit::Success.code());
    }
    let before = Volume::of(store.root())?.free;
    for root in &forgotten {
        store.drop_root(&root.plan)?;
    }
    waste.remove(&store)?;
    let after = Volume::of(store.root())?.free;
    let (freed, free) = (
        units::bytes(after.saturating_sub(before)),
        units::bytes(after),
    );
    ui.status(format_args!(
        "removed {}: {freed} more are free now, {free} in all",
        waste.count()
    ));
    Ok(Exit::Success.code())
}

/// The right to remove things, unless nothing is to be removed.
fn alone<'s>(
    invocation: &Invocation<'_>,
    args: &GcArgs,
    store: &'s Store,
) -> Result<Option<Exclusive<'s>>, CliError> {
    if args.dry_run {
        return Ok(None);
    }
    match store.exclusive() {
        Err(StoreError::Busy { .. }) if args.wait => {
            let text = "waiting until the processes have ended that use the store";
            invocation.ui.status(text);
            Ok(Some(store.exclusive_in_turn()?))
        }
        alone => Ok(Some(alone?)),
    }
}

/// The time, if it can be: a clock that is years ahead makes everything look old. If nothing was made for a year, it may
/// be one, and the time of the last image counts.
fn believable(now: u64, roots: &[Root], ui: &Ui) -> u64 {
    const YEAR: u64 = 366 * 24 * 60 * 60;
    let newest = roots.iter().map(|root| root.time).max();
    match newest {
        Some(newest) if now > newest.saturating_add(YEAR) => {
            ui.warn(
                "the clock is more than a year ahead of the last image, so nothing is taken for old\n                 hint: set the clock, or say `--all-unused`",
            );
            newest
        }
        _ => now,
    }
}

impl Waste {
    fn bytes(&self) -> u64 {
        let unfinished = self.downloads.iter().map(|download| download.bytes);
        self.garbage.bytes() + unfinished.sum::<u64>()
    }

    fn count(&self) -> String {
        let objects = units::count(self.garbage.objects.len(), "object");
        match self.downloads.len() {
            0 => objects,
            number => format!(
                "{objects} and {}",
                units::count(number, "unfinished download")
            ),
        }
    }

    /// Lists what goes: as data if that is all that is done, else for those who want to know.
    fn tell(&self, ui: &Ui, dry_run: bool) -> Result<(), CliError> {
        let line = |bytes: u64, name: &dyn Display| {
            if dry_run {
                return ui.data(format_args!("{:>10}  {name}", units::bytes(bytes)));
            }
            ui.detail(format_args!("removing {name}"));
            Ok(())
        };
        for (object, bytes) in &self.garbage.objects {
            match ui.is_json() {
                true => ui.json(&json!({"object": object, "bytes": bytes}))?,
                false => line(*bytes, object)?,
            }
        }
        for StaleDownload { path, bytes } in &self.downloads {
            match ui.is_json() {
                true => ui.json(&json!({"download": path, "bytes": bytes}))?,
                false => line(*bytes, path)?,
            }
        }
        Ok(())
    }

    fn remove(&self, store: &Store) -> Result<(), CliError> {
        store.collect(&self.garbage)?;
        for download in &self.downloads {
            download.remove().at("remove", &download.path)?;
        }
        Ok(())
    }
}

/// What the target is made of, as far as it is known.
fn current(invocation: &Invocation<'_>, store: &Store) -> Result<Keep, CliError> {
    let roots = invocation.roots()?;
    let graph = Graph::new(&roots, invocation.target, store)?;
    let mut keep = Keep::default();
    for node in &graph.nodes {
        keep.plans.extend(node.hash);
        keep.objects.extend(node.output);
        let inputs = node.resolved.as_ref().map(|plan| plan.action().inputs());
        keep.objects.extend(inputs.into_iter().flatten().copied());
    }
    keep.objects.extend(
        graph
            .sources()
            .iter()
            .map(|source| Object::Blob(source.digest)),
    );
    Ok(keep)
}

/// The roots that are kept, and those that are forgotten.
fn choose(roots: Vec<Root>, args: &GcArgs, now: u64) -> (Vec<Root>, Vec<Root>) {
    let oldest = oldest(args, now);
    let mut names = BTreeSet::new();
    // The newest come first: the first one of a name is the last image of it.
    roots.into_iter().partition(|root| {
        let newest = names.insert(root.name.clone());
        !args.all_unused && (newest || root.time >= oldest)
    })
}

/// What is older than this, in seconds since 1970, is not kept for its youth.
fn oldest(args: &GcArgs, now: u64) -> u64 {
    now.saturating_sub(u64::from(args.keep_days) * 24 * 60 * 60)
}

/// Downloads that nobody went on with for as long as images are kept.
fn given_up(store: &Store, args: &GcArgs, now: u64) -> Result<Vec<StaleDownload>, CliError> {
    let since = match args.all_unused {
        true => SystemTime::now(),
        false => UNIX_EPOCH + Duration::from_secs(oldest(args, now)),
    };
    let partial = store.partial_dir();
    Ok(stale_downloads(&partial, since).at("look for unfinished downloads in", &partial)?)
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Hash, PlanHash};

    #[test]
    fn the_last_image_of_each_name_is_kept_and_those_of_the_last_days() {
        let root = |name: &str, plan: &str, days: u64| Root {
            time: 1_000_000_000 - days * 86_400,
            ..Root::now(name, PlanHash(Hash::of(plan)), Object::Tree(Hash::of(plan)))
        };
        let roots = [
            root("a", "1", 1),
            root("a", "2", 13),
            root("a", "3", 15),
            root("b", "4", 400),
            root("b", "5", 500),
        ];
        let chosen = |all_unused| {
            let args = GcArgs {
                dry_run: false,
                keep_days: 14,
                all_unused,
                wait: false,
            };
            let (kept, forgotten) = choose(roots.to_vec(), &args, 1_000_000_000);
            (kept.len(), forgotten)
        };
        assert_eq!(chosen(false), (3, vec![roots[2].clone(), roots[4].clone()]));
        assert_eq!(chosen(true).0, 0);
    }
}
