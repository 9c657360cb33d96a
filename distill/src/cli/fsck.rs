//! `fsck`: looks for damage in the store.

use serde_json::json;

use super::args::FsckArgs;
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::units;

pub(super) fn run(invocation: &Invocation<'_>, args: &FsckArgs) -> Result<u8, CliError> {
    let (store, ui) = (invocation.store()?, &invocation.ui);
    let _alone = if args.dry_run {
        None
    } else {
        Some(store.exclusive()?)
    };
    let report = store.verify(&|object| ui.detail(format_args!("checking {object}")))?;
    for damage in &report.damages {
        if ui.is_json() {
            let (path, text) = (damage.path(&store), damage.to_string());
            ui.json(&json!({"path": path, "damage": text}))?;
        } else {
            ui.data(format_args!("{}: {damage}", damage.path(&store)))?;
        }
    }
    let checked = format!(
        "{} checked, {} and {}",
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
    for damage in &report.damages {
        store.remove_damaged(damage)?;
    }
    let removed = units::count(report.damages.len(), "thing");
    ui.status(format_args!(
        "{checked}: removed {removed}, which will be made again when needed"
    ));
    Ok(Exit::Success.code())
}
