//! `run`: boots the image. How is the platform's matter.

use super::args::{RunArgs, RunOptions};
use super::build::{build_image, dry_run};
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use super::keys::Keys;
use super::machine::attached;
use super::ports;
use super::session::Session;
use super::target::RunContext;

pub(super) fn run(invocation: &Invocation<'_>, args: &RunArgs) -> Result<u8, CliError> {
    let target = invocation.target;
    let Some(runner) = target.runner() else {
        let name = target.name();
        let text = format!(
            "cannot run `{name}`: its platform does not say how\nhint: `build` prints where the image is"
        );
        return Err(CliError::Definition(text));
    };
    check(invocation, &args.run)?;
    let session = Session::open(invocation)?;
    if args.run.dry_run {
        let image = std::slice::from_ref(target.image()?);
        if !session.survey(image)?.missing.is_empty() {
            dry_run(invocation, &session, image)?;
            let text = "the machine's command line can be told when the image is there";
            invocation.ui.status(text);
            return Ok(Exit::Success.code());
        }
    }
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

/// Whether the machine can have what the user wants to give it: better asked before a build than after it.
fn check(invocation: &Invocation<'_>, options: &RunOptions) -> Result<(), CliError> {
    attached(&options.attach, &invocation.settings.directory)?;
    Keys::gather(&options.ssh_key, &invocation.env)?;
    if options.dry_run {
        return Ok(());
    }
    ports::check(&options.port)
}
