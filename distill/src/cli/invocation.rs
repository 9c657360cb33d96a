//! One call of the program: what it is about, and what is at hand.

use std::io::Read;
use std::sync::{Arc, Mutex};

use super::error::CliError;
use super::host::Environment;
use super::settings::Settings;
use super::target::Target;
use super::ui::Ui;
use super::units;
use crate::engine::Cancel;
use crate::plan::Plan;
use crate::store::Store;

/// What every command gets.
pub(super) struct Invocation<'a> {
    pub(super) target: &'a Target,
    pub(super) settings: Settings,
    pub(super) env: Environment,
    pub(super) ui: Arc<Ui>,
    pub(super) stdin: Mutex<Box<dyn Read + Send>>,
    pub(super) cancel: Cancel,
    /// Whether to take charge of Ctrl-C.
    pub(super) signals: bool,
}

impl Invocation<'_> {
    /// The store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        let store = Store::open(self.settings.store()?)?;
        if let Some(report) = store.recovered() {
            let objects = units::count(report.objects, "object");
            let removed = match report.damages.len() {
                0 => "no damage".to_owned(),
                number => format!("removed {}", units::count(number, "thing")),
            };
            self.ui.status(format_args!(
                "a machine that used the store lost power: {objects} checked, {removed}"
            ));
        }
        Ok(store)
    }

    /// The image and the named packages.
    pub(super) fn roots(&self) -> Result<Vec<Plan>, CliError> {
        let named = self.target.packages().iter().map(|(_, plan)| plan.clone());
        Ok(std::iter::once(self.target.image()?.clone())
            .chain(named)
            .collect())
    }
}
