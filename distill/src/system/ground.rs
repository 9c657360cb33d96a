//! Writable ground: what services write has to lie where it can be written by then.

use super::finding::{Finding, Problem};
use super::graph::Graph;
use super::platform::Platform;
use super::service::Service;

/// What is written on ground that cannot be written, or not yet.
pub(super) fn check(platform: &Platform, graph: &Graph<'_>) -> Vec<Finding> {
    Ground::new(platform, graph).check()
}

/// What can be written, and from when on.
struct Ground<'g, 'a> {
    graph: &'g Graph<'a>,
    /// From the beginning.
    always: Vec<&'g str>,
    /// When the service is ready.
    provided: Vec<(&'a str, &'a str)>,
}

impl<'g, 'a> Ground<'g, 'a> {
    fn new(platform: &'g Platform, graph: &'g Graph<'a>) -> Ground<'g, 'a> {
        let always = ["/run", "/tmp", "/dev/shm"].into_iter();
        let provided = graph.services().flat_map(|service| {
            service
                .provides
                .iter()
                .map(|path| (path.as_str(), service.name.as_str()))
        });
        Ground {
            graph,
            always: always
                .chain(platform.writable.iter().map(String::as_str))
                .collect(),
            provided: provided.collect(),
        }
    }

    fn check(&self) -> Vec<Finding> {
        self.graph
            .services()
            .flat_map(|service| self.check_service(service))
            .collect()
    }

    fn check_service(&self, service: &'a Service) -> Vec<Finding> {
        let plain = service
            .writes
            .iter()
            .map(|path| (path.as_str(), service.location));
        let made = service
            .directories
            .iter()
            .map(|dir| (dir.path.as_str(), dir.location));
        let copied = service.files.iter().filter(|file| file.first_boot);
        let copied = copied.map(|file| (file.path.as_str(), file.location));
        let before = self.graph.all_before(&service.name);
        let finding = |(path, location): (&str, _)| {
            if self.always.iter().any(|base| lies_below(path, base)) {
                return None;
            }
            let provider = self
                .provided
                .iter()
                .find(|(base, _)| lies_below(path, base));
            let (service_name, path) = (service.name.clone(), path.to_owned());
            let problem = match provider {
                Some((_, name)) if before.contains(name) || *name == service.name => return None,
                Some((_, name)) => Problem::NotYetWritable {
                    service: service_name,
                    path,
                    provider: (*name).to_owned(),
                },
                None => {
                    let provided = self.provided.iter().map(|(base, _)| *base);
                    let writable = self.always.iter().copied().chain(provided);
                    let writable = writable.map(str::to_owned).collect();
                    Problem::ReadOnly {
                        service: service_name,
                        path,
                        writable,
                    }
                }
            };
            Some(Finding::new(problem, location))
        };
        plain
            .chain(made)
            .chain(copied)
            .filter_map(finding)
            .collect()
    }
}

/// The directories that are other file systems when the machine runs, so that nobody sees what the image has there.
pub(super) fn covered<'p>(platform: &'p Platform, graph: &Graph<'p>) -> Vec<&'p str> {
    // A container's runtime mounts the first ones, and the container empties the others when it starts.
    const CONTAINER: [&str; 5] = ["/dev", "/proc", "/sys", "/run", "/tmp"];
    let mounts = platform.mounts.iter().map(|mount| mount.at.as_str());
    let runtime = CONTAINER.into_iter().filter(|_| platform.container);
    mounts.chain(runtime).chain(graph.provided()).collect()
}

/// Whether `path` is `base`, or lies below it.
pub(super) fn lies_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
