//! The scheduler turns a graph of plans into jobs; the sandbox runs one build.
pub mod sandbox;
