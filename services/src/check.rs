//! Configurations that the program itself has read before they get into an image.

use distill::execline;
use distill::package::{Config, Package, Recipe, Script};
use distill::plan::{Artifact, Mode, RelPath};

/// A configuration, and how its program is asked about it.
pub(crate) struct Checked {
    /// What is built; the name of the service will do.
    pub(crate) name: String,
    /// Where the configuration lies in the image, and what it says.
    pub(crate) file: (String, String),
    /// Other files that the check needs, at their paths. They do not get into the image.
    pub(crate) trial: Vec<(String, String)>,
    /// The package with the program.
    pub(crate) program: Package,
    /// What succeeds if the configuration is good. It runs where packages are built, as root of
    /// nothing, without a network; `file` and `trial` lie at their paths.
    pub(crate) check: Script,
}

impl Checked {
    /// A package that holds the file: it is built if the check succeeds, and the build's log says what
    /// the program does not like.
    #[track_caller]
    pub(crate) fn package(self) -> Package {
        let location = std::panic::Location::caller();
        Package::from(move |config: &Config| {
            let (path, text) = &self.file;
            let out = format!("/out{path}");
            let trial = self.trial.iter().filter(|(other, _)| other != path);
            let own = [(path.clone(), text.clone())];
            let files = own.iter().chain(trial).filter_map(file).collect();
            Recipe {
                location,
                name: format!("{}-config", self.name),
                cross: vec![self.program.clone()],
                files,
                script: execline! {
                    if { #{self.check.clone()} }
                    install -D -m 644 #{path} #{out}
                },
                ..Recipe::new(config)
            }
            .plan()
        })
    }
}

fn file((path, text): &(String, String)) -> Option<Artifact> {
    let path = RelPath::new(path.trim_start_matches('/')).ok()?;
    Some(Artifact::file(path, Mode::FILE, text.as_str()))
}
