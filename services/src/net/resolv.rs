//! `/run/resolv.conf`, of which every interface has a part.

use distill::package::Config;
use distill::plan::{Literal, LiteralNode, Mode, RelPath};

/// `resolv NAME`: what it reads becomes NAME's part of `/run/resolv.conf`.
pub(crate) const PROGRAM: &str = "/usr/libexec/distill/resolv";
/// Where the parts lie.
pub(crate) const PARTS: &str = "/run/resolv.d";

/// The program, which several services of a system may bring.
pub(crate) fn resolv(_: &Config) -> Literal {
    let path = RelPath::new(&PROGRAM[1..]).expect("a constant");
    let node = LiteralNode::File {
        mode: Some(Mode::EXECUTABLE),
        contents: include_str!("resolv.sh").into(),
    };
    Literal::of(path, node)
}
