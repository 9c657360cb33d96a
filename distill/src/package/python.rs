//! The template for programs in Python.

mod distribution;
mod hints;
mod pylock;
mod requirements;

use super::definition::Package;
use super::execline;
use super::recipe::{Recipe, common, or_mistake, template};
use super::script::{Script, Variables, Words};
use super::source::Pin;
use crate::plan::{
    AbsPath, Action, Artifact, Contents, Literal, LiteralNode, Merge, Mode, Name, Plan, RelPath,
};
use distribution::Distribution;
use hints::HINTS;

template! {
    /// A program or a library in Python, with all that it needs. Each requirement is a source of its own: a wheel
    /// that is pure, or a source that a wheel is made of. They are installed before the program, and stay
    /// installed when only the program changes.
    ///
    /// Everything lies where the config's Python looks for it, compiled; entry points are programs in `/usr/bin`. The
    /// interpreter is a package of its own, which an image needs beside this one.
    Python {
        /// The text of the list of requirements, a `requirements.txt` with hashes or a `pylock.toml`; instead of
        /// the one in the source's directory, or for a source that comes from outside.
        requirements: Option<String>,
        /// Where the program's `pyproject.toml` lies, below the source.
        subdir: String,
        /// Runs before the program is installed.
        prepare: Script,
        /// Runs after the installation.
        cleanup: Script,
    }
}

/// What the lists of requirements are called, in the order in which they are looked for.
const LISTS: [&str; 2] = ["pylock.toml", "requirements.txt"];
/// What makes a directory a source that can be installed.
const PROJECTS: [&str; 2] = ["pyproject.toml", "setup.py"];
/// Where the requirements lie as they came. Build systems write to a source.
const REQUIREMENTS: &str = "/src/requirements";
/// Where they lie when they are installed.
const INSTALLED: &str = "/installed";
/// The program that installs.
const INSTALL: &str = "python/install.py";

impl Python {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(self) -> Plan {
        let (location, name) = (self.location, self.name.clone());
        or_mistake(self.build(), name, location)
    }

    fn build(mut self) -> Result<Plan, String> {
        let python = self.config.target().python.clone();
        if python.tools.is_empty() {
            return Err(format!(
                "the config for `{}` has no Python\nhint: name it in the config's `Target::python`",
                self.config.triple()
            ));
        }
        let files = self.files_of_source()?;
        let distributions = match self.text_of_list(files.as_ref())? {
            Some(text) if pylock::is_one(&text) => pylock::parse(&text)?,
            Some(text) => requirements::parse(&text)?,
            None => Vec::new(),
        };
        self.tools.extend(python.tools);
        self.hints.extend(HINTS);
        let variables = Variables::new()
            .set("PYTHONHASHSEED", "0")
            .set("PYTHONDONTWRITEBYTECODE", "1");
        self.env = variables.with(std::mem::take(&mut self.env));
        self.files
            .push(file(INSTALL, include_str!("python/install.py"))?);
        let mut copied = Script::new();
        if !distributions.is_empty() {
            let installed = self.clone().requirements(&distributions)?;
            self.tools.push(Package::at(place(INSTALLED), installed));
            copied = execline! { if { cp -a #{INSTALLED}/. "/out" } };
        }
        Ok(self.program(&copied))
    }

    /// What the source's directory holds, if it is one.
    fn files_of_source(&self) -> Result<Option<Literal>, String> {
        let files = |pin: &Pin| pin.files(&self.name, &self.version);
        let files = self.source.as_ref().map(files).transpose()?.flatten();
        let lacks_project =
            |files: &Literal| !PROJECTS.iter().any(|name| self.find(files, name).is_some());
        if files.as_ref().is_some_and(lacks_project) {
            return Err(
                "its source has no `pyproject.toml`, which says what there is to install\n\
                 hint: for modules and programs in one directory, this is enough:\n\
                 [project]\nname = \"shop\"\nversion = \"1\"\n[project.scripts]\nshop = \"shop:main\""
                    .to_owned(),
            );
        }
        Ok(files)
    }

    /// The file of this name where the program's project lies.
    fn find<'f>(&self, files: &'f Literal, name: &str) -> Option<&'f LiteralNode> {
        let place = format!("{}/{name}", self.subdir);
        files
            .0
            .get(&RelPath::new(place.trim_start_matches('/')).ok()?)
    }

    /// The list of requirements: the recipe's, or that in the directory of the source.
    fn text_of_list(&self, files: Option<&Literal>) -> Result<Option<String>, String> {
        if self.requirements.is_some() {
            return Ok(self.requirements.clone());
        }
        let found = files.and_then(|files| LISTS.iter().find_map(|name| self.find(files, name)));
        match found {
            Some(LiteralNode::File {
                contents: Contents::Local(file),
                ..
            }) => {
                let text = std::fs::read_to_string(file);
                text.map(Some)
                    .map_err(|error| format!("`{file}` cannot be read: {error}"))
            }
            _ => Ok(None),
        }
    }

    /// The requirements, installed.
    fn requirements(mut self, distributions: &[Distribution]) -> Result<Plan, String> {
        let inputs = distributions.iter().map(|one| one.input(self.location));
        let inputs = inputs.collect::<Result<Vec<_>, String>>()?;
        let name = Name::new(format!("{}-wheels", self.name)).map_err(|e| e.to_string())?;
        let action = Action::Merge(Merge { inputs });
        let together = Plan::named(name).location(self.location).action(action);
        self.tools.push(Package::at(place(REQUIREMENTS), together));
        let places = distributions
            .iter()
            .map(|one| format!("{REQUIREMENTS}/{}", one.place()));
        let script = Script::new().command(self.install(&[], places.collect::<Vec<_>>()));
        self.name = format!("{}-requirements", self.name);
        self.version = String::new();
        self.source = None;
        self.sources = Vec::new();
        self.patches = Vec::new();
        self.output_file = None;
        self.setid = Vec::new();
        Ok(common!(self => Recipe { script: script }).plan())
    }

    /// The program itself, if there is one, together with its requirements.
    fn program(self, copied: &Script) -> Plan {
        let here: &[&str] = if self.source.is_some() { &["."] } else { &[] };
        let install = self.install(&["--check"], here);
        let enter = match self.subdir.as_str() {
            "" => Script::new(),
            subdir => Script::cd(subdir),
        };
        let script = execline! {
            #{copied.clone()}
            #{enter}
            #{self.prepare.clone()}
            if { #{install} }
            #{self.cleanup.clone()}
        };
        common!(self => Recipe { script: script }).plan()
    }

    /// Installs what lies at these places.
    fn install(&self, options: &[&str], places: impl Into<Words>) -> Words {
        let series = &self.config.target().python.series;
        let program = [format!("python{series}"), format!("/{INSTALL}")];
        let words = Words::from(program).with(options);
        words.with(series.as_str()).with(places)
    }
}

/// A file at the root.
fn file(path: &str, text: &str) -> Result<Artifact, String> {
    let path = RelPath::new(path).map_err(|e| e.to_string())?;
    Ok(Artifact::file(path, Mode::FILE, text))
}

/// A constant as the place that it names.
fn place(constant: &str) -> AbsPath {
    AbsPath::new(constant).expect("a constant")
}

#[cfg(test)]
mod tests;
