//! Lists of who may do what, of which one thing matters here: whether a file can be executed.

/// Whether a list gives its file's owner, its group or all others the right to execute it; nothing if it says
/// nothing of them. Entries are like `user::rwx`, `g::r-x` and `other:r--`, with commas or lines between them.
///
/// libarchive takes the mode of a file from there.
pub(super) fn grants_execution(list: &[u8]) -> Option<bool> {
    let entries = list.split(|byte| matches!(byte, b',' | b'\n' | 0));
    entries.filter_map(grants).reduce(|one, other| one || other)
}

fn grants(entry: &[u8]) -> Option<bool> {
    let (who, rest) = entry.split_at(entry.iter().position(|byte| *byte == b':')?);
    let may = match who.trim_ascii() {
        b"user" | b"u" | b"group" | b"g" => rest.strip_prefix(b"::")?,
        b"other" | b"o" => rest.strip_prefix(b"::").or(rest.strip_prefix(b":"))?,
        _ => return None,
    };
    Some(may.iter().take(3).any(|byte| *byte == b'x'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        for (list, grants) in [
            (&b"user::rwx,group::r--,other:r--"[..], Some(true)),
            (
                b"user::rw-,user:7:rwx,group::r--,mask::rwx,other::r--",
                Some(false),
            ),
            (b"u::rw-\ng::r--\no::--x\n", Some(true)),
            (b"owner@:rwxp:allow", None),
            (b"", None),
        ] {
            assert_eq!(grants_execution(list), grants, "{}", list.escape_ascii());
        }
    }
}
