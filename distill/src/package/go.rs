//! The template for programs in Go.

mod hints;
mod pins;
mod proxy;

use super::definition::Package;
use super::directory;
use super::execline;
use super::recipe::{Recipe, common, or_mistake, template};
use super::script::{Script, Variables, Words};
use super::source::Pin;
use crate::plan::{AbsPath, Plan};
use hints::HINTS;
use pins::{FILE, Pins};

pub use pins::{FILE as GO_PINS, Kind as ModuleFileKind, ModuleFile};

template! {
    /// A program in Go: static, without C. Its modules are those of its `go.pins`, each a source of its own; `go` has
    /// no network, and holds them against `go.sum`.
    Go {
        /// The text of `go.pins`, for a source that comes from outside: what is needed has to be known before it is
        /// fetched. A directory has its own.
        pins: Option<String>,
        /// Where `go.mod` lies, below the source.
        subdir: String,
        /// The programs to build, as `go build` names packages, such as `./cmd/shop`; the one at the top, if none is named.
        packages: Vec<String>,
        /// Build tags.
        tags: Vec<String>,
        /// For Go's linker, such as `-X main.version=1`; symbols and the build's own number are left out anyway.
        ldflags: Vec<String>,
        /// Runs before the program is built.
        prepare: Script,
        /// Runs after the installation.
        cleanup: Script,
    }
}

/// Where the modules lie.
const PROXY: &str = "/goproxy";

impl Go {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(self) -> Plan {
        let (location, name) = (self.location, self.name.clone());
        or_mistake(self.build(), name, location)
    }

    fn build(mut self) -> Result<Plan, String> {
        let go = self.config.target().go.clone();
        if go.tools.is_empty() {
            return Err(format!(
                "the config for `{}` has no compiler for Go\nhint: name it in the config's `Target::go`",
                self.config.triple()
            ));
        }
        let pins = self.pins()?;
        let own = std::mem::take(&mut self.env);
        self.env = variables(&go.arch, !pins.is_empty()).with(own);
        self.tools.extend(go.tools);
        self.hints.extend(HINTS);
        let modules = proxy::tree(&format!("{}-modules", self.name), &pins, self.location)?;
        let place = AbsPath::new(PROXY).expect("a constant");
        self.tools.push(Package::at(place, modules));
        let script = self.script();
        Ok(common!(self => Recipe { script: script }).plan())
    }

    /// What the modules are pinned to. A program may have none, or bring them itself.
    fn pins(&self) -> Result<Pins, String> {
        let files = |pin: &Pin| pin.files(&self.name, &self.version);
        let files = self.source.as_ref().map(files).transpose()?.flatten();
        let Some(files) = files else {
            return Pins::parse(self.pins.as_deref().unwrap_or_default());
        };
        if self.pins.is_some() {
            return Err(format!(
                "`pins` is for sources from outside: a directory has a `{FILE}` of its own"
            ));
        }
        let read = |name: &str| directory::text(&files, &format!("{}/{name}", self.subdir));
        if read("go.mod")?.is_none() {
            return Err(
                "its source has no `go.mod`\nhint: `subdir` says where it lies, below the source"
                    .to_owned(),
            );
        }
        if let Some(text) = read(FILE)? {
            return Pins::parse(&text);
        }
        let wants = read("go.sum")?.is_some_and(|text| !text.trim().is_empty());
        match wants && read("vendor/modules.txt")?.is_none() {
            false => Ok(Pins::default()),
            true => Err(format!(
                "its source has no `{FILE}`, which is the list of its modules with their hashes\n\
                 hint: run `go mod download` there, and then `sum --go DIRECTORY > DIRECTORY/{FILE}` with this program"
            )),
        }
    }

    fn script(&self) -> Script {
        let enter = match self.subdir.as_str() {
            "" => Script::new(),
            subdir => Script::cd(subdir),
        };
        let linker = [
            &["-s", "-w", "-buildid="].map(str::to_owned)[..],
            &self.ldflags,
        ]
        .concat();
        let mut build = Words::from(["go", "build", "-o", "/out/usr/bin/"])
            .with(format!("-ldflags={}", linker.join(" ")));
        if !self.tags.is_empty() {
            build = build.with(["-tags", &self.tags.join(",")]);
        }
        let packages = match self.packages.is_empty() {
            true => vec![".".to_owned()],
            false => self.packages.clone(),
        };
        execline! {
            #{enter}
            #{self.prepare.clone()}
            if { mkdir -p "/out/usr/bin" }
            if { #{build} #{packages} }
            #{self.cleanup.clone()}
        }
    }
}

/// What `go` learns from the environment: nothing of the user's, no network, no compiler but this one, and the same
/// program wherever it is built. See <https://pkg.go.dev/cmd/go#hdr-Environment_variables>.
fn variables(arch: &str, has_modules: bool) -> Variables {
    let mut flags = vec!["-trimpath", "-buildvcs=false", "-modcacherw"];
    if has_modules {
        flags.push("-mod=readonly");
    }
    Variables::new()
        .set("CGO_ENABLED", "0")
        .set("GOOS", "linux")
        .set("GOARCH", arch)
        .set("GOFLAGS", flags.join(" "))
        .set("GOPROXY", format!("file://{PROXY}"))
        .set("GOSUMDB", "off")
        .set("GOTOOLCHAIN", "local")
        .set("GOENV", "off")
        .set("GOPATH", "/tmp/go")
        .set("GOCACHE", "/tmp/go-build")
}

#[cfg(test)]
mod tests;
