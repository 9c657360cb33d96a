//! Sets of paths named by patterns.

use std::hash::{Hash, Hasher};
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

    /// The number of patterns.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers of the patterns that match `path` itself.
    pub(super) fn names(&self, path: &RelPath) -> Vec<usize> {
        let matches = |pattern: &Pattern| pattern.matcher().is_match(path.as_str());
        let all = self.0.iter().enumerate();
        all.filter(|(_, pattern)| matches(pattern))
            .map(|(number, _)| number)
            .collect()
    }

    /// Whether one of the patterns whose number is `relevant` may match something below the directory
    /// `at`. Says yes where that cannot be told from the pattern alone.
    pub(super) fn may_name_below(
        &self,
        at: Option<&RelPath>,
        relevant: impl Fn(usize) -> bool,
    ) -> bool {
        let mut all = self.0.iter().enumerate();
        all.any(|(number, pattern)| relevant(number) && pattern.may_match_below(at))
    }

    /// The patterns, sorted.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| pattern.glob.glob())
    }

    /// Whether `path`, or a directory above it, is in the set.
    pub fn contains(&self, path: &RelPath) -> bool {
        self.0.iter().any(|pattern| pattern.covers(path))
    }
}

impl Pattern {
    fn matcher(&self) -> &GlobMatcher {
        self.matcher.get_or_init(|| self.glob.compile_matcher())
    }

    fn covers(&self, path: &RelPath) -> bool {
        let matcher = self.matcher();
        matcher.is_match(path.as_str()) || path.ancestors().any(|above| matcher.is_match(above))
    }

    fn may_match_below(&self, directory: Option<&RelPath>) -> bool {
        let Some(directory) = directory else {
            return true;
        };
        let (mut parts, mut above) = (self.glob.glob().split('/'), directory.as_str().split('/'));
        loop {
            match (parts.next(), above.next()) {
                // The pattern goes on below the directory.
                (Some(_), None) => return true,
                (None, _) => return false,
                // Alternatives and classes may hold a `/`, so it cannot be told what is a component.
                (Some(part), Some(_)) if part.contains("**") || part.contains(['[', '{', '\\']) => {
                    return true;
                }
                (Some(part), Some(name)) => {
                    if !part.contains(['*', '?']) && part != name {
                        return false;
                    }
                }
            }
        }
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

impl Hash for PathSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.0.len());
        self.patterns().for_each(|pattern| pattern.hash(state));
    }
}

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
    fn tells_what_it_may_name_in_a_directory() {
        let may = |pattern: &str, directory: &str| {
            set(&[pattern]).may_name_below(Some(&path(directory)), |_| true)
        };
        for (pattern, directory) in [
            ("usr/lib/libz.a", "usr"),
            ("usr/lib/libz.a", "usr/lib"),
            ("usr/*/x", "usr/lib"),
            ("**/*.la", "usr/lib"),
            ("usr/**", "usr/lib/x"),
            ("usr/{lib,share/man}/x", "usr/share/man"),
            ("usr[!a]lib/x", "usr/lib"),
        ] {
            assert!(may(pattern, directory), "{pattern} below {directory}");
        }
        for (pattern, directory) in [
            ("usr/lib", "usr/lib"),
            ("usr/lib", "usr/lib/x"),
            ("usr/lib/x", "usr/share"),
            ("etc/*.conf", "etc/x"),
            ("bin/**", "usr"),
        ] {
            assert!(!may(pattern, directory), "{pattern} below {directory}");
        }
    }

    #[test]
    fn refuses_nonsense() {
        for bad in ["", "/usr", "usr/", "a{b"] {
            assert!(PathSet::new([bad]).is_err(), "{bad}");
        }
    }
}
