//! The general template: inputs at their places, and a script.

use super::definition::{Config, Placed};
use super::script::{Script, Shebang};
use super::source::{Patch, Pin, at_root};
use crate::plan::{
    AbsPath, Action, Artifact, Build, BuildPlatform, Contents, Input, Literal, LiteralNode, Meta,
    Mode, Name, OutputKind, PathSet, Plan, RelPath, Version,
};

/// Declares a template: the fields that all have, and its own.
macro_rules! template {
    (
        $(#[$doc:meta])*
        $template:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $template {
            /// What the package is for.
            pub config: $crate::package::Config,
            /// Where the recipe stands.
            pub location: &'static std::panic::Location<'static>,
            /// The package's name.
            pub name: String,
            /// Upstream's version.
            pub version: String,
            /// An SPDX licence expression.
            pub licence: String,
            /// Upstream's page.
            pub homepage: String,
            /// `vendor:product` of the Common Platform Enumeration.
            pub cpe: String,
            /// What is unpacked into `dir`.
            pub source: Option<$crate::package::source::Pin>,
            /// Further sources; those without a place of their own lie in `/src/<their file name>`.
            pub sources: Vec<$crate::package::source::Pin>,
            /// Where the source lies and the script starts: `/src/<name>-<version>` if empty.
            pub dir: String,
            /// Applied to the source, in order.
            pub patches: Vec<$crate::package::source::Patch>,
            /// What runs on the build machine; it lies at `/`.
            pub tools: Vec<$crate::package::Package>,
            /// Libraries for the host; they lie in its sysroot.
            pub libs: Vec<$crate::package::Package>,
            /// Packages that are called with the host's config. What they return lies at `/`.
            pub cross: Vec<$crate::package::Package>,
            /// Files of the recipe itself; they lie at their own paths below `/`.
            pub files: Vec<$crate::plan::Artifact>,
            /// Exported before the script.
            pub env: $crate::package::Variables,
            /// The one file of `/out` that is the output; everything, as a tree, if there is none.
            pub output_file: Option<String>,
            /// Patterns of the files in the output that may be set-user-id or set-group-id.
            pub setid: Vec<String>,
            /// What the build machine must offer beyond its architecture.
            pub needs: Vec<String>,
            /// After this time the build counts as hung, instead of after the usual one.
            pub timeout: Option<std::time::Duration>,
            /// What to tell if the build fails, by its last lines; not part of a hash.
            pub hints: Vec<$crate::plan::Hint>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $template {
            /// A template with nothing filled in, for `config`.
            #[track_caller]
            pub fn new(config: &$crate::package::Config) -> $template {
                $template {
                    config: config.clone(),
                    location: std::panic::Location::caller(),
                    name: String::new(),
                    version: String::new(),
                    licence: String::new(),
                    homepage: String::new(),
                    cpe: String::new(),
                    source: None,
                    sources: Vec::new(),
                    dir: String::new(),
                    patches: Vec::new(),
                    tools: Vec::new(),
                    libs: Vec::new(),
                    cross: Vec::new(),
                    files: Vec::new(),
                    env: Default::default(),
                    output_file: None,
                    setid: Vec::new(),
                    needs: Vec::new(),
                    timeout: None,
                    hints: Vec::new(),
                    $($field: Default::default(),)*
                }
            }
        }
    };
}
pub(super) use template;

template! {
    /// A package of any kind: inputs, and a script that fills `/out`.
    Recipe {
        /// What builds it; a chain of execline commands.
        script: Script,
    }
}

/// Moves the fields that all templates have from one to another.
macro_rules! common {
    ($from:ident => $to:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        $to {
            $($field: $value,)*
            config: $from.config,
            location: $from.location,
            name: $from.name,
            version: $from.version,
            licence: $from.licence,
            homepage: $from.homepage,
            cpe: $from.cpe,
            source: $from.source,
            sources: $from.sources,
            dir: $from.dir,
            patches: $from.patches,
            tools: $from.tools,
            libs: $from.libs,
            cross: $from.cross,
            files: $from.files,
            env: $from.env,
            output_file: $from.output_file,
            setid: $from.setid,
            needs: $from.needs,
            timeout: $from.timeout,
            hints: $from.hints,
        }
    }};
}
pub(super) use common;

/// The plan, or one that says what is wrong with its recipe.
pub(super) fn or_mistake(
    plan: Result<Plan, String>,
    name: String,
    location: &'static std::panic::Location<'static>,
) -> Plan {
    plan.unwrap_or_else(|message| {
        let name = Name::new(name).unwrap_or_else(|_| Name::new("unnamed").expect("a name"));
        Plan::named(name).location(location).invalid(message)
    })
}

impl Recipe {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(self) -> Plan {
        self.plan_of(false)
    }

    /// The plan of what somebody else has built.
    pub(super) fn prebuilt(self) -> Plan {
        self.plan_of(true)
    }

    fn plan_of(self, prebuilt: bool) -> Plan {
        let (location, config) = (self.location, self.config.clone());
        // A name that cannot be is reported like every other mistake, under one that can.
        let (name, wrong) = match Name::new(self.name.clone()) {
            Ok(name) => (name, None),
            Err(e) => (Name::new("unnamed").expect("a name"), Some(e.to_string())),
        };
        let plan = Plan::named(name).location(location);
        let action = match wrong {
            Some(message) => Err(message),
            None => self.action(),
        };
        match action.and_then(|action| Ok((self.meta(&config, prebuilt)?, action))) {
            Ok((meta, action)) => plan.meta(meta).action(action),
            Err(message) => plan.invalid(message),
        }
    }

    fn meta(&self, config: &Config, prebuilt: bool) -> Result<Meta, String> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let version = some(&self.version).map(Version::new).transpose();
        Ok(Meta {
            version: version.map_err(|e| e.to_string())?,
            target: Some(config.triple().to_owned()),
            licence: some(&self.licence),
            homepage: some(&self.homepage),
            cpe: some(&self.cpe),
            purl: None,
            local: None,
            prebuilt,
            timeout: self.timeout,
            hints: self.hints.clone(),
        })
    }

    fn directory(&self) -> Result<AbsPath, String> {
        let default = || match self.version.as_str() {
            "" => format!("/src/{}", self.name),
            version => format!("/src/{}-{version}", self.name),
        };
        let text = if self.dir.is_empty() {
            default()
        } else {
            self.dir.clone()
        };
        AbsPath::new(text).map_err(|e| e.to_string())
    }

    fn action(&self) -> Result<Action<Artifact>, String> {
        let (config, dir) = (&self.config, self.directory()?);
        let mut inputs = Vec::new();
        inputs.extend(place(
            config
                .build()
                .expand_all_at(&config.build().target().base, self.location),
            None,
        ));
        inputs.extend(place(
            config.build().expand_all_at(&self.tools, self.location),
            None,
        ));
        inputs.extend(place(
            config.expand_all_at(&self.cross, self.location),
            None,
        ));
        inputs.extend(place(
            config.expand_all_at(&self.libs, self.location),
            Some(&config.sysroot()),
        ));
        inputs.extend(self.source_inputs(&dir)?);
        inputs.extend(self.files.iter().cloned().map(at_root));
        inputs.push(at_root(self.own_files(&dir)?.into()));
        let output = match &self.output_file {
            None => OutputKind::Tree,
            Some(path) => OutputKind::File(RelPath::new(path).map_err(|e| e.to_string())?),
        };
        let setid = PathSet::new(self.setid.clone()).map_err(|e| e.to_string())?;
        Ok(Action::Build(Build {
            platform: self.platform()?,
            inputs: unique(inputs),
            output,
            setid,
        }))
    }

    /// The machine that the script runs on: one of the config's build machines.
    fn platform(&self) -> Result<BuildPlatform, String> {
        let needs = self.needs.iter().map(|need| Name::new(need.as_str()));
        Ok(BuildPlatform {
            arch: self.config.build().arch(),
            needs: needs.collect::<Result<_, _>>().map_err(|e| e.to_string())?,
        })
    }

    fn source_inputs(&self, dir: &AbsPath) -> Result<Vec<Input<Artifact>>, String> {
        let input = |pin: &Pin, at: AbsPath| -> Result<Input<Artifact>, String> {
            let at = match pin.place_of() {
                Some(place) => AbsPath::new(place).map_err(|e| e.to_string())?,
                None => at,
            };
            Ok(Input {
                at,
                of: pin.tree_at(&self.name, &self.version, self.location)?,
            })
        };
        let mut inputs = Vec::new();
        if let Some(pin) = &self.source {
            inputs.push(input(pin, dir.clone())?);
        }
        for pin in &self.sources {
            let name = pin.directory_name(&self.name, &self.version)?;
            let at = AbsPath::new(format!("/src/{name}")).map_err(|e| e.to_string())?;
            inputs.push(input(pin, at)?);
        }
        Ok(inputs)
    }

    /// `/build`, the patches, and the directory that the script starts in.
    fn own_files(&self, dir: &AbsPath) -> Result<Literal, String> {
        let path = |text: String| RelPath::new(text).map_err(|e| e.to_string());
        let mut files = Literal::default();
        let node = |mode, contents: Contents| LiteralNode::File {
            mode: Some(mode),
            contents,
        };
        for (number, Patch(contents)) in self.patches.iter().enumerate() {
            files.0.insert(
                path(patch_name(number))?,
                node(Mode::FILE, contents.clone()),
            );
        }
        let program = self.program(dir)?;
        files.0.insert(
            path("build".to_owned())?,
            node(Mode::EXECUTABLE, program.into()),
        );
        if self.source.is_none()
            && let Some(dir) = dir.relative()
        {
            files.0.insert(dir, LiteralNode::Dir { mode: Mode::DIR });
        }
        Ok(files)
    }

    fn program(&self, dir: &AbsPath) -> Result<String, String> {
        let patch = |number| {
            [
                "patch".into(),
                "-p1".into(),
                "-i".into(),
                format!("/{}", patch_name(number)),
            ]
        };
        let patches = (0..self.patches.len()).map(|number| Script::new().command(patch(number)));
        let mut script = Script::cd(dir.as_str());
        for patch in patches {
            script = script.with_block("if", patch);
        }
        let script = script
            .then(self.env.clone().export())
            .then(self.script.clone());
        let program = script.expand(&self.config).map_err(|e| e.to_string())?;
        let execlineb = AbsPath::new("/usr/bin/execlineb").expect("a path");
        Ok(Shebang::new(execlineb).file(&program))
    }
}

fn patch_name(number: usize) -> String {
    format!("patches/{:04}.patch", number + 1)
}

/// Artifacts at the place that they insist on, or else at `at`, or at the root.
fn place(placed: Vec<Placed>, at: Option<&AbsPath>) -> Vec<Input<Artifact>> {
    let root = AbsPath::root();
    let chosen = |own: Option<AbsPath>| own.unwrap_or_else(|| at.unwrap_or(&root).clone());
    placed
        .into_iter()
        .map(|Placed { at, of }| Input { at: chosen(at), of })
        .collect()
}

/// The inputs without repetitions of one plan at one place: two dependencies may share a third.
fn unique(inputs: Vec<Input<Artifact>>) -> Vec<Input<Artifact>> {
    let mut seen = std::collections::HashSet::new();
    let mut is_new = |input: &Input<Artifact>| match &input.of {
        Artifact::Plan(plan) => seen.insert((input.at.clone(), plan.id())),
        Artifact::Source(_) | Artifact::Literal(_) => true,
    };
    inputs.into_iter().filter(|input| is_new(input)).collect()
}

#[cfg(test)]
mod tests;
