//! Addresses as they may be shown to anybody: without user names and passwords.
//!
//! What people write where an address belongs need not be one: a slash in a password makes another
//! address of it, a forgotten scheme makes none. So whatever is not certainly harmless is hidden, and
//! the types here have no other way to become text.

use std::fmt;

use reqwest::Url;

/// An address as somebody wrote it, which may hold a password, or not be an address at all. Its text is
/// what may be shown of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

/// What a place is called in messages: an address without secrets, a path, the name of a cache.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown(String);

impl Address {
    /// What was written, with all secrets: for connections, never for messages.
    pub(super) fn exposed(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Address {
    fn from(text: T) -> Address {
        Address(text.into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", without_secrets(&self.0))
    }
}

impl PartialEq<&str> for Address {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl Shown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Address> for Shown {
    fn from(address: &Address) -> Shown {
        Shown(address.to_string())
    }
}

impl<T: Into<String>> From<T> for Shown {
    /// A name or a path; words that look like addresses lose their secrets.
    fn from(text: T) -> Shown {
        let text: String = text.into();
        Shown(
            text.split_inclusive(char::is_whitespace)
                .map(word)
                .collect(),
        )
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// A word of a text, with the space after it.
fn word(word: &str) -> String {
    let bare = word.trim_end();
    let is_path = bare.starts_with('/') && !bare.starts_with("//");
    let is_address = bare.contains("://") || (bare.contains('@') && !is_path);
    match is_address {
        true => without_secrets(bare) + &word[bare.len()..],
        false => word.to_owned(),
    }
}

/// Schemes whose addresses have a user name and a password nowhere but before the host.
const SCHEMES: [&str; 7] = [
    "http", "https", "ftp", "socks4", "socks4a", "socks5", "socks5h",
];

/// In the place of what is not shown.
const HIDDEN: &str = "[hidden]";

fn without_secrets(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() && SCHEMES.contains(&url.scheme()) => well_formed(text, url),
        _ => malformed(text),
    }
}

/// An `@` behind the host belongs to the path, unless a secret had a character that ends the host: then
/// what stands before it looks like a host with a port, or with a user.
fn well_formed(text: &str, mut url: Url) -> String {
    let with_user = !url.username().is_empty() || url.password().is_some();
    // Both fail only for addresses that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let shown = if with_user { url.as_str() } else { text };
    let (scheme, rest) = split_scheme(shown);
    match behind_at(rest) {
        Some(end) if with_user || rest[..end].contains(':') => {
            format!("{scheme}{HIDDEN}@{}", &rest[end..])
        }
        _ => shown.to_owned(),
    }
}

fn malformed(text: &str) -> String {
    let (scheme, rest) = split_scheme(text);
    if let Some(end) = behind_at(rest) {
        return format!("{scheme}{HIDDEN}@{}", &rest[end..]);
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match host.split_once(':') {
        // A user and a password whose host was forgotten look like this, but for a port.
        Some((_, port)) if !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{scheme}{HIDDEN}{path}")
        }
        _ => text.to_owned(),
    }
}

/// The scheme with its `://`, and the rest.
fn split_scheme(text: &str) -> (&str, &str) {
    let is_scheme = |scheme: &str| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.find("://") {
        Some(end) if is_scheme(&text[..end]) => text.split_at(end + 3),
        _ => ("", text),
    }
}

/// The place behind the last `@`, also if that is escaped.
fn behind_at(text: &str) -> Option<usize> {
    let plain = text.rfind('@').map(|at| at + 1);
    plain.max(text.rfind("%40").map(|at| at + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_is_shown_as_it_was_written() {
        for text in [
            "https://a.example/debian",
            "https://a.example:8443/x?y=1#z",
            "https://a.example/@scope/x@1.tgz",
            "http://[::1]:80/x",
            "a.example/debian",
            "proxy:3128",
            "socks5://proxy:1080",
            "",
        ] {
            assert_eq!(Address::from(text).to_string(), text);
        }
        for text in [
            "our server",
            "/cache/of@me:x",
            "the cache at https://a.example/x",
        ] {
            assert_eq!(Shown::from(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_left_names_the_host() {
        for (text, shown) in [
            ("https://me:secret@a.example/x", "https://a.example/x"),
            (
                "https://me:se/cret@a.example/x",
                "https://[hidden]@a.example/x",
            ),
            ("me:secret@a.example/x", "[hidden]@a.example/x"),
            ("https://a.example:x/y", "https://[hidden]/y"),
        ] {
            assert_eq!(Address::from(text).to_string(), shown);
        }
        let name = Shown::from("the cache at https://me:secret@a.example/x or so");
        assert_eq!(name.as_str(), "the cache at https://a.example/x or so");
    }
}
