//! Extended headers of POSIX archives: lines of `length keyword=value`.

use super::sparse::Segment;

/// What extended headers say of a member; what Distill has no use for is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: PaxSparse,
}

/// GNU's sparse files in POSIX archives, versions 0.0, 0.1 and 1.0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PaxSparse {
    /// The name, since the header's is made up for programs that do not know sparse files.
    pub(super) name: Option<Vec<u8>>,
    /// The length with the holes.
    pub(super) real_size: Option<u64>,
    /// Versions 0.0 and 0.1: where the bytes belong.
    pub(super) map: Option<Vec<Segment>>,
    /// Version 0.0: an offset whose length is still to come.
    offset: Option<u64>,
    /// Version 1 and later: the map stands before the bytes.
    pub(super) major: u64,
    pub(super) minor: u64,
}

/// The most segments that a map may have: what fits into an extended header of a mebibyte.
pub(super) const MAX_SEGMENTS: usize = 1 << 18;

impl Pax {
    /// Takes the records of one extended header; later ones prevail.
    pub(super) fn read(&mut self, mut records: &[u8]) -> Result<(), &'static str> {
        while !records.is_empty() {
            let (keyword, value, rest) = record(records).ok_or("its extended header is garbled")?;
            self.take(keyword, value)?;
            records = rest;
        }
        Ok(())
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), &'static str> {
        // An empty value takes back what a global header said.
        let text = || (!value.is_empty()).then(|| value.to_vec());
        match keyword {
            b"path" => self.path = text(),
            b"linkpath" => self.link = text(),
            b"size" if value.is_empty() => self.size = None,
            b"size" => self.size = Some(decimal(value)?),
            _ => {
                if let Some(keyword) = keyword.strip_prefix(b"GNU.sparse.") {
                    self.sparse.take(keyword, value)?;
                }
            }
        }
        Ok(())
    }
}

impl PaxSparse {
    /// Whether the member is a sparse file.
    pub(super) fn is_used(&self) -> bool {
        self.major > 0 || self.map.is_some()
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match keyword {
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.real_size = Some(decimal(value)?),
            b"major" => self.major = decimal(value)?,
            b"minor" => self.minor = decimal(value)?,
            b"map" => self.map = Some(comma_map(value)?),
            b"numblocks" => self.map = Some(Vec::new()),
            b"offset" => self.offset = Some(decimal(value)?),
            b"numbytes" => {
                let segment = self.offset.take().zip(decimal(value).ok());
                let (offset, len) = segment.ok_or("its sparse map is garbled")?;
                self.push(Segment { offset, len })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, segment: Segment) -> Result<(), &'static str> {
        let map = self.map.get_or_insert_default();
        map.push(segment);
        within_bounds(map.len())
    }
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
            let mut pax = Pax::default();
            pax.read(&bytes).unwrap();
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
            assert!(Pax::default().read(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_empty_value_takes_back() {
        let mut pax = Pax::default();
        pax.read(b"9 path=a\n8 path=\n").unwrap();
        assert_eq!(pax, Pax::default());
    }
}
