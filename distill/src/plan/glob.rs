//! Sets of paths named by patterns.

use std::sync::{Arc, OnceLock};

use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::path::RelPath;

/// A pattern that cannot be understood.
#[derive(Debug, Clone, thiserror::Error)]
#[error("invalid pattern `{pattern}`: {why}")]
pub struct GlobError {
    pattern: String,
    why: String,
}

/// Patterns over paths of a tree, sorted and without repetitions.
///
/// A pattern is a path (`usr/lib`) or a glob (`usr/lib/*.a`, `**/*.la`): `*` and `?` do not match
/// `/`, `**` does. A pattern that matches a directory stands for everything below it, too.
#[derive(Clone, Default)]
pub struct PathSet(Vec<Pattern>);

#[derive(Clone)]
struct Pattern {
    glob: Glob,
    /// Made when it is needed first: it costs much more than reading the pattern, and a run that has
    /// nothing to do matches nothing.
    matcher: Arc<OnceLock<GlobMatcher>>,
}

impl PathSet {
    /// The set that `patterns` name.
    pub fn new<T: Into<String>>(
        patterns: impl IntoIterator<Item = T>,
    ) -> Result<PathSet, GlobError> {
        let mut texts: Vec<String> = patterns.into_iter().map(Into::into).collect();
        texts.sort();
        texts.dedup();
        texts
            .into_iter()
            .map(compile)
            .collect::<Result<_, _>>()
            .map(PathSet)
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns, sorted.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| pattern.glob.glob())
    }

    /// Whether `path`, or a directory above it, is in the set.
    pub fn contains(&self, path: &RelPath) -> bool {
        self.0.iter().any(|pattern| pattern.covers(path))
    }

    /// The patterns that none of `paths` matches.
    pub fn unmatched<'a>(
        &'a self,
        paths: impl Iterator<Item = &'a RelPath> + Clone,
    ) -> Vec<&'a str> {
        let matched = |pattern: &Pattern| paths.clone().any(|path| pattern.covers(path));
        self.0
            .iter()
            .filter(|pattern| !matched(pattern))
            .map(|pattern| pattern.glob.glob())
            .collect()
    }
}

impl Pattern {
    fn covers(&self, path: &RelPath) -> bool {
        let matcher = self.matcher.get_or_init(|| self.glob.compile_matcher());
        matcher.is_match(path.as_str()) || path.ancestors().any(|above| matcher.is_match(above))
    }
}

fn compile(text: String) -> Result<Pattern, GlobError> {
    let error = |why: String| GlobError {
        pattern: text.clone(),
        why,
    };
    if text.is_empty() || text.starts_with('/') || text.ends_with('/') {
        return Err(error(
            "expected a path relative to the tree's root".to_owned(),
        ));
    }
    let glob = GlobBuilder::new(&text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|e| error(e.kind().to_string()))?;
    let matcher = Arc::default();
    Ok(Pattern { glob, matcher })
}

impl std::fmt::Debug for PathSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.patterns()).finish()
    }
}

impl PartialEq for PathSet {
    fn eq(&self, other: &PathSet) -> bool {
        self.patterns().eq(other.patterns())
    }
}

impl Eq for PathSet {}

impl Serialize for PathSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.patterns())
    }
}

impl<'de> Deserialize<'de> for PathSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PathSet, D::Error> {
        let patterns = Vec::<String>::deserialize(deserializer)?;
        PathSet::new(patterns).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[&str]) -> PathSet {
        PathSet::new(patterns.iter().copied()).unwrap()
    }

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn a_directory_stands_for_what_is_below() {
        let libs = set(&["usr/lib", "etc/*.conf"]);
        assert!(libs.contains(&path("usr/lib")));
        assert!(libs.contains(&path("usr/lib/a/b")));
        assert!(!libs.contains(&path("usr/lib64")));
        assert!(libs.contains(&path("etc/mke2fs.conf")));
        assert!(!libs.contains(&path("etc/x/y.conf")));
        assert!(set(&["**/*.la"]).contains(&path("usr/lib/x.la")));
    }

    #[test]
    fn names_the_pattern_that_matched_nothing() {
        let paths = [path("usr/lib/libz.a")];
        assert_eq!(
            set(&["usr/lib", "usr/bin/*"]).unmatched(paths.iter()),
            ["usr/bin/*"]
        );
    }

    #[test]
    fn refuses_nonsense() {
        for bad in ["", "/usr", "usr/", "a{b"] {
            assert!(PathSet::new([bad]).is_err(), "{bad}");
        }
    }
}
