//! Files that name each other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::names::Meaning;
use crate::paths::Named;
use crate::sources::Sources;

/// That a file names something that another file of its crate defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) from: Utf8PathBuf,
    pub(crate) to: Utf8PathBuf,
    /// What it names first.
    pub(crate) named: Named,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Use { from, to, named } = self;
        let path = named.path.join("::");
        write!(f, "{from}:{} names `{path}` of {to}", named.line)
    }
}

/// Which other files each file uses.
pub(crate) type Uses = BTreeMap<Utf8PathBuf, Vec<Use>>;

/// What the files of a crate use, each called by its path below `base`. A module does not use what it only
/// hands on from its children. What a method is found by does not count: nothing names its file.
pub(crate) fn uses(sources: &Sources, base: &Utf8Path) -> Uses {
    let short = |file: &Utf8Path| file.strip_prefix(base).unwrap_or(file).to_owned();
    let mut found = Uses::new();
    for (number, module) in sources.modules.iter().enumerate() {
        let imports = module.imports.iter();
        let imports = imports.map(|import| (&import.of, import.exported));
        let named = module.named.iter().map(|named| (named, false));
        for (named, exported) in imports.chain(named) {
            for meaning in sources.meanings(number, &named.path) {
                // A module's name alone is no use of what it holds.
                let Meaning::Item(of) = meaning else { continue };
                let handed_on = exported && sources.is_inside(of, number);
                let file = &sources.modules[of].file;
                if *file != module.file && !handed_on {
                    let (from, to) = (short(&module.file), short(file));
                    let uses = found.entry(from.clone()).or_default();
                    if uses.iter().all(|other| other.to != to) {
                        let named = named.clone();
                        uses.push(Use { from, to, named });
                    }
                }
            }
        }
    }
    found
}

