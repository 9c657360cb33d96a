//! Examples (`examples/`) and end-to-end tests (`tests/`) of Distill; the library is the `distill` crate.
