//! A cache that is a function.

use std::fmt;

use super::super::address::Shown;
use super::{Cache, CacheError, Found, Key};

/// A function from a key to where the bytes are.
///
/// ```
/// # use distill::fetch::{Found, Key, LookupCache};
/// let mirror = LookupCache::new("our server", |key: &Key| {
///     Some(Found::Url(format!("https://cache.example/{}", key.path())))
/// });
/// ```
pub struct LookupCache<F> {
    name: String,
    find: F,
}

impl<F> LookupCache<F>
where
    F: Fn(&Key) -> Option<Found> + Send + Sync,
{
    /// A cache with this name, which messages show.
    pub fn new(name: impl Into<String>, find: F) -> LookupCache<F> {
        let name = name.into();
        LookupCache { name, find }
    }
}

impl<F> fmt::Debug for LookupCache<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Shown::from(self.name.as_str());
        f.debug_tuple("LookupCache").field(&name).finish()
    }
}

impl<F> Cache for LookupCache<F>
where
    F: Fn(&Key) -> Option<Found> + Send + Sync,
{
    fn name(&self) -> String {
        self.name.clone()
    }

    fn find(&self, key: &Key) -> Result<Option<Found>, CacheError> {
        Ok((self.find)(key))
    }
}
