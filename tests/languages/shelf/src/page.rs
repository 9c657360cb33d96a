//! What is read.

/// A shelf with books.
#[derive(serde::Deserialize)]
pub(crate) struct Shelf {
    pub(crate) books: Vec<String>,
}
