//! How the sources hold together: the layers point one way, and so do the files of each crate.

mod circles;
mod names;
mod paths;
mod sources;
mod table;
mod workspace;
