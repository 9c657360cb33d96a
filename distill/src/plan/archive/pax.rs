//! Extended headers of POSIX archives: lines of `length keyword=value`.

use super::ambiguity::Ambiguity;
use super::permissions::grants_execution;
use super::sparse::Segment;

/// What an extended header says of a member; what Distill has no use for is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Whether a list of permissions lets somebody execute the member.
    pub(super) executable: Option<bool>,
    pub(super) holes: Holes,
    /// The first thing in it that programs understand differently.
    pub(super) ambiguity: Option<Ambiguity>,
    /// The keywords that were read.
    seen: Vec<&'static str>,
}

/// GNU's records about sparse files, of all versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holes {
    /// The name, since the header's is made up for programs that do not know sparse files.
    pub(super) name: Option<Vec<u8>>,
    /// The length with the holes, in versions 0.0 and 0.1.
    size: Option<u64>,
    /// The length with the holes, in version 1.0.
    real_size: Option<u64>,
    /// How many segments there are.
    blocks: Option<u64>,
    /// Version 0.0: where the bytes belong.
    pairs: Vec<Segment>,
    /// Version 0.0: an offset whose length is still to come.
    offset: Option<u64>,
    /// Version 0.1: where the bytes belong.
    map: Option<Vec<Segment>>,
    major: Option<u64>,
    minor: Option<u64>,
}

/// Where the bytes of a sparse file belong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HoleMap {
    /// In the extended header.
    Here(Vec<Segment>),
    /// Before the bytes.
    Stored,
}

/// The most segments that a map may have: what fits into an extended header of a mebibyte.
pub(super) const MAX_SEGMENTS: usize = 1 << 18;

