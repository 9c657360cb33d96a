//! The comparison of what was asked with what came out, as part of a build.

use super::options::Options;
use crate::package::script::{Script, Words};
use crate::plan::{AbsPath, Contents, Literal, LiteralNode, Mode, RelPath};

/// Where the files of a configuration lie in a build.
const DIR: &str = "src/kconfig";

const CHECK: &str = include_str!("check.awk");

fn path(name: &str) -> RelPath {
    RelPath::new(format!("{DIR}/{name}")).expect("made of constants")
}

fn place(name: &str) -> AbsPath {
    AbsPath::root().join(&path(name))
}

impl Options {
    /// Where the options lie in a build that has [`Options::files`], in kconfig's own format: what
    /// `make KCONFIG_ALLCONFIG=… allnoconfig` takes.
    pub fn path(&self) -> AbsPath {
        place("options")
    }

    /// What a build has to have among its files: the options, and what the check needs.
    pub fn files(&self) -> Literal {
        let contents = [
            ("options", self.to_string()),
            ("asked", self.asked()),
            ("check.awk", CHECK.to_owned()),
        ];
        let node = |text: String| LiteralNode::File {
            mode: Some(Mode::FILE),
            contents: Contents::from(text),
        };
        Literal(
            contents
                .into_iter()
                .map(|(name, text)| (path(name), node(text)))
                .collect(),
        )
    }

    /// Commands that compare the configuration that came out, such as `.config`, with what was
    /// asked. They fail with a list of the options that did not take, and who asked for each. They
    /// need awk.
    pub fn check(&self, config: impl Into<Words>) -> Script {
        let awk = Words::from(["awk", "-f"])
            .with(place("check.awk"))
            .with(place("asked"));
        Script::if_all([Script::from(awk.with(config))])
    }

    /// One line per option: its name, its value, who asked.
    fn asked(&self) -> String {
        let line = |(symbol, asked): (_, &super::Asked)| {
            let by = asked.by.replace(char::is_control, " ");
            format!("{symbol}\t{}\t{by}\n", asked.value)
        };
        self.iter().map(line).collect()
    }
}
