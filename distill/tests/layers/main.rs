//! How the sources hold together: the layers point one way, and so do the files of each crate; and what all scripts
//! have in common.

mod circles;
mod names;
mod paths;
mod scripts;
mod sources;
mod table;
mod workspace;
