//! What somebody may have meant.

/// The one of `names` that `written` was probably meant to be: at most a third of its characters, and
/// at least one, are wrong, missing, too many, or swapped (Damerau and Levenshtein's distance).
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(written, name);
    let limit = (written.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["zlib", "xz", "openssl"];
        assert_eq!(nearest("zilb", names), Some("zlib"));
        assert_eq!(nearest("zlibb", names), Some("zlib"));
        assert_eq!(nearest("opnessl", names), Some("openssl"));
        assert_eq!(nearest("gcc", names), None);
    }
}
