//! What a program of Distill is about: an image, and packages that can be built by name.

use std::error::Error;
use std::sync::OnceLock;

use camino::Utf8Path;

use super::args::RunOptions;
use super::error::CliError;
use super::host::Environment;
use super::ui::Ui;
use crate::engine::Cancel;
use crate::package::Config;
use crate::plan::{Name, Object, Plan};
use crate::store::Store;
use crate::system::ImageForm;

type Expand = dyn Fn() -> Result<Plan, Box<dyn Error + Send + Sync>> + Send + Sync;
type Runner = dyn Fn(&RunContext<'_>) -> Result<u8, CliError> + Send + Sync;

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

/// What the commands are about.
pub struct Target {
    name: String,
    expand: Box<Expand>,
    image: OnceLock<Plan>,
    packages: Vec<(String, Plan)>,
    forms: Vec<(ImageForm, Config)>,
    runner: Option<Box<Runner>>,
}

impl Target {
    /// A target whose image is `image`; the file will be called `name.img`.
    pub fn new(name: impl Into<String>, image: Plan) -> Target {
        Target::computed(name, move || {
            Ok::<_, std::convert::Infallible>(image.clone())
        })
    }

    /// A target whose image is computed when a command needs it. Commands that do not, such as
    /// `doctor`, work also if that fails.
    pub fn computed<E: Into<Box<dyn Error + Send + Sync>>>(
        name: impl Into<String>,
        image: impl Fn() -> Result<Plan, E> + Send + Sync + 'static,
    ) -> Target {
        Target {
            name: name.into(),
            expand: Box::new(move || image().map_err(Into::into)),
            image: OnceLock::new(),
            packages: Vec::new(),
            forms: Vec::new(),
            runner: None,
        }
    }

    /// The same with a package that can be built by this name, whether the image needs it or not.
    pub fn with_package(mut self, name: impl Into<String>, package: Plan) -> Target {
        self.packages.push((name.into(), package));
        self
    }

    /// The same with a form that the image can be had in, made with what `config` has.
    pub fn with_form(mut self, form: ImageForm, config: &Config) -> Target {
        self.forms.push((form, config.clone()));
        self
    }

    /// The same with what `run` does once the image is there; it gives the exit status.
    pub fn with_runner(
        mut self,
        runner: impl Fn(&RunContext<'_>) -> Result<u8, CliError> + Send + Sync + 'static,
    ) -> Target {
        self.runner = Some(Box::new(runner));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The image.
    pub fn image(&self) -> Result<&Plan, CliError> {
        if let Some(image) = self.image.get() {
            return Ok(image);
        }
        Name::new(self.name.as_str()).map_err(|error| CliError::Target(error.into()))?;
        let image = (self.expand)().map_err(CliError::Target)?;
        Ok(self.image.get_or_init(|| image))
    }

    /// The image in a form, and how its file's name ends.
    pub(super) fn form(&self, name: &str) -> Result<(Plan, &str), CliError> {
        let mut forms = self.forms.iter();
        match forms.find(|(form, _)| form.name == name) {
            Some((form, config)) => Ok((form.of(config, self.image()?.clone()), &form.extension)),
            None => Err(self.no_form(name)),
        }
    }

    fn no_form(&self, name: &str) -> CliError {
        let names: Vec<&str> = self.forms.iter().map(|(form, _)| &*form.name).collect();
        let hint = match &names[..] {
            [] => "its platform knows one form only: leave out `--format`".to_owned(),
            names => format!("there are {}", names.join(", ")),
        };
        CliError::Usage(format!(
            "cannot make `{}` in the format `{name}`\nhint: {hint}",
            self.name
        ))
    }

    pub(super) fn packages(&self) -> &[(String, Plan)] {
        &self.packages
    }

    pub(super) fn runner(&self) -> Option<&Runner> {
        self.runner.as_deref()
    }
}

impl From<Plan> for Target {
    /// The image, called as the plan is.
    fn from(image: Plan) -> Target {
        Target::new(image.name().to_string(), image)
    }
}
