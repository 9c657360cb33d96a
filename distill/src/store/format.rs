//! The version of the layout of a store, and what to say of a store that has another one.

use camino::Utf8PathBuf;

/// The version of the layout; a store of another version is refused.
pub(super) const VERSION: &str = "distill-store 3\n";

/// What the version of every store begins with.
pub(super) const KIND: &str = "distill-store ";

/// What helps with a store of another format.
pub(super) fn what_to_do(path: &Utf8PathBuf, found: &str) -> String {
    let other = "choose another directory with `--store` or `DISTILL_STORE`";
    let number = |text: &str| text.trim().strip_prefix(KIND)?.parse::<u32>().ok();
    match number(found) {
        Some(old) if Some(old) < number(VERSION) => {
            let path = format!("'{}'", path.as_str().replace('\'', r"'\''"));
            // Trees hold directories that their owner may not write.
            format!(
                "all of it can be fetched and built again: remove it with \
                 `chmod -R u+rwX {path} && rm -rf {path}`, or {other}"
            )
        }
        _ => format!("{other}, or use the version of Distill that made it"),
    }
}
