//! What a droplet does with what its cloud says: the filters with jq, the scripts on a machine that is
//! none.
//!
//! The scripts change addresses, routes and the host's name. They run in a sandbox, which has a
//! network and a host name of its own and no right to change even these, and find programs there that
//! write down what they are called with.

mod answers;
mod filters;
mod machine;
mod scripts;
mod shared;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use distill::plan::{Contents, LiteralNode, RelPath};
use distill::system::{Platform, System};
use distill_platforms::droplet;

/// Where the scripts and filters of droplets lie.
const SCRIPTS: &str = "usr/libexec/distill/droplet";
/// Where those lie that are the same in every cloud.
const SHARED: &str = "usr/libexec/distill/cloud";

/// What the system writes itself: path and text.
static FILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let root = droplet().root(&System::new());
    let files = root.expect("a system without mistakes").files.0;
    let file = |(path, node): (RelPath, LiteralNode)| match node {
        LiteralNode::File {
            contents: Contents::Bytes(bytes),
            ..
        } => {
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            Some((path.as_str().to_owned(), text))
        }
        _ => None,
    };
    files.into_iter().filter_map(file).collect()
});

/// The links below the scripts' directories: path, and where each points.
fn links() -> Vec<(String, String)> {
    let root = droplet().root(&System::new());
    let files = root.expect("a system without mistakes").files.0;
    let link = |(path, node): (RelPath, LiteralNode)| match node {
        LiteralNode::Symlink { target } if path.as_str().starts_with(SHARED) => {
            Some((path.as_str().to_owned(), target))
        }
        _ => None,
    };
    files.into_iter().filter_map(link).collect()
}

/// The scripts and filters: path and text.
fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_script = |path: &str| {
        [SCRIPTS, SHARED]
            .iter()
            .any(|place| path.starts_with(place))
    };
    FILES
        .iter()
        .filter(move |(path, _)| is_script(path))
        .map(|(path, text)| (path.as_str(), text.as_str()))
}

/// Says that a test cannot run, which is a failure where everything is expected to.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
}

#[test]
fn the_command_line_has_both_consoles() {
    let platform = droplet();
    let words = platform.cmdline.texts(&platform.config).unwrap();
    assert_eq!(words, ["console=tty0", "console=ttyS0,115200"]);
}

#[test]
fn a_system_may_leave_out_what_it_does_itself() {
    let platform = ["networking", "resolv-conf", "dhcp.eth0"]
        .into_iter()
        .fold(droplet(), |platform, name| {
            Platform::without(platform, name)
        });
    platform.root(&System::new()).unwrap();
}

#[test]
fn dhcp_that_has_nothing_to_do_says_so_where_that_is_heard() {
    let file = |name: &str| FILES[&format!("etc/s6/service/dhcp.eth0/{name}")].as_str();
    let expected = format!("fdmove 1 {} echo", file("notification-fd").trim());
    assert!(file("run").contains(&expected), "{}", file("run"));
}
