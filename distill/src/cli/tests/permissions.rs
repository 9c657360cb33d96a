//! Permissions of what packages bring: only the built tree tells whether they are for something.

use super::*;
use crate::package::{Arch, Config, Target as For};
use crate::plan::{Literal, LiteralNode, closure};
use crate::system::{File, ImageMaker, Owner, Platform, System};

/// The tree of a package with a program and a directory.
fn tool() -> Artifact {
    let path = |text: &str| RelPath::new(text).unwrap();
    let file = LiteralNode::File {
        mode: Some(Mode::EXECUTABLE),
        contents: "a tool".into(),
    };
    let tree = [
        (path("usr/bin/hello"), file),
        (path("usr/share/[x]"), LiteralNode::Dir { mode: Mode::DIR }),
    ];
    Artifact::Literal(Literal(tree.into()))
}

/// What is made only if all permissions of a system are for something: in the tool, and in its own files.
fn named(system: &System) -> Option<Plan> {
    let config = Config::new(For::new(Arch::X86_64, "x86_64-linux-musl"));
    let image = ImageMaker::new(|_, _| merge("image", []));
    let root = Platform::new("board", config, image).root(system).unwrap();
    let tree = merge("tree", [tool(), root.files.clone().into()]);
    root.named_in(&tree)
}

#[test]
fn permissions_of_what_the_system_writes_need_no_look_into_packages() {
    let own = System::new()
        .file(File::new("/etc/a/b", ""))
        .permission("/etc/a", 0o700, Owner::root())
        .permission("/etc/a/b", 0o600, Owner::root());
    assert!(named(&own).is_none());
}

#[test]
fn permissions_are_for_something_or_their_line_is_told() {
    let good = System::new()
        .permission("/usr/bin/hello", 0o4755, Owner::root())
        .permission("/usr/share/[x]", 0o700, Owner::root());
    let other = good.clone();
    let line = line!() + 1;
    let wrong = other.permission("/usr/bin/helo", 0o755, Owner::root());
    let world = World::new();
    let ran = |system| world.run(&named(system).unwrap().into(), &["build"]);
    let good = ran(&good);
    assert_eq!(good.code, 0, "{}", good.stderr);
    let bad = ran(&wrong);
    let told = "`tree` has nothing that matches `usr/bin/helo`\n";
    assert!(bad.code == 1 && bad.stderr.contains(told), "{}", bad.stderr);
    // The test's own lines show as what they are: places of a recipe.
    assert!(
        bad.stderr.contains("  defined:  RECIPE\n"),
        "{}",
        bad.stderr
    );
    let failed = named(&wrong).unwrap();
    let all = closure(std::slice::from_ref(&failed));
    let lines = all.iter().map(|plan| plan.location().line());
    assert_eq!(lines.filter(|found| *found == line).count(), 1);
}