/// What a keyword is to those who read archives.
enum Meaning {
    /// It says something once.
    Once(&'static str),
    /// It is part of a list.
    Part(&'static str),
    /// Only some know it, and it changes the contents.
    NotForAll(&'static str),
}

fn meaning(keyword: &[u8]) -> Option<Meaning> {
    const ONCE: [&str; 12] = [
        "path",
        "linkpath",
        "size",
        "hdrcharset",
        "SCHILY.acl.access",
        "GNU.sparse.name",
        "GNU.sparse.size",
        "GNU.sparse.realsize",
        "GNU.sparse.numblocks",
        "GNU.sparse.map",
        "GNU.sparse.major",
        "GNU.sparse.minor",
    ];
    const PART: [&str; 2] = ["GNU.sparse.offset", "GNU.sparse.numbytes"];
    const NOT_FOR_ALL: [&str; 6] = [
        "GNU.sparse",
        "SCHILY.realsize",
        "SUN.holesdata",
        "GNU.volume.filename",
        "GNU.volume.offset",
        "GNU.volume.size",
    ];
    let known = |list: &[&'static str]| {
        let of_list = list.iter().find(|each| each.as_bytes() == keyword);
        of_list.copied()
    };
    known(&ONCE)
        .map(Meaning::Once)
        .or_else(|| known(&PART).map(Meaning::Part))
        .or_else(|| known(&NOT_FOR_ALL).map(Meaning::NotForAll))
}

impl Pax {
    /// Takes the records of an extended header.
    pub(super) fn read(records: &[u8]) -> Result<Pax, &'static str> {
        let mut pax = Pax::default();
        each_record(records, |keyword, value| pax.take(keyword, value))?;
        pax.check_holes();
        Ok(pax)
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if keyword.first().is_some_and(u8::is_ascii_whitespace) || keyword.contains(&0) {
            self.doubt(Ambiguity::Keyword);
        }
        match meaning(keyword) {
            None => return Ok(()),
            Some(Meaning::NotForAll(name)) => self.doubt(Ambiguity::NotForAll(name)),
            Some(Meaning::Once(name) | Meaning::Part(name)) if value.is_empty() => {
                self.doubt(Ambiguity::WithoutValue(name));
                return Ok(());
            }
            Some(Meaning::Once(name)) if self.seen.contains(&name) => {
                self.doubt(Ambiguity::KeywordTwice(name));
            }
            Some(Meaning::Once(name)) => self.seen.push(name),
            Some(Meaning::Part(_)) => {}
        }
        match keyword {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = Some(decimal(value)?),
            b"SCHILY.acl.access" => self.executable = grants_execution(value),
            _ => self.holes.take(keyword, value)?,
        }
        Ok(())
    }

    fn check_holes(&mut self) {
        if self.holes.version().is_err() {
            self.doubt(Ambiguity::HolesInRecords);
        }
        if self.holes.name.is_some() && self.path.is_some() {
            self.doubt(Ambiguity::TwoHeaders("a name"));
        }
    }

    fn doubt(&mut self, ambiguity: Ambiguity) {
        self.ambiguity.get_or_insert(ambiguity);
    }
}

/// What in the records of a global header would mean something for the contents of members: then programs
/// disagree.
pub(super) fn global_ambiguity(records: &[u8]) -> Result<Option<Ambiguity>, &'static str> {
    let mut ambiguity = None;
    each_record(records, |keyword, _| {
        let name = meaning(keyword).map(|meaning| match meaning {
            Meaning::Once(name) | Meaning::Part(name) | Meaning::NotForAll(name) => name,
        });
        let said = name.map(Ambiguity::InGlobal);
        let odd = keyword.first().is_some_and(u8::is_ascii_whitespace) || keyword.contains(&0);
        ambiguity = ambiguity
            .or(said)
            .or_else(|| odd.then_some(Ambiguity::Keyword));
        Ok(())
    })?;
    Ok(ambiguity)
}

impl Holes {
    /// Whether there are any records.
    pub(super) fn is_used(&self) -> bool {
        *self != Holes::default()
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match keyword {
            b"GNU.sparse.name" => self.name = Some(value.to_vec()),
            b"GNU.sparse.size" => self.size = Some(decimal(value)?),
            b"GNU.sparse.realsize" => self.real_size = Some(decimal(value)?),
            b"GNU.sparse.major" => self.major = Some(decimal(value)?),
            b"GNU.sparse.minor" => self.minor = Some(decimal(value)?),
            b"GNU.sparse.map" => self.map = Some(comma_map(value)?),
            b"GNU.sparse.numblocks" => self.blocks = Some(decimal(value)?),
            b"GNU.sparse.offset" if self.offset.is_some() => {
                return Err("its sparse map is garbled");
            }
            b"GNU.sparse.offset" => self.offset = Some(decimal(value)?),
            b"GNU.sparse.numbytes" => {
                let segment = self.offset.take().zip(decimal(value).ok());
                let (offset, len) = segment.ok_or("its sparse map is garbled")?;
                self.pairs.push(Segment { offset, len });
                within_bounds(self.pairs.len())?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The length with the holes, and where the bytes belong, if the records are all those of one version.
    pub(super) fn version(&self) -> Result<Option<(u64, HoleMap)>, Ambiguity> {
        if !self.is_used() {
            return Ok(None);
        }
        let versions = [self.version_1_0(), self.version_0_1(), self.version_0_0()];
        let version = versions.into_iter().flatten().next();
        version.map(Some).ok_or(Ambiguity::HolesInRecords)
    }

    fn version_1_0(&self) -> Option<(u64, HoleMap)> {
        let only = Holes {
            name: self.name.clone(),
            real_size: self.real_size,
            major: Some(1),
            minor: Some(0),
            ..Holes::default()
        };
        (*self == only).then_some((self.real_size?, HoleMap::Stored))
    }

    fn version_0_1(&self) -> Option<(u64, HoleMap)> {
        let map = self.map.clone()?;
        let only = Holes {
            name: self.name.clone(),
            size: self.size,
            blocks: Some(map.len() as u64),
            map: Some(map.clone()),
            ..Holes::default()
        };
        (*self == only).then_some((self.size?, HoleMap::Here(map)))
    }

    fn version_0_0(&self) -> Option<(u64, HoleMap)> {
        let pairs = self.pairs.clone();
        let only = Holes {
            size: self.size,
            blocks: Some(pairs.len() as u64),
            pairs: pairs.clone(),
            ..Holes::default()
        };
        (*self == only).then_some((self.size?, HoleMap::Here(pairs)))
    }
}

/// Calls `take` with the keyword and the value of each record.
fn each_record(
    mut records: &[u8],
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    while !records.is_empty() {
        let (keyword, value, rest) = record(records).ok_or("its extended header is garbled")?;
        take(keyword, value)?;
        records = rest;
    }
    Ok(())
}

/// Whether a map of so many segments is borne.
pub(super) fn within_bounds(segments: usize) -> Result<(), &'static str> {
    if segments > MAX_SEGMENTS {
        return Err("its sparse map is too long");
    }
    Ok(())
}

/// The first record, and what follows it. The length counts itself and the line's end.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&records[..space]).ok()?).ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    let body = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((&body[..equals], &body[equals + 1..], rest))
}

/// `offset,length,offset,length,…`
fn comma_map(value: &[u8]) -> Result<Vec<Segment>, &'static str> {
    let numbers = value.split(|byte| *byte == b',').map(decimal);
    let numbers = numbers.collect::<Result<Vec<u64>, _>>()?;
    within_bounds(numbers.len() / 2)?;
    let (pairs, []) = numbers.as_chunks::<2>() else {
        return Err("its sparse map has an offset without a length");
    };
    let segment = |[offset, len]: &[u64; 2]| Segment {
        offset: *offset,
        len: *len,
    };
    Ok(pairs.iter().map(segment).collect())
}

/// A number of decimal digits.
pub(super) fn decimal(text: &[u8]) -> Result<u64, &'static str> {
    let digit = |value: u64, digit: &u8| match digit {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    };
    let value = text.iter().try_fold(0, digit);
    let value = value.filter(|_| !text.is_empty());
    value.ok_or("a number of its extended header is none")
}

