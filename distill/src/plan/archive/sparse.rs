//! Files with holes: where the stored bytes belong, and the stream with the holes filled.

use std::io::{self, Read};

use super::ambiguity::Ambiguity;
use super::block::BLOCK;

/// Bytes of a sparse file that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// A file's map; its segments are in order, apart, within the file, and hold all that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SparseMap {
    segments: Vec<Segment>,
    size: u64,
}

impl SparseMap {
    /// Checks a map: `size` is the length with the holes, `stored` what the archive holds.
    pub(super) fn new(
        segments: Vec<Segment>,
        size: u64,
        stored: u64,
    ) -> Result<SparseMap, &'static str> {
        let (mut end, mut sum) = (0_u64, 0_u64);
        for segment in &segments {
            if segment.offset < end {
                return Err("its sparse map is out of order");
            }
            end = segment
                .offset
                .checked_add(segment.len)
                .ok_or("its sparse map is too large")?;
            // No overflow: the segments lie apart, so their sum is at most the last one's end.
            sum += segment.len;
        }
        if end > size || sum != stored {
            return Err("its sparse map does not fit its size");
        }
        Ok(SparseMap { segments, size })
    }

    /// Whether programs read it differently. GNU tar lets each segment begin at a block, others have one
    /// follow the other; both are the same if all but the last are of whole blocks. And where a segment of
    /// no bytes marks the end, a hole there is told by all.
    pub(super) fn ambiguity(&self) -> Option<Ambiguity> {
        let stored = self.segments.iter().map(|segment| segment.len);
        let stored: Vec<u64> = stored.filter(|len| *len > 0).collect();
        let whole = |len: &u64| len.is_multiple_of(BLOCK as u64);
        let uneven = (stored.split_last()).is_some_and(|(_, before)| !before.iter().all(whole));
        let end = self
            .segments
            .last()
            .map_or(0, |last| last.offset + last.len);
        (uneven || end < self.size).then_some(Ambiguity::HolesInMap)
    }

    /// The length with the holes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

/// Reads a sparse file, with zeros for its holes.
pub(super) struct Filled<'a, R> {
    stored: R,
    segments: &'a [Segment],
    at: u64,
    size: u64,
}

impl<'a, R: Read> Filled<'a, R> {
    pub(super) fn new(stored: R, map: &'a SparseMap) -> Filled<'a, R> {
        Filled {
            stored,
            segments: &map.segments,
            at: 0,
            size: map.size,
        }
    }

    /// How far the bytes go on as they are now, and whether they are stored.
    fn run(&mut self) -> (u64, bool) {
        while let [first, rest @ ..] = self.segments {
            if self.at < first.offset {
                return (first.offset - self.at, false);
            }
            let end = first.offset + first.len;
            if self.at < end {
                return (end - self.at, true);
            }
            self.segments = rest;
        }
        (self.size - self.at, false)
    }
}

impl<R: Read> Read for Filled<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (run, stored) = self.run();
        let count = usize::try_from(run).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..count];
        let count = if stored {
            self.stored.read(buffer)?
        } else {
            buffer.fill(0);
            count
        };
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment((offset, len): (u64, u64)) -> Segment {
        Segment { offset, len }
    }

    fn map(segments: &[(u64, u64)], size: u64, stored: u64) -> Result<SparseMap, &'static str> {
        SparseMap::new(
            segments.iter().copied().map(segment).collect(),
            size,
            stored,
        )
    }

    #[test]
    fn fills_holes() {
        for (segments, size, text) in [
            (&[(0, 2), (4, 3)][..], 9, "ab\0\0cde\0\0"),
            (&[(1, 5), (9, 0)], 9, "\0abcde\0\0\0"),
            (&[(3, 0)], 3, "\0\0\0"),
            (&[], 0, ""),
        ] {
            let stored: u64 = segments.iter().map(|(_, len)| len).sum();
            let map = map(segments, size, stored).unwrap();
            let mut out = String::new();
            Filled::new(&b"abcde"[..], &map)
                .read_to_string(&mut out)
                .unwrap();
            assert_eq!(out, text);
        }
    }

    #[test]
    fn refuses_maps_that_do_not_fit() {
        for (segments, size, stored) in [
            (&[(4, 3), (0, 2)][..], 9, 5),
            (&[(0, 3), (2, 2)], 9, 5),
            (&[(8, 2)], 9, 2),
            (&[(0, 2)], 9, 3),
            (&[(u64::MAX, 2)], 9, 2),
        ] {
            assert!(map(segments, size, stored).is_err(), "{segments:?}");
        }
    }
}
