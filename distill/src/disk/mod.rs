//! The bytes of a bootable disk: GPT, FAT, unified kernel images, loaders. Pure data and writers.

use serde::{Deserialize, Serialize};

/// A disk's layout over contents of type `C`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout<C> {
    contents: Vec<C>,
}

impl<C> Layout<C> {
    /// All contents.
    pub fn contents(&self) -> Vec<&C> {
        self.contents.iter().collect()
    }

    /// The same layout over other contents.
    pub fn try_map<D, E>(self, map: &mut dyn FnMut(C) -> Result<D, E>) -> Result<Layout<D>, E> {
        let contents = self
            .contents
            .into_iter()
            .map(map)
            .collect::<Result<_, _>>()?;
        Ok(Layout { contents })
    }
}
