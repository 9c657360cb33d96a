//! The template for programs in Rust.

mod command;
mod hints;
mod lock;
mod manifest;
mod skeleton;
mod variables;
mod vendor;

use super::cc::Cc;
use super::cmmi::tidy;
use super::definition::Package;
use super::directory;
use super::env::Flags;
use super::execline;
use super::recipe::{common, or_mistake, template};
use super::script::{Script, Words};
use super::source::Pin;
use crate::plan::{AbsPath, Artifact, Literal, Mode, Plan, RelPath};
use command::{Command, TARGET};
use hints::HINTS;
use lock::Lock;
use skeleton::skeleton;
use variables::variables;

pub use lock::crates_of;
pub use vendor::{Crate, vendored};

template! {
    /// A program in Rust. Its crates are those of its `Cargo.lock`, each a source of its own; cargo has no network,
    /// and nothing of the user's. They are compiled before the program, and stay compiled when only its own
    /// code changes.
    ///
    /// Programs are linked with the config's C compiler and library. A crate that binds to a library finds it
    /// among `libs`.
    Cargo {
        /// The text of `Cargo.lock`, for a source that comes from outside: what is needed has to be known before it
        /// is fetched. A directory has its own.
        lock: Option<String>,
        /// Where the program's `Cargo.toml` lies, below the source.
        subdir: String,
        /// The package of a workspace to build, instead of those that cargo builds by default.
        package: String,
        /// The programs to build and to install, instead of all.
        bins: Vec<String>,
        /// The examples to build and to install, as programs.
        examples: Vec<String>,
        /// Features to switch on.
        features: Vec<String>,
        /// Switches the default features off.
        no_default_features: bool,
        /// Runs before the program is built, and after its crates are.
        prepare: Script,
        /// Runs after the installation.
        cleanup: Script,
        /// A crate has a part in C++: see [`Cc::cxx`].
        cxx: bool,
        /// For rustc, after the config's own flags.
        rustflags: Vec<String>,
        /// For the C compiler, when build scripts run it, after the config's own flags.
        cflags: Vec<String>,
        /// For linking parts in C, after the config's own flags.
        ldflags: Vec<String>,
    }
}

/// Where the crates lie.
const VENDOR: &str = "/vendor";
/// Where the list of crates lies, if the recipe has it; it is called so in a source, too.
const LOCK: &str = "Cargo.lock";

impl Cargo {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(self) -> Plan {
        let (location, name) = (self.location, self.name.clone());
        or_mistake(self.build(), name, location)
    }

    fn build(mut self) -> Result<Plan, String> {
        let rust = self.config.target().rust.clone();
        if rust.tools.is_empty() {
            return Err(format!(
                "the config for `{}` has no compiler for Rust\nhint: name it in the config's `Target::rust`",
                self.config.triple()
            ));
        }
        if self.dir.is_empty() {
            self.dir = format!("/src/{}-{}", self.name, self.version);
        }
        let files = self.files_of_source()?;
        let lock = Lock::parse(&self.text_of_lock(files.as_ref())?)?;
        let flags = Flags::new(&self.config, &self.cflags, &self.ldflags);
        let own = std::mem::take(&mut self.env);
        self.env = variables(&self.config, self.cxx, &flags, &self.rustflags).with(own);
        self.tools.extend(rust.tools);
        self.cross.extend(rust.std);
        self.hints.extend(HINTS);
        let crates = format!("{}-crates", self.name);
        let vendor = vendor::tree(&crates, &lock.crates, self.location)?;
        self.tools.push(Package::at(place(VENDOR), vendor));
        if let (Some(files), false) = (&files, lock.crates.is_empty()) {
            let compiled = self.clone().crates(&skeleton(files)?, &lock)?;
            self.tools.push(Package::at(place(TARGET), compiled));
        }
        self.program()
    }

    /// What the source's directory holds, if it is one.
    fn files_of_source(&self) -> Result<Option<Literal>, String> {
        let files = |pin: &Pin| pin.files(&self.name, &self.version);
        Ok(self.source.as_ref().map(files).transpose()?.flatten())
    }

    /// The list of crates: the recipe's, or that in the directory of the source.
    fn text_of_lock(&self, files: Option<&Literal>) -> Result<String, String> {
        let Some(files) = files else {
            return self.lock.clone().ok_or_else(|| {
                "its crates are not known, since `Cargo.lock` lies in a source that is yet to be fetched\n\
                 hint: copy that file beside the recipe, and write `lock: include_str!(\"Cargo.lock\")`"
                    .to_owned()
            });
        };
        if self.lock.is_some() {
            return Err(
                "`lock` is for sources from outside: a directory has a `Cargo.lock` of its own"
                    .to_owned(),
            );
        }
        for directory in [self.subdir.as_str(), ""] {
            if let Some(text) = directory::text(files, &format!("{directory}/{LOCK}"))? {
                return Ok(text);
            }
        }
        Err(
            "its source has no `Cargo.lock`, which is the list of the crates with their checksums\n\
             hint: `cargo generate-lockfile` writes it; see that no `.gitignore` names it"
                .to_owned(),
        )
    }

