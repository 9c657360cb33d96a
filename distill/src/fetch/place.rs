//! From a source's origins to the places where it may lie.

use std::fmt;

use camino::Utf8PathBuf;
use reqwest::Url;

use super::address::{Address, Shown};
use super::error::{Attempt, Reason};
use super::settings::Settings;
use crate::plan::Origin;

/// One place that may have the bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// On a server.
    Url(Box<Url>),
    /// On this machine.
    File(Utf8PathBuf),
}

impl Place {
    /// What to call it in messages.
    pub(super) fn shown(&self) -> Shown {
        match self {
            Place::Url(url) => Shown::from(&Address::from(url.as_str())),
            Place::File(path) => path.as_str().into(),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown(), f)
    }
}

/// Reads an address.
pub(super) fn parse(address: &Address) -> Result<Place, Attempt> {
    let failed = |why: String| Attempt {
        place: address.into(),
        reason: Reason::Address(why),
    };
    let url = Url::parse(address.exposed()).map_err(|error| failed(error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(Place::Url(Box::new(url))),
        // It is not named: without `//`, a user's name stands where the scheme would.
        _ => Err(failed("its scheme is not `http` or `https`".to_owned())),
    }
}

/// All places for `origins`, in order, and those that cannot be.
pub(super) fn places(origins: &[Origin], settings: &Settings) -> (Vec<Place>, Vec<Attempt>) {
    let (mut places, mut attempts) = (Vec::new(), Vec::new());
    for place in origins.iter().flat_map(|origin| expand(origin, settings)) {
        match place {
            Ok(place) if places.contains(&place) => {}
            Ok(place) => places.push(place),
            Err(attempt) => attempts.push(attempt),
        }
    }
    (places, attempts)
}

fn expand(origin: &Origin, settings: &Settings) -> Vec<Result<Place, Attempt>> {
    match origin {
        Origin::File(path) => vec![Ok(Place::File(path.clone()))],
        Origin::Url(text) => vec![parse(&text.as_str().into())],
        Origin::Debian(path) => on_mirrors(&settings.debian, path.as_str(), "Debian's archive"),
        Origin::Mirror(family, path) => {
            let bases = settings.mirrors.get(family).map_or(&[][..], Vec::as_slice);
            on_mirrors(bases, path, &format!("{family:?}"))
        }
    }
}

fn on_mirrors(bases: &[Address], path: &str, family: &str) -> Vec<Result<Place, Attempt>> {
    if bases.is_empty() {
        return vec![Err(Attempt {
            place: format!("{family}: {path}").into(),
            reason: Reason::NoMirror,
        })];
    }
    let path = escape(path.trim_start_matches('/'));
    let on = |base: &Address| {
        let base = base.exposed().trim_end_matches('/');
        parse(&format!("{base}/{path}").into())
    };
    bases.iter().map(on).collect()
}

/// A path whose bytes all belong to the path of an address: nothing in it begins a query.
fn escape(path: &str) -> String {
    let path = path.replace('%', "%25");
    path.replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{MirrorFamily, RelPath};

    fn shown_places(origins: &[Origin], settings: &Settings) -> Vec<String> {
        let (places, attempts) = places(origins, settings);
        let failed = attempts.iter().map(ToString::to_string);
        let shown = places.iter().map(|place| place.shown().to_string());
        shown.chain(failed).collect()
    }

    #[test]
    fn mirrors_in_order_and_none_twice() {
        let mut settings = Settings::new("/nowhere");
        settings.debian = ["http://a.example/debian/", "http://b.example/debian"]
            .map(Address::from)
            .to_vec();
        let pool = RelPath::new("pool/main/z/zlib/zlib_1.3+really1~2.orig.tar.gz").unwrap();
        let origins = [
            Origin::Url("https://zlib.example/zlib.tar.gz?raw=1".to_owned()),
            Origin::Debian(pool.clone()),
            Origin::Url(format!("http://b.example/debian/{pool}")),
            Origin::Mirror(MirrorFamily::Kernel, "linux/a #1.tar".to_owned()),
            Origin::File("/src/z.tar".into()),
        ];
        let expected = [
            "https://zlib.example/zlib.tar.gz?raw=1",
            "http://a.example/debian/pool/main/z/zlib/zlib_1.3+really1~2.orig.tar.gz",
            "http://b.example/debian/pool/main/z/zlib/zlib_1.3+really1~2.orig.tar.gz",
            "https://cdn.kernel.org/pub/linux/a%20%231.tar",
            "https://mirrors.edge.kernel.org/pub/linux/a%20%231.tar",
            "/src/z.tar",
        ];
        assert_eq!(shown_places(&origins, &settings), expected);
    }

    #[test]
    fn what_cannot_be_fetched_is_told() {
        let mut settings = Settings::new("/nowhere");
        settings.debian.clear();
        let origins = [
            Origin::Url("ftp://a.example/x".to_owned()),
            Origin::Url("example.org/x".to_owned()),
            Origin::Debian(RelPath::new("pool/x").unwrap()),
        ];
        let expected = [
            "`ftp://a.example/x` is no address to fetch from: its scheme is not `http` or `https`",
            "`example.org/x` is no address to fetch from: relative URL without a base",
            "`Debian's archive: pool/x` has no mirror in the settings",
        ];
        assert_eq!(shown_places(&origins, &settings), expected);
    }
}
