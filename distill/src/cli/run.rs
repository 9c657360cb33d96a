//! `run`: boots the image. How is the platform's matter.

use camino::Utf8Path;

use super::args::{RunArgs, RunOptions};
use super::build::build_image;
use super::error::CliError;
use super::host::Environment;
use super::invocation::Invocation;
use super::ui::Ui;
use crate::build::Cancel;
use crate::plan::{Object, Plan};
use crate::store::Store;

/// What a target's runner has at hand.
pub struct RunContext<'a> {
    /// The target's name.
    pub name: &'a str,
    /// The image, which must not be changed unless the options say so.
    pub image: &'a Utf8Path,
    /// Where the program was started.
    pub directory: &'a Utf8Path,
    /// What the user asked for.
    pub options: &'a RunOptions,
    /// The environment, for the user's keys.
    pub env: &'a Environment,
    /// Where to tell what happens.
    pub ui: &'a Ui,
    /// Where what is built lies.
    pub store: &'a Store,
    /// Builds what the runner itself needs, such as QEMU.
    pub build: &'a dyn Fn(&[Plan]) -> Result<Vec<Object>, CliError>,
    /// The wish to stop; Ctrl-C sets it.
    pub cancel: &'a Cancel,
}

pub(super) fn run(invocation: &Invocation<'_>, args: &RunArgs) -> Result<u8, CliError> {
    let target = invocation.target;
    let Some(runner) = target.runner() else {
        let name = target.name();
        let text = format!(
            "cannot run `{name}`: its platform does not say how\nhint: `build` prints where the image is"
        );
        return Err(CliError::Definition(text));
    };
    let session = invocation.session()?;
    let options = args.work.options();
    let image = build_image(invocation, &session, &options)?;
    runner(&RunContext {
        name: target.name(),
        image: &image,
        directory: &invocation.settings.directory,
        options: &args.run,
        env: &invocation.env,
        ui: &invocation.ui,
        store: &session.store,
        build: &|plans| session.build(plans, &options),
        cancel: &session.cancel,
    })
}
