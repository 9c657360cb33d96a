//! `fsck`: looks for damage in the store.

use serde_json::json;

use super::args::FsckArgs;
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::units;
use crate::plan::PlanHash;
use crate::store::Store;

pub(super) fn run(invocation: &Invocation<'_>, args: &FsckArgs) -> Result<u8, CliError> {
    let (store, ui) = (invocation.store()?, &invocation.ui);
    let _alone = if args.dry_run {
        None
    } else {
        Some(store.exclusive()?)
    };
    if let Some(cache) = &args.from_cache {
        return disbelieve(invocation, &store, cache.as_deref(), args.dry_run);
    }
    let report = store.verify(&|object| ui.detail(format_args!("checking {object}")))?;
    for damage in &report.damages {
        if ui.is_json() {
            let (path, text) = (store.damaged_path(damage), damage.to_string());
            ui.json(&json!({"path": path, "damage": text}))?;
        } else {
            ui.data(format_args!("{}: {damage}", store.damaged_path(damage)))?;
        }
    }
    let told = match report.told_by_caches {
        0 => String::new(),
        number => format!(" ({number} from caches)"),
    };
    let checked = format!(
        "{} checked, {} and {}{told}",
        units::bytes(report.bytes),
        units::count(report.objects, "object"),
        units::count(report.records, "record")
    );
    if report.damages.is_empty() {
        ui.status(format_args!("{checked}: no damage"));
        return Ok(Exit::Success.code());
    }
    if args.dry_run {
        let damages = units::count(report.damages.len(), "thing");
        let hint =
            "hint: without `--dry-run`, what is damaged is removed and made again when needed";
        return Err(CliError::Damaged(format!(
            "{checked}: {damages} damaged\n{hint}"
        )));
    }
    store.remove_damaged(&report.damages)?;
    let removed = units::count(report.damages.len(), "thing");
    ui.status(format_args!(
        "{checked}: removed {removed}, which will be made again when needed"
    ));
    Ok(Exit::Success.code())
}

/// Drops what caches said, or what the one of this name did.
fn disbelieve(
    invocation: &Invocation<'_>,
    store: &Store,
    cache: Option<&str>,
    dry_run: bool,
) -> Result<u8, CliError> {
    let (ui, mut told) = (&invocation.ui, store.told_by(cache)?);
    if let Some(name) = cache {
        // A cache in a directory has that for a name, and it may be given as `--cache` was.
        let path = invocation.settings.directory.join(name);
        told.extend(store.told_by(Some(path.as_str()))?);
        told.sort();
        told.dedup();
    }
    for plan in &told {
        tell(invocation, store, plan)?;
        if !dry_run {
            store.drop_record(plan)?;
        }
    }
    let (records, from) = (
        units::count(told.len(), "record"),
        cache.map_or_else(|| "caches".to_owned(), |name| format!("`{name}`")),
    );
    let would = if dry_run { "would drop" } else { "dropped" };
    ui.status(format_args!("{would} {records} from {from}"));
    Ok(Exit::Success.code())
}

fn tell(invocation: &Invocation<'_>, store: &Store, plan: &PlanHash) -> Result<(), CliError> {
    let (ui, record) = (&invocation.ui, store.record(plan)?);
    let Some(record) = record else {
        return Ok(());
    };
    let (label, output) = (&record.label, &record.output);
    if ui.is_json() {
        return ui.json(&json!({"plan": plan, "label": label, "output": output}));
    }
    ui.data(format_args!("{plan} {label}"))
}
