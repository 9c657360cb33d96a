//! The places of a build's root that do not belong to its inputs.
//!
//! The sandbox mounts something of its own on them. An input's file there would be in the plan, and no
//! program would ever see it; so such an input is a mistake of the definition.

use super::action::{Action, Build};
use super::definition::Artifact;
use super::literal::{Literal, LiteralNode};
use super::path::{AbsPath, RelPath};

/// Where the sandbox mounts something of its own over whatever the inputs have.
pub const SANDBOX_PLACES: [&str; 4] = ["/dev", "/out", "/proc", "/tmp"];

/// The program that a build runs: an executable file of an input at `/`.
pub const PROGRAM: &str = "/build";

/// The place of the sandbox that would hide `path`. A directory at the place itself is what is mounted
/// on, and hides nothing; it is the caller who knows whether that directory is empty.
pub(crate) fn hidden_by(path: &AbsPath, is_dir: bool) -> Option<&'static str> {
    let place = SANDBOX_PLACES
        .into_iter()
        .find(|place| lies_in(path, place))?;
    (path.as_str() != place || !is_dir).then_some(place)
}

/// Whether `path` is `place`, or below it.
fn lies_in(path: &AbsPath, place: &str) -> bool {
    let rest = path.as_str().strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What is wrong with the place of an input itself, whatever it holds.
pub(crate) fn misplaced(at: &AbsPath) -> Option<String> {
    if lies_in(at, PROGRAM) {
        return Some(format!(
            "`{at}` is not a place for an input: `{PROGRAM}` is the program\nhint: make the program \
             a file `build` of an input at `/`"
        ));
    }
    let place = hidden_by(at, false)?;
    Some(format!(
        "`{at}` is not a place for an input: a build has a `{place}` of its own, which would hide \
         it\nhint: choose another place, such as `/in`"
    ))
}

impl Action<Artifact> {
    /// What of a build's inputs would never be seen, as far as the definition tells. Of what plans
    /// make, it is known when they have run (`engine::RootError`).
    pub(super) fn unseen(&self) -> Option<String> {
        let Action::Build(Build { inputs, .. }) = self else {
            return None;
        };
        inputs.iter().find_map(|input| {
            let label = || input.of.label();
            if let Some(message) = misplaced(&input.at) {
                return Some(format!("cannot place `{}`: {message}", label()));
            }
            let Artifact::Literal(literal) = &input.of else {
                return None;
            };
            let (path, place) = unseen_file(&input.at, literal)?;
            Some(format!(
                "`{}` has `{path}`, but a build has a `{place}` of its own, which would hide \
                 it\nhint: choose another path",
                label()
            ))
        })
    }
}

fn unseen_file(at: &AbsPath, literal: &Literal) -> Option<(AbsPath, &'static str)> {
    // The sandbox has no places below those of inputs, and each of its own is one directory of the root.
    if at.relative().is_some() {
        return None;
    }
    let may_be = |path: &RelPath| {
        let mut places = SANDBOX_PLACES.iter();
        places.any(|place| path.as_str().starts_with(&place[1..]))
    };
    let hidden = |(path, node): (&RelPath, &LiteralNode)| {
        let path = at.join(path);
        let place = hidden_by(&path, matches!(node, LiteralNode::Dir { .. }))?;
        Some((path, place))
    };
    let all = literal.0.iter();
    all.filter(|(path, _)| may_be(path)).find_map(hidden)
}

#[cfg(test)]
mod tests {
    use super::super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    /// What the definition of a build with `of` at `at` says, without hints.
    fn said(at: &str, of: Artifact) -> Option<String> {
        let input = Input {
            at: AbsPath::new(at).unwrap(),
            of,
        };
        let (platform, setid) = (BuildPlatform::any(Arch::X86_64), PathSet::default());
        let plan = Plan::named(Name::new("wrong").unwrap()).action(Action::Build(Build {
            platform,
            inputs: vec![input],
            output: OutputKind::Tree,
            setid,
        }));
        let error = plan.action().err()?;
        assert_eq!(error.subject, "wrong");
        assert!(error.location.file().ends_with("places.rs"));
        assert!(error.message.contains("\nhint: "), "{error}");
        error.message.lines().next().map(str::to_owned)
    }

    fn made() -> Artifact {
        let inputs = Vec::new();
        Plan::named(Name::new("made").unwrap())
            .action(Action::Merge(Merge { inputs }))
            .into()
    }

    #[test]
    fn nothing_is_placed_where_the_sandbox_or_the_program_is() {
        for at in [
            "/tmp", "/tmp/x", "/out", "/dev/shm", "/proc", "/build", "/build/x",
        ] {
            let said = said(at, made()).unwrap_or_else(|| panic!("`{at}` is taken"));
            let begins = format!("cannot place `made`: `{at}` is not a place for an input: ");
            assert!(said.starts_with(&begins), "{said}");
        }
        for at in [
            "/",
            "/src",
            "/sys",
            "/tmpl",
            "/outer/tmp",
            "/builder",
            "/in/build",
        ] {
            assert_eq!(said(at, made()), None);
        }
    }

    #[test]
    fn files_of_the_recipe_are_seen() {
        let file = |at: &str| Artifact::file(path(at), Mode::FILE, "x");
        assert_eq!(
            said("/", file("tmp/x")).unwrap(),
            "`/tmp/x` has `/tmp/x`, but a build has a `/tmp` of its own, which would hide it"
        );
        for unseen in [
            file("dev"),
            file("out/a/b"),
            Artifact::symlink(path("tmp"), "var/tmp"),
            Artifact::dir(path("proc/self"), Mode::DIR),
        ] {
            assert!(said("/", unseen.clone()).is_some(), "{unseen:?}");
            assert_eq!(said("/in", unseen), None);
        }
        for seen in [
            file("build"),
            file("etc/tmp/x"),
            Artifact::dir(path("tmp"), Mode::new(0o1777)),
        ] {
            assert_eq!(said("/", seen), None);
        }
    }

    /// Only a build has a sandbox.
    #[test]
    fn trees_may_hold_anything() {
        let input = Input {
            at: AbsPath::new("/tmp").unwrap(),
            of: Artifact::file(path("x"), Mode::FILE, "x"),
        };
        let inputs = vec![input];
        let plan = Plan::named(Name::new("root").unwrap()).action(Action::Merge(Merge { inputs }));
        assert!(plan.action().is_ok());
    }
}
