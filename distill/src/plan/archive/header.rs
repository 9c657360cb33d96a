//! One tar header: a block of 512 bytes, in the dialects v7, ustar, GNU and star.
//!
//! Offsets: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".

use super::ambiguity::Ambiguity;
use super::block::BLOCK;
use super::sparse::Segment;

/// A header block whose checksum is right.
pub(super) struct Header<'a>(&'a [u8; BLOCK]);

/// Which dialect a header is written in.
#[derive(PartialEq, Eq)]
enum Dialect {
    V7,
    Ustar,
    Star,
    Gnu,
}

impl<'a> Header<'a> {
    /// Checks the sum of the bytes.
    pub(super) fn new(block: &'a [u8; BLOCK]) -> Result<Header<'a>, &'static str> {
        let header = Header(block);
        let stated = number(header.field(148, 8)).ok_or("its checksum is no number")?;
        let field = 148..156;
        let byte = |(at, byte): (usize, &u8)| if field.contains(&at) { b' ' } else { *byte };
        let bytes = || block.iter().enumerate().map(byte);
        let sum: u64 = bytes().map(u64::from).sum();
        // Some old programs took the bytes as signed.
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        if stated == sum || i64::try_from(stated) == Ok(signed) {
            Ok(header)
        } else {
            Err("the checksum of a header is wrong")
        }
    }

    fn field(&self, at: usize, len: usize) -> &'a [u8] {
        &self.0[at..at + len]
    }

    fn dialect(&self) -> Dialect {
        match self.field(257, 8) {
            b"ustar  \0" => Dialect::Gnu,
            [b'u', b's', b't', b'a', b'r', 0, ..] if self.field(508, 4) == b"tar\0" => {
                Dialect::Star
            }
            [b'u', b's', b't', b'a', b'r', 0, ..] => Dialect::Ustar,
            _ => Dialect::V7,
        }
    }

    /// What other programs than this one would understand differently, whatever stands before the header.
    pub(super) fn ambiguity(&self) -> Option<Ambiguity> {
        self.odd_number()
            .map(Ambiguity::Number)
            .or_else(|| self.has_stray_holes().then_some(Ambiguity::HolesInHeader))
    }

    /// A number that is not needed here, and is none. Python's `tarfile` takes the header for the archive's
    /// end then.
    fn odd_number(&self) -> Option<&'static str> {
        let fields = [
            ("mode", 100, 8),
            ("uid", 108, 8),
            ("gid", 116, 8),
            ("mtime", 136, 12),
            ("devmajor", 329, 8),
            ("devminor", 337, 8),
        ];
        let odd = |(_, at, len): &(_, usize, usize)| !is_number(self.field(*at, *len));
        fields.into_iter().find(odd).map(|(name, ..)| name)
    }

    /// Whether a member that is no sparse file has what libarchive takes for a map or a length of one.
    fn has_stray_holes(&self) -> bool {
        self.dialect() == Dialect::Gnu
            && self.kind() != b'S'
            && (self.0[386] != 0 || self.0[483] != 0)
    }

    /// Whether others would take the name for longer, or for shorter, than [`Header::name`]: many look for
    /// its beginning at the same place in all dialects.
    pub(super) fn has_odd_prefix(&self) -> bool {
        match self.dialect() {
            Dialect::Ustar => false,
            // Behind the prefix stands a time.
            Dialect::Star => self.0[345] != 0 && self.0[345 + 130] != 0,
            Dialect::Gnu if self.kind() == b'S' => false,
            Dialect::V7 | Dialect::Gnu => self.0[345] != 0,
        }
    }

    /// Whether the field of the name, without any prefix, ends with a slash.
    pub(super) fn has_slash(&self) -> bool {
        text(self.field(0, 100)).ends_with(b"/")
    }

    /// Whether it is written as POSIX says.
    pub(super) fn is_ustar(&self) -> bool {
        self.dialect() == Dialect::Ustar
    }

    /// Whether it is written in a dialect in which a hard link may have contents.
    pub(super) fn is_posix(&self) -> bool {
        self.field(257, 5) == b"ustar" && self.dialect() != Dialect::Gnu
    }

    /// The type flag; NUL and `0` are a regular file.
    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    /// The member's name.
    pub(super) fn name(&self) -> Vec<u8> {
        let prefix = match self.dialect() {
            Dialect::Ustar => text(self.field(345, 155)),
            // The rest of the prefix holds times.
            Dialect::Star => text(self.field(345, 131)),
            Dialect::V7 | Dialect::Gnu => &[],
        };
        let name = text(self.field(0, 100));
        if prefix.is_empty() {
            name.to_vec()
        } else {
            [prefix, b"/", name].concat()
        }
    }

    /// What a link names.
    pub(super) fn link(&self) -> &'a [u8] {
        text(self.field(157, 100))
    }

    /// Whether anybody may execute it.
    pub(super) fn is_executable(&self) -> Result<bool, &'static str> {
        let mode = number(self.field(100, 8)).ok_or("its mode is no number")?;
        Ok(mode & 0o111 != 0)
    }

    /// How many bytes follow.
    pub(super) fn size(&self) -> Result<u64, &'static str> {
        number(self.field(124, 12)).ok_or("its size is no number")
    }

    /// Of an old GNU sparse file: its length with the holes, and whether more of the map follows.
    pub(super) fn gnu_sparse(&self) -> Result<(u64, bool), &'static str> {
        if self.dialect() != Dialect::Gnu {
            return Err("a sparse file stands in no GNU archive");
        }
        let real = number(self.field(483, 12)).ok_or("its real size is no number")?;
        Ok((real, self.0[482] != 0))
    }

    /// Of an old GNU sparse file: the beginning of its map.
    pub(super) fn gnu_sparse_map(&self) -> Result<Vec<Segment>, &'static str> {
        gnu_segments(self.field(386, 4 * 24))
    }
}

