//! `gc`: removes what no image needs.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::args::GcArgs;
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::preflight::Volume;
use super::units;
use crate::plan::Object;
use crate::store::gc::Keep;
use crate::store::{Root, Store};

pub(super) fn run(invocation: &Invocation<'_>, args: &GcArgs) -> Result<u8, CliError> {
    let store = invocation.store()?;
    let _alone = if args.dry_run {
        None
    } else {
        Some(store.exclusive()?)
    };
    let mut keep = current(invocation, &store)?;
    let (kept, forgotten) = choose(store.roots()?, args, now());
    keep.plans.extend(kept.iter().map(|root| root.plan));
    keep.objects.extend(kept.iter().map(|root| root.output));
    let garbage = store.garbage(&keep)?;
    let ui = &invocation.ui;
    for (object, size) in &garbage.objects {
        if ui.is_json() {
            ui.json(&json!({"object": object, "bytes": size}))?;
        } else if args.dry_run {
            ui.data(format_args!("{:>10}  {object}", units::bytes(*size)))?;
        } else {
            ui.detail(format_args!("removing {object}"));
        }
    }
    let (bytes, objects) = (units::bytes(garbage.bytes()), garbage.objects.len());
    let objects = units::count(objects, "object");
    if args.dry_run {
        ui.status(format_args!("would remove {objects}, up to {bytes}"));
        return Ok(Exit::Success.code());
    }
    let before = Volume::of(store.root())?.free;
    for root in &forgotten {
        store.drop_root(&root.plan)?;
    }
    store.collect(&garbage)?;
    let after = Volume::of(store.root())?.free;
    let (freed, free) = (
        units::bytes(after.saturating_sub(before)),
        units::bytes(after),
    );
    ui.status(format_args!(
        "removed {objects}: {freed} more are free now, {free} in all"
    ));
    Ok(Exit::Success.code())
}

/// What the target is made of, as far as it is known.
fn current(invocation: &Invocation<'_>, store: &Store) -> Result<Keep, CliError> {
    let roots = invocation.roots()?;
    let graph = invocation.graph(&roots, store)?;
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
    let days = Duration::from_secs(u64::from(args.keep_days) * 24 * 60 * 60);
    let oldest = now.saturating_sub(days.as_secs());
    let mut names = BTreeSet::new();
    // The newest come first: the first one of a name is the last image of it.
    roots.into_iter().partition(|root| {
        let newest = names.insert(root.name.clone());
        !args.all_unused && (newest || root.time >= oldest)
    })
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
            };
            let (kept, forgotten) = choose(roots.to_vec(), &args, 1_000_000_000);
            (kept.len(), forgotten)
        };
        assert_eq!(chosen(false), (3, vec![roots[2].clone(), roots[4].clone()]));
        assert_eq!(chosen(true).0, 0);
    }
}
