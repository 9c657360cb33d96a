//! `go.pins`: what each file of each module is pinned to. `go.sum` has hashes of what is in a module, and not of the
//! files in which modules travel; so they have a list of their own, which `sum --go` writes.
//!
//! A line is `MODULE VERSION KIND SHA256`; `#` begins a comment.

use crate::plan::Sha256;

/// What the list is called, beside `go.mod`.
pub const FILE: &str = "go.pins";

/// A file of a module, as a module proxy has them (<https://go.dev/ref/mod#goproxy-protocol>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `go.mod`: what the module needs.
    Mod,
    /// Its sources.
    Zip,
}

impl Kind {
    /// How the file's name ends.
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Mod => "mod",
            Kind::Zip => "zip",
        }
    }
}

/// A file of a version of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleFile {
    /// The module's path, such as `golang.org/x/text`.
    pub module: String,
    /// Its version, such as `v0.14.0`.
    pub version: String,
    /// Which of its files.
    pub kind: Kind,
}

impl ModuleFile {
    /// The path below a proxy's address: a capital letter is `!` and the small one, since file systems may not tell them
    /// apart.
    pub fn path(&self) -> String {
        let escaped = |text: &str| -> String {
            let escape = |c: char| match c.is_ascii_uppercase() {
                true => format!("!{}", c.to_ascii_lowercase()),
                false => c.to_string(),
            };
            text.chars().map(escape).collect()
        };
        let (module, version) = (escaped(&self.module), escaped(&self.version));
        format!("{module}/@v/{version}.{}", self.kind.extension())
    }
}

/// All of a program's.
#[derive(Debug, Default)]
pub(super) struct Pins(pub(super) Vec<(ModuleFile, Sha256)>);

impl Pins {
    /// Reads the list; an error is a phrase for a definition.
    pub(super) fn parse(text: &str) -> Result<Pins, String> {
        let mut pins = Pins::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let wrong = |why: &str| {
                format!(
                    "line {} of `{FILE}` {why}\nhint: `sum --go DIRECTORY > DIRECTORY/{FILE}` writes it anew",
                    number + 1
                )
            };
            let [module, version, kind, hash] = words[..] else {
                match words.is_empty() {
                    true => continue,
                    false => return Err(wrong("is not `MODULE VERSION KIND SHA256`")),
                }
            };
            let kind = match kind {
                "mod" => Kind::Mod,
                "zip" => Kind::Zip,
                _ => return Err(wrong("names neither `mod` nor `zip`")),
            };
            let hash = hash.parse().map_err(|_| wrong("has no SHA-256"))?;
            let (module, version) = (module.to_owned(), version.to_owned());
            let file = ModuleFile {
                module,
                version,
                kind,
            };
            pins.0.push((file, hash));
        }
        Ok(pins)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_files_of_modules() {
        let hash = "a".repeat(64);
        let text = format!(
            "# modules\n\na.example/B v1.0.0-RC1 zip {hash}\na.example/B v1 mod {hash} # old\n"
        );
        let pins = Pins::parse(&text).unwrap();
        let paths: Vec<_> = pins.0.iter().map(|(file, _)| file.path()).collect();
        assert_eq!(
            paths,
            ["a.example/!b/@v/v1.0.0-!r!c1.zip", "a.example/!b/@v/v1.mod"]
        );
    }

    #[test]
    fn what_is_no_line_is_told_by_its_number() {
        for (line, why) in [
            ("a.example/b v1 zip", "is not `MODULE VERSION KIND SHA256`"),
            ("a.example/b v1 info abc", "names neither"),
            ("a.example/b v1 zip abc", "has no SHA-256"),
        ] {
            let told = Pins::parse(&format!("\n{line}")).unwrap_err();
            assert!(
                told.starts_with("line 2 of `go.pins` ") && told.contains(why),
                "{told}"
            );
        }
    }
}
