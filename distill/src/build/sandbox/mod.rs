//! The sandbox: one build in fresh Linux namespaces, on a root made of stacked read-only trees.
