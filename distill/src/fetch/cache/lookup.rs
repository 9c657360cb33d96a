//! A cache that is a function.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::address::Shown;
use super::Key;
use crate::objects::{Answer, Backend, BackendError, Content, Contents, Found, Records};
use crate::plan::PlanHash;

/// A function from a key to where the bytes are.
///
/// ```
/// # use distill::fetch::{Key, LookupCache};
/// # use distill::objects::Found;
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

impl<F> Backend for LookupCache<F>
where
    F: Fn(&Key) -> Option<Found> + Send + Sync,
{
    fn name(&self) -> String {
        self.name.clone()
    }
}

impl<F> Contents for LookupCache<F>
where
    F: Fn(&Key) -> Option<Found> + Send + Sync,
{
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        let is_missing = |content: &&Content| (self.find)(&Key::Blob(content.digest)).is_none();
        Ok(wanted.iter().filter(is_missing).copied().collect())
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        let found = |content: &Content| Some((*content, (self.find)(&Key::Blob(content.digest))?));
        Ok(wanted.iter().filter_map(found).collect())
    }
}

impl<F> Records for LookupCache<F>
where
    F: Fn(&Key) -> Option<Found> + Send + Sync,
{
    fn look_up(&self, plans: &[PlanHash]) -> Result<BTreeMap<PlanHash, Answer>, BackendError> {
        let answer = |plan: &PlanHash| {
            let found = (self.find)(&Key::Output(*plan))?;
            Some((*plan, Answer::Encoded(found)))
        };
        Ok(plans.iter().filter_map(answer).collect())
    }
}
