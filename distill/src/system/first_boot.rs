//! Files that are copied to writable ground when the machine starts, unless something is there already.

use super::file::File;
use super::graph::Graph;
use super::ground::lies_below;
use super::places::FIRST_BOOT;
use super::service::Service;
use crate::execline;
use crate::package::Script;

/// Copies one of them.
const COPY: &str = "/usr/libexec/distill/first-boot";

/// The program that copies them, if there are any.
pub(super) fn programs(services: &[Service]) -> Option<File> {
    let mut files = services.iter().flat_map(|service| &service.files);
    let copy = || File::new(COPY, include_str!("first-boot/copy.sh")).mode(0o755);
    files.any(|file| file.first_boot).then(copy)
}

/// Where the image has a file.
pub(super) fn place(file: &File) -> String {
    match file.first_boot {
        true => format!("{FIRST_BOOT}{}", file.path),
        false => file.path.clone(),
    }
}

/// Copies the files of a service.
pub(super) fn copy(graph: &Graph<'_>, service: &Service) -> Script {
    let files = service.files.iter().filter(|file| file.first_boot);
    let copy =
        |file: &File| execline! { if { #{COPY} #{ground(graph, &file.path)} #{&file.path} } };
    files.map(copy).collect()
}

/// The directory that makes it possible to write at a path: what a service provides, or else `/run` and its like.
fn ground<'a>(graph: &Graph<'a>, path: &'a str) -> &'a str {
    let provided = graph.provided().filter(|base| lies_below(path, base));
    let first = || {
        let rest = path.get(1..).and_then(|rest| rest.find('/'));
        &path[..rest.map_or(path.len(), |at| at + 1)]
    };
    provided.max_by_key(|base| base.len()).unwrap_or_else(first)
}