/// A block that goes on with the map of an old GNU sparse file, and whether another one follows.
pub(super) fn gnu_sparse_extension(
    block: &[u8; BLOCK],
) -> Result<(Vec<Segment>, bool), &'static str> {
    Ok((gnu_segments(&block[..21 * 24])?, block[504] != 0))
}

fn gnu_segments(fields: &[u8]) -> Result<Vec<Segment>, &'static str> {
    let segment = |pair: &[u8]| {
        let (offset, len) = (number(&pair[..12])?, number(&pair[12..])?);
        Some(Segment { offset, len })
    };
    fields
        .chunks_exact(24)
        .take_while(|pair| pair[0] != 0)
        .map(|pair| segment(pair).ok_or("its sparse map holds what is no number"))
        .collect()
}

/// The bytes before the first NUL.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

/// A number: octal digits, with spaces before and spaces or NULs behind; or, if the first byte says so, a
/// binary number (GNU, star). An empty field is zero. Negative numbers are none, nor are those that only
/// some programs take for binary.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        return if field[0] == 0x80 {
            binary(field)
        } else {
            None
        };
    }
    let start = field.iter().position(|byte| *byte != b' ')?;
    let digits = field[start..]
        .split(|byte| matches!(byte, b' ' | 0))
        .next()?;
    let rest = &field[start + digits.len()..];
    if !rest.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// Whether a field that is not needed holds a number for all: octal, binary with any sign, or nothing at all.
fn is_number(field: &[u8]) -> bool {
    if matches!(field[0], 0x80 | 0xff) {
        return true;
    }
    let number = text(field).trim_ascii();
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    number != b"-" && digits.iter().all(|digit| matches!(digit, b'0'..=b'7'))
}

fn binary(field: &[u8]) -> Option<u64> {
    field[1..].iter().try_fold(0_u64, |value, byte| {
        Some(value.checked_mul(256)? | u64::from(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"00000017", Some(0o17)),
            (b"\0\0\0\0", Some(0)),
            (b"    ", None),
            (b"0008\0", None),
            (b"12\x0034\0", None),
            (b"-1\0\0", None),
            (b"\x80\0\0\x01\0", Some(256)),
            (
                b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
                Some(u64::MAX),
            ),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff", None),
            (b"\x81\0\0\x01", None),
        ] {
            assert_eq!(number(field), value, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn numbers_that_are_not_needed() {
        for (field, is) in [
            (&b"0001750\0"[..], true),
            (b"  1750 \0", true),
            (b"\0\0\0\0\0\0\0\0", true),
            (b"        ", true),
            (b"-1\0\0\0\0\0\0", true),
            (b"17\0rest\0", true),
            (b"\x80\0\0\0\0\0\0\x01", true),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", true),
            (b"\x81\0\0\0\0\0\0\x01", false),
            (b"1 2\0\0\0\0\0", false),
            (b"0009\0\0\0\0", false),
            (b"-\0\0\0\0\0\0\0", false),
            (b"root\0\0\0\0", false),
        ] {
            assert_eq!(is_number(field), is, "{}", field.escape_ascii());
        }
    }
}
