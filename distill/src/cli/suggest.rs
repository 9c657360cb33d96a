//! What somebody may have meant.

/// The name that is least away from `text`, if one is near.
pub(super) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &'a str| {
        let distance = distance(text, name);
        (distance <= (text.chars().count() / 3).max(1)).then_some((distance, name))
    };
    names.filter_map(near).min().map(|(_, name)| name)
}

/// Levenshtein's: how many characters to add, drop or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(distance("kitten", "sitting"), 3);
        let names = ["zlib", "xz", "openssl"];
        assert_eq!(nearest("zilb", names.into_iter()), None);
        assert_eq!(nearest("zlibb", names.into_iter()), Some("zlib"));
        assert_eq!(nearest("opnessl", names.into_iter()), Some("openssl"));
        assert_eq!(nearest("gcc", names.into_iter()), None);
    }
}