/// Circles that lead through all files that lie on one: for each file a shortest one, unless an earlier one
/// leads through it already.
pub(crate) fn circles(uses: &Uses) -> Vec<Vec<Use>> {
    let (mut circles, mut told) = (Vec::new(), BTreeSet::new());
    for file in uses.keys() {
        if let Some(circle) = circle_through(file, uses).filter(|_| !told.contains(file)) {
            told.extend(circle.iter().map(|step| step.from.clone()));
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from `start` back to it.
fn circle_through(start: &Utf8Path, uses: &Uses) -> Option<Vec<Use>> {
    let mut queue = VecDeque::from([start]);
    let mut reached_by: BTreeMap<&Utf8Path, &Use> = BTreeMap::new();
    while let Some(file) = queue.pop_front() {
        for step in uses.get(file).into_iter().flatten() {
            reached_by.entry(&step.to).or_insert_with(|| {
                queue.push_back(&step.to);
                step
            });
        }
    }
    let mut circle = vec![(*reached_by.get(start)?).clone()];
    while let Some(step) = circle.last().filter(|step| step.from != start) {
        let before = reached_by[step.from.as_path()].clone();
        circle.push(before);
    }
    circle.reverse();
    Some(circle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::UnitTests;

    /// The files from which a way of uses leads back to them.
    fn on_circles(uses: &Uses) -> BTreeSet<Utf8PathBuf> {
        let files = uses.keys();
        files
            .filter(|file| circle_through(file, uses).is_some())
            .cloned()
            .collect()
    }

    /// The circles of a crate of these files, each as its steps; its root is the first one.
    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(directory.path()).unwrap();
        for (path, text) in files {
            let file = base.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let sources = Sources::read(&base.join(files[0].0), UnitTests::LeftOut);
        let uses = uses(&sources, base);
        let circles = circles(&uses);
        let steps = circles.iter().flatten();
        assert_eq!(
            on_circles(&uses),
            steps.map(|step| step.from.clone()).collect()
        );
        let shown = |circle: &Vec<Use>| circle.iter().map(ToString::to_string).collect();
        circles.iter().map(shown).collect()
    }

    #[test]
    fn a_circle_is_told_step_by_step() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
            ("a.rs", "use crate::{\n    b::B,\n};\npub struct A(B);"),
            (
                "b.rs",
                "pub struct B;\nimpl B {\n    fn of(c: &super::c::C) {}\n}",
            ),
            ("c.rs", "pub struct C {\n    a: Vec<crate::a::A>,\n}"),
            // On no circle, though it leads to one.
            ("d.rs", "use crate::a::A;"),
        ];
        let expected = [[
            "a.rs:2 names `crate::b::B` of b.rs",
            "b.rs:3 names `super::c::C` of c.rs",
            "c.rs:2 names `crate::a::A` of a.rs",
        ]];
        assert_eq!(found(&files), expected);
    }

    #[test]
    fn names_are_followed_to_the_file_that_defines_them() {
        let files = [
            ("main.rs", "mod all;\nmod maker;"),
            ("all/mod.rs", "mod deep;\npub(crate) use deep::*;"),
            (
                "all/deep.rs",
                "mod deeper;\npub use self::deeper::Deep as Hidden;",
            ),
            (
                "all/deep/deeper.rs",
                "pub struct Deep;\nfn all() { vec![crate::maker::make()]; }",
            ),
            (
                "maker.rs",
                "use crate::all as everything;\n\npub fn make() -> everything::Hidden {}",
            ),
        ];
        let expected = [[
            "all/deep/deeper.rs:2 names `crate::maker::make` of maker.rs",
            "maker.rs:3 names `everything::Hidden` of all/deep/deeper.rs",
        ]];
        assert_eq!(found(&files), expected);
    }

    #[test]
    fn what_macros_make_of_names_is_found() {
        let files = [
            (
                "lib.rs",
                "mod zlib;\nmod curl;\ncatalogue! { zlib::{zlib, minizip}, curl::{curl} }",
            ),
            (
                "zlib.rs",
                "fn minizip() -> crate::curl::Url { crate::curl() }",
            ),
            (
                "curl.rs",
                "use crate::{minizip, zlib};\nfn curl() { zlib() }\nnewtype! { /// An address.\npub Url }",
            ),
        ];
        let expected = [[
            "curl.rs:1 names `crate::minizip` of zlib.rs",
            "zlib.rs:1 names `crate::curl::Url` of curl.rs",
        ]];
        assert_eq!(found(&files), expected);
        let without_url = files[1].1.replace("crate::curl::Url", "()");
        let files = [files[0], ("zlib.rs", &without_url), files[2]];
        assert_eq!(
            found(&files)[0][1],
            "zlib.rs:1 names `crate::curl` of curl.rs"
        );
    }

    #[test]
    fn a_parent_uses_its_child_where_it_does_more_than_hand_it_on() {
        let parent =
            |more: &str| format!("pub mod child;\npub use child::Child;\npub struct P;\n{more}");
        let found = |more: &str, child: &str| {
            let parent = parent(more);
            found(&[
                ("lib.rs", "mod it;"),
                ("it/mod.rs", &parent),
                ("it/child.rs", child),
            ])
        };
        let child = "pub struct Child(super::P);";
        assert_eq!(found("", child), [[""; 0]; 0]);
        let expected = [[
            "it/child.rs:1 names `super::P` of it/mod.rs",
            "it/mod.rs:4 names `Child` of it/child.rs",
        ]];
        assert_eq!(found("fn f(child: &Child) {}", child), expected);
        // What comes back through the parent is the child's own.
        let child = "pub struct Child;\nfn f(child: super::Child) {}";
        assert_eq!(found("fn f(child: &Child) {}", child), [[""; 0]; 0]);
    }

    #[test]
    fn what_only_looks_like_a_circle_is_none() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
            (
                "a.rs",
                "use std::b::B;\nuse super::b;\npub struct A(::b::B, b::B);\n/// [`crate::c::C`]\nmod c {}",
            ),
            (
                "b.rs",
                "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n\
                 #[cfg(test)]\nmod without_a_file;\nimpl B {\n#[cfg(test)]\nfn a() -> crate::A {} }\n\
                 pub(in crate::b) fn a(b: &B) { b.a(); println!(\"{}\", b.a); }",
            ),
        ];
        assert_eq!(found(&files), [[""; 0]; 0]);
        // The same is one, as soon as it is not for tests.
        let b = files[2].1.replace("#[cfg(test)]\nfn", "fn");
        let files = [files[0], files[1], ("b.rs", &b)];
        assert_eq!(found(&files).len(), 1);
    }
}
