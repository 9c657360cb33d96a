//! Public mirrors: where the families of upstream files and Debian's archive are found.

use std::collections::BTreeMap;

use super::address::Address;
use crate::plan::MirrorFamily;

/// Public mirrors of Debian's archive, for machines whose own configuration names none.
pub const DEBIAN_MIRRORS: [&str; 1] = ["https://mirrors.kernel.org/debian"];

/// Debian's archive as it was on a day on which all pins of Distill's own packages were in it: what
/// a newer version has replaced is gone from the mirrors, but not from here.
pub const DEBIAN_SNAPSHOT: &str = "https://snapshot.debian.org/archive/debian/20261122T000000Z";

/// The base addresses of each family, in order of preference.
///
/// Sources: <https://www.gnu.org/prep/ftp.html>, <https://www.kernel.org/mirrors>, and for crates the `dl` of
/// <https://index.crates.io/config.json>.
pub fn default_mirrors() -> BTreeMap<MirrorFamily, Vec<Address>> {
    let bases = |family| -> &[&str] {
        match family {
            MirrorFamily::Gnu => &[
                "https://ftpmirror.gnu.org/gnu",
                "https://mirrors.kernel.org/gnu",
                "https://ftp.gnu.org/gnu",
            ],
            MirrorFamily::Kernel => &[
                "https://cdn.kernel.org/pub",
                "https://mirrors.edge.kernel.org/pub",
            ],
            MirrorFamily::SourceForge => &[
                "https://downloads.sourceforge.net",
                "https://master.dl.sourceforge.net/project",
            ],
            MirrorFamily::GitHub => &["https://github.com"],
            MirrorFamily::Go => &["https://proxy.golang.org"],
            MirrorFamily::Crates => &["https://static.crates.io/crates"],
        }
    };
    let families = [
        MirrorFamily::Gnu,
        MirrorFamily::Kernel,
        MirrorFamily::SourceForge,
        MirrorFamily::GitHub,
        MirrorFamily::Crates,
        MirrorFamily::Go,
    ];
    let owned = |family| {
        bases(family)
            .iter()
            .map(|base| Address::from(*base))
            .collect()
    };
    families.map(|family| (family, owned(family))).into()
}

/// The proxies of a `GOPROXY`: a list separated by commas and `|`, in which `direct` and `off` name none.
///
/// ```
/// # use distill::fetch::parse_go_proxy;
/// assert_eq!(parse_go_proxy("https://one.example/|direct"), ["https://one.example"]);
/// ```
pub fn parse_go_proxy(text: &str) -> Vec<Address> {
    let named = text.split([',', '|']).map(str::trim);
    let on_servers = named.filter(|name| name.contains("://"));
    on_servers
        .map(|base| Address::from(base.trim_end_matches('/').to_owned()))
        .collect()
}

/// Reads a list of base addresses, separated by commas or white space.
///
/// ```
/// # use distill::fetch::parse_mirror_list;
/// let list = "http://one.example/debian/, http://two.example/debian";
/// assert_eq!(parse_mirror_list(list), ["http://one.example/debian", "http://two.example/debian"]);
/// ```
///
/// A comma in a password does not end an address: a part without a scheme that has an `@` is the rest of
/// the part before it.
pub fn parse_mirror_list(text: &str) -> Vec<Address> {
    let words = text.split_whitespace().flat_map(addresses);
    let bases = words.map(|base| base.trim_end_matches('/').to_owned());
    let bases = bases.filter(|base| !base.is_empty());
    bases.map(Address::from).collect()
}

/// The addresses of a list without white space.
fn addresses(word: &str) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for part in word.split(',') {
        match addresses.last_mut() {
            Some(last) if part.contains('@') && !part.contains("://") => {
                last.push(',');
                last.push_str(part);
            }
            _ => addresses.push(part.to_owned()),
        }
    }
    addresses
}
