//! What services need of the kernel, held against what it has.

use super::finding::{Finding, Problem};
use super::graph::Graph;
use super::platform::Platform;
use super::service::Service;
use crate::package::kconfig::{Fragment, Symbol, Value};

/// The options that services need and the platform's kernel has not. Where nothing is known of the
/// kernel, nothing is found.
pub(super) fn check(platform: &Platform, graph: &Graph<'_>) -> Vec<Finding> {
    let Some(options) = &platform.kernel_options else {
        return Vec::new();
    };
    let lacking = |service: &Service| lacking(service, options, &platform.name);
    graph.services().flat_map(lacking).collect()
}

fn lacking(service: &Service, options: &[Fragment], platform: &str) -> Vec<Finding> {
    let wanted = service.kernel.iter().flat_map(|fragment| &fragment.options);
    let finding = |(symbol, wanted): (&Symbol, &Value)| {
        let mut known = options
            .iter()
            .rev()
            .filter_map(|part| part.options.get(symbol));
        let is = known.next().cloned().unwrap_or(Value::No);
        (is != *wanted).then(|| {
            let problem = Problem::KernelOption {
                service: service.name.clone(),
                symbol: symbol.clone(),
                wanted: wanted.clone(),
                platform: platform.to_owned(),
                is,
            };
            Finding::new(problem, service.location)
        })
    };
    wanted.filter_map(finding).collect()
}