/// One record, for writing: the length counts itself.
pub(super) fn write_record(out: &mut Vec<u8>, keyword: &str, value: &str) {
    let rest = format!(" {keyword}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    out.extend(format!("{length}{rest}").into_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for length in [
            0, 1, 80, 86, 87, 88, 89, 90, 91, 985, 986, 987, 988, 989, 100_000,
        ] {
            let value = "x".repeat(length);
            let mut bytes = Vec::new();
            write_record(&mut bytes, "path", &value);
            write_record(&mut bytes, "size", "7");
            let pax = Pax::read(&bytes).unwrap();
            let path = (length > 0).then(|| value.into_bytes());
            assert_eq!((pax.path, pax.size), (path, Some(7)), "{length}");
        }
    }

    #[test]
    fn refuses_garbled_records() {
        for bad in [
            "x",
            "5",
            "9 path=a",
            "9 path=a\n0",
            "8 path=a\n",
            "7 path\n",
            "0 a=b\n",
            "-1 a=b\n",
            "99999999999999999999 a=b\n",
            "9 size=x\n",
            "2 \n",
            "1 \n",
        ] {
            assert!(Pax::read(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    fn ambiguity(records: &[(&str, &str)]) -> Option<Ambiguity> {
        let mut bytes = Vec::new();
        for (keyword, value) in records {
            write_record(&mut bytes, keyword, value);
        }
        Pax::read(&bytes).unwrap().ambiguity
    }

    #[test]
    fn what_is_ambiguous_is_found() {
        for (records, expected) in [
            (&[("path", "a"), ("mtime", "1"), ("mtime", "2")][..], None),
            (
                &[("path", "a"), ("path", "a")],
                Some(Ambiguity::KeywordTwice("path")),
            ),
            (&[("size", "")], Some(Ambiguity::WithoutValue("size"))),
            (&[(" path", "a")], Some(Ambiguity::Keyword)),
            (&[("path\0x", "a")], Some(Ambiguity::Keyword)),
            (
                &[("SCHILY.realsize", "5")],
                Some(Ambiguity::NotForAll("SCHILY.realsize")),
            ),
        ] {
            assert_eq!(ambiguity(records), expected, "{records:?}");
        }
    }

    #[test]
    fn records_about_holes_are_of_one_version() {
        let (size, real) = (("GNU.sparse.size", "9"), ("GNU.sparse.realsize", "9"));
        let (major, minor) = (("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"));
        let name = ("GNU.sparse.name", "a");
        let blocks = ("GNU.sparse.numblocks", "1");
        let map = ("GNU.sparse.map", "0,1");
        let (offset, bytes) = (("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "1"));
        for good in [
            &[size, blocks, offset, bytes][..],
            &[size, blocks, name, map],
            &[major, minor, name, real],
        ] {
            assert_eq!(ambiguity(good), None, "{good:?}");
        }
        for odd in [
            &[size][..],
            &[name],
            &[map],
            &[major, minor],
            &[major, real],
            &[size, blocks],
            &[size, map],
            &[size, blocks, offset],
            &[size, blocks, map, offset, bytes],
            &[size, ("GNU.sparse.numblocks", "2"), offset, bytes],
            &[size, ("GNU.sparse.numblocks", "2"), name, map],
            &[major, minor, name, real, size],
            &[major, minor, name, real, blocks],
            &[major, minor, name, real, map],
            &[major, ("GNU.sparse.minor", "1"), name, real],
            &[("GNU.sparse.major", "2"), minor, name, real],
            &[("GNU.sparse", "1")],
        ] {
            assert!(ambiguity(odd).is_some(), "{odd:?}");
        }
        let both = [major, minor, name, real, ("path", "b")];
        assert_eq!(ambiguity(&both), Some(Ambiguity::TwoHeaders("a name")));
    }
}
