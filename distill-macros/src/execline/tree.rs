//! What was written.

use proc_macro2::TokenStream;

pub(super) struct Script(pub(super) Vec<Vec<Arg>>);

pub(super) enum Arg {
    Word(Vec<Piece>),
    Block(Script),
}

/// A part of a word.
pub(super) enum Piece {
    Text(Vec<u8>),
    Variable(String),
    /// A Rust expression.
    Splice(TokenStream),
}