    /// The crates, compiled: what cargo leaves where it builds, without what belongs to the program.
    fn crates(mut self, skeleton: &Literal, lock: &Lock) -> Result<Plan, String> {
        let command = self.command();
        let script = execline! {
            #{self.enter()}
            if { #{command.build()} }
            if { #{command.clean(&lock.own)} }
            cp -a #{TARGET}/. "/out"
        };
        let directory = AbsPath::new(self.dir.clone()).map_err(|e| e.to_string())?;
        let below = directory.relative().ok_or("its source cannot lie at `/`")?;
        let placed = skeleton.0.iter();
        let placed = placed.map(|(path, node)| (below.join(path), node.clone()));
        self.files = vec![Literal(placed.collect()).into()];
        self.name = format!("{}-dependencies", self.name);
        self.version = String::new();
        self.source = None;
        self.sources = Vec::new();
        self.patches = Vec::new();
        self.output_file = None;
        self.setid = Vec::new();
        self.compiled(script)
    }

    /// The program itself.
    fn program(mut self) -> Result<Plan, String> {
        /// Puts the recipe's list where cargo looks for it, unless the same is there.
        const LOCKED: &str = r#"for lock in Cargo.lock "$1/Cargo.lock"; do
  if test -e "$lock"; then exec cmp /Cargo.lock "$lock"; fi
done
cp /Cargo.lock ."#;
        let mut locked = Script::new();
        if let Some(lock) = self.lock.take() {
            self.files.push(file(LOCK, lock)?);
            locked = execline! { if { sh -ec #{LOCKED} sh #{self.dir.clone()} } };
        }
        let command = self.command();
        let mut examples = Script::new();
        if !self.examples.is_empty() {
            let lie = |name: &String| format!("{}/examples/{name}", command.programs());
            let lie: Vec<String> = self.examples.iter().map(lie).collect();
            examples = execline! { if { install -D -t "/out/usr/bin" #{lie} } };
        }
        let script = execline! {
            #{self.enter()}
            #{locked}
            #{self.prepare.clone()}
            // Cargo goes by the times of files. Those of the source are all the same, and no later than what the
            // crates were compiled to.
            if { find #{self.dir.clone()} -exec touch -h "{}" + }
            if { #{command.build()} }
            if { find #{command.programs()} -maxdepth 1 -type f -perm "-u+x" "!" -name "*.so"
                -exec install -D -t "/out/usr/bin" "{}" + }
            #{examples}
            if { ls "/out/usr/bin" }
            #{self.cleanup.clone()}
            #{tidy()}
        };
        self.compiled(script)
    }

    /// The plan that runs `script` where the toolchain is, and cargo's configuration.
    fn compiled(mut self, script: Script) -> Result<Plan, String> {
        self.files.push(file(
            command::CONFIGURATION,
            command::configuration(VENDOR),
        )?);
        Ok(common!(self => Cc {
            script: script,
            cxx: self.cxx,
            no_libc: false,
            cflags: Vec::new(),
            ldflags: Vec::new(),
        })
        .plan())
    }

    /// Goes to where the program's manifest lies.
    fn enter(&self) -> Script {
        match self.subdir.as_str() {
            "" => Script::new(),
            subdir => Script::cd(subdir),
        }
    }

    fn command(&self) -> Command {
        let mut chosen = Words::new();
        if !self.package.is_empty() {
            chosen = chosen.with(["--package", &self.package]);
        }
        for program in &self.bins {
            chosen = chosen.with(["--bin", program]);
        }
        for example in &self.examples {
            chosen = chosen.with(["--example", example]);
        }
        if !self.features.is_empty() {
            chosen = chosen.with(["--features", &self.features.join(",")]);
        }
        if self.no_default_features {
            chosen = chosen.with("--no-default-features");
        }
        Command {
            target: self.config.target().rust.target.clone(),
            chosen,
        }
    }
}

fn place(path: &str) -> AbsPath {
    AbsPath::new(path).expect("a constant")
}

/// A file at the root.
fn file(path: &str, text: String) -> Result<Artifact, String> {
    let path = RelPath::new(path).map_err(|e| e.to_string())?;
    Ok(Artifact::file(path, Mode::FILE, text))
}

#[cfg(test)]
mod tests;
