//! As much of an ELF file as says what it needs to run.
//!
//! Format: <https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html>; 64 bits, little-endian.

const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const DT_NEEDED: u64 = 1;
const SHT_SYMTAB: u32 = 2;

/// What an executable or a library needs, and what it was not relieved of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elf {
    /// Whether another program has to load it.
    pub(crate) interpreter: bool,
    /// How many libraries it wants.
    pub(crate) needed: usize,
    /// Whether it still has the symbols that only debuggers read.
    pub(crate) symbols: bool,
}

impl Elf {
    /// Nothing if it is no such file, or is cut off.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Elf> {
        if !bytes.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let segments = Table::read(bytes, 32, 54)?;
        let sections = Table::read(bytes, 40, 58)?;
        let mut elf = Elf {
            interpreter: false,
            needed: 0,
            symbols: false,
        };
        for entry in segments.entries(bytes) {
            match number(entry, 0, 4)? {
                kind if kind == u64::from(PT_INTERP) => elf.interpreter = true,
                kind if kind == u64::from(PT_DYNAMIC) => {
                    let (start, size) = (index(entry, 8)?, index(entry, 32)?);
                    let tags = bytes.get(start..start.checked_add(size)?)?.chunks_exact(16);
                    elf.needed += tags
                        .filter(|tag| number(tag, 0, 8) == Some(DT_NEEDED))
                        .count();
                }
                _ => {}
            }
        }
        elf.symbols = sections
            .entries(bytes)
            .any(|entry| number(entry, 4, 4) == Some(u64::from(SHT_SYMTAB)));
        Some(elf)
    }
}

/// Where entries of one size lie one behind the other.
struct Table {
    start: usize,
    size: usize,
    count: usize,
}

impl Table {
    /// The header has the start at one place, size and count at another.
    fn read(bytes: &[u8], start: usize, size: usize) -> Option<Table> {
        let small = |at| usize::try_from(number(bytes, at, 2)?).ok();
        Some(Table {
            start: index(bytes, start)?,
            size: small(size)?,
            count: small(size + 2)?,
        })
    }

    fn entries<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let rest = bytes.get(self.start..).unwrap_or_default();
        rest.chunks_exact(self.size.max(1)).take(self.count)
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let mut number = [0; 8];
    number[..length].copy_from_slice(bytes.get(at..at + length)?);
    Some(u64::from_le_bytes(number))
}

fn index(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at, 8)?.try_into().ok()
}

#[test]
fn this_test_is_a_dynamic_program_with_symbols() {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let elf = Elf::parse(&program).unwrap();
    assert!(elf.interpreter && elf.needed > 0 && elf.symbols, "{elf:?}");
    assert_eq!(Elf::parse(b"#!/bin/sh\n"), None);
    assert_eq!(Elf::parse(&program[..50]), None);
}
