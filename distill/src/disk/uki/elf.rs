//! Reads the stub: an ELF shared object, as GNU ld links it, of which the loadable sections are
//! taken.
//!
//! A portable executable needs no more than that, if the code is relative to the program counter:
//! the sections keep their addresses, and there is nothing to relocate. (An object with anything to
//! relocate is refused.) So neither `objcopy` nor a linker that knows PE is needed.

use thiserror::Error;

use crate::disk::region::Fields;

/// Sections of a portable executable begin at a multiple of this in memory.
pub(super) const PAGE: u64 = 4096;
/// The headers of the portable executable take the first page, the stub the rest up to this.
const MAX_END: u64 = 16 << 20;

const TYPE_SHARED: u16 = 3;
const PROGBITS: u32 = 1;
const NOBITS: u32 = 8;
const RELOCATIONS: [u32; 3] = [4, 9, 19];
const WRITE: u64 = 1;
const ALLOC: u64 = 2;
const EXECUTE: u64 = 4;

/// Why a file cannot be the stub of a unified kernel image.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ElfError {
    /// It is something else than a 64-bit little-endian ELF shared object, or cut off.
    #[error("read the stub as a 64-bit ELF shared object: {0}")]
    Format(&'static str),
    /// No machine that UEFI knows.
    #[error("read the stub: UEFI knows no machine with ELF's number {0}")]
    Machine(u16),
    /// The code must be relative to the program counter.
    #[error("read the stub: it has relocations (section `{0}`)\nno table of pointers can be in it")]
    Relocations(String),
    /// Code, constants and data must be on pages of their own, from the second page on.
    #[error("read the stub: its {0} are not on pages of their own\nlink it with -z separate-code")]
    Pages(&'static str),
}

/// What of a stub goes into a portable executable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stub {
    /// PE's number of the machine.
    pub(super) machine: u16,
    /// Address of the first instruction.
    pub(super) entry: u64,
    pub(super) parts: Vec<Part>,
}

/// The sections of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) address: u64,
    /// Bytes in memory; what `bytes` lacks is zero.
    pub(super) size: u64,
    pub(super) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Constants,
    Data,
}

struct Section<'a> {
    name: String,
    kind: u32,
    flags: u64,
    address: u64,
    size: u64,
    bytes: &'a [u8],
}

impl Stub {
    pub(super) fn parse(elf: &[u8]) -> Result<Self, ElfError> {
        check_header(elf)?;
        let machine = pe_machine(elf.u16(18))?;
        let sections = sections(elf)?;
        let relocated = |s: &&Section<'_>| RELOCATIONS.contains(&s.kind) && s.flags & ALLOC != 0;
        if let Some(section) = sections.iter().find(relocated) {
            return Err(ElfError::Relocations(section.name.clone()));
        }
        let parts =
            [Kind::Code, Kind::Constants, Kind::Data].map(|kind| Part::new(kind, &sections));
        let parts = parts.into_iter().flatten().collect();
        let stub = Self {
            machine,
            entry: elf.u64(24),
            parts,
        };
        stub.check()?;
        Ok(stub)
    }

    /// The first address behind it, a multiple of a page.
    pub(super) fn end(&self) -> u64 {
        let ends = self.parts.iter().map(|part| part.address + part.size);
        ends.max().unwrap_or(PAGE).next_multiple_of(PAGE)
    }

    fn check(&self) -> Result<(), ElfError> {
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by_key(|part| part.address);
        let mut free = PAGE;
        for part in parts {
            if part.address < free || part.address % PAGE != 0 {
                return Err(ElfError::Pages(part.kind.plural()));
            }
            free = (part.address + part.size).next_multiple_of(PAGE);
        }
        let entered = |part: &Part| {
            part.kind == Kind::Code
                && (part.address..part.address + part.size).contains(&self.entry)
        };
        if !self.parts.iter().any(entered) {
            return Err(ElfError::Format("its entry is not in its code"));
        }
        Ok(())
    }
}

impl Kind {
    fn of(section: &Section<'_>) -> Option<Self> {
        let loaded = section.flags & ALLOC != 0 && matches!(section.kind, PROGBITS | NOBITS);
        match section.flags {
            _ if !loaded || section.size == 0 => None,
            flags if flags & EXECUTE != 0 => Some(Self::Code),
            flags if flags & WRITE != 0 => Some(Self::Data),
            _ => Some(Self::Constants),
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::Code => "code sections",
            Self::Constants => "constants",
            Self::Data => "data sections",
        }
    }
}

impl Part {
    /// All sections of a kind, from the page of the first to the end of the last.
    fn new(kind: Kind, sections: &[Section<'_>]) -> Option<Self> {
        let mine = || {
            sections
                .iter()
                .filter(|section| Kind::of(section) == Some(kind))
        };
        let address = mine().map(|section| section.address).min()? / PAGE * PAGE;
        let size = mine().map(|section| section.address + section.size).max()? - address;
        let mut bytes = Vec::new();
        for section in mine().filter(|section| section.kind == PROGBITS) {
            let at = usize::try_from(section.address - address).ok()?;
            bytes.resize(bytes.len().max(at + section.bytes.len()), 0);
            bytes[at..at + section.bytes.len()].copy_from_slice(section.bytes);
        }
        Some(Self {
            kind,
            address,
            size,
            bytes,
        })
    }
}

fn check_header(elf: &[u8]) -> Result<(), ElfError> {
    if !elf.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]) {
        return Err(ElfError::Format("it does not begin as one"));
    }
    if elf.u16(16) != TYPE_SHARED {
        return Err(ElfError::Format(
            "it is an object or an executable of another kind",
        ));
    }
    Ok(())
}

fn pe_machine(elf_machine: u16) -> Result<u16, ElfError> {
    match elf_machine {
        62 => Ok(0x8664),
        183 => Ok(0xaa64),
        243 => Ok(0x5064),
        other => Err(ElfError::Machine(other)),
    }
}

fn sections(elf: &[u8]) -> Result<Vec<Section<'_>>, ElfError> {
    let cut_off = ElfError::Format("it is cut off");
    let count = usize::from(elf.u16(60));
    let names = header(elf, usize::from(elf.u16(62))).and_then(|strings| contents(elf, strings));
    let read = |number| {
        let header = header(elf, number)?;
        let name = names?
            .get(header.u32(0) as usize..)?
            .split(|byte| *byte == 0)
            .next()?;
        let section = Section {
            name: String::from_utf8_lossy(name).into_owned(),
            kind: header.u32(4),
            flags: header.u64(8),
            address: header.u64(16),
            size: header.u64(32),
            bytes: if header.u32(4) == NOBITS {
                &[]
            } else {
                contents(elf, header)?
            },
        };
        let sane = section
            .address
            .checked_add(section.size)
            .is_some_and(|end| end < MAX_END);
        (sane || section.flags & ALLOC == 0).then_some(section)
    };
    (1..count).map(read).collect::<Option<_>>().ok_or(cut_off)
}

fn header(elf: &[u8], number: usize) -> Option<&[u8]> {
    let start = usize::try_from(elf.u64(40))
        .ok()?
        .checked_add(number * 64)?;
    elf.get(start..start.checked_add(64)?)
}

fn contents<'a>(elf: &'a [u8], header: &[u8]) -> Option<&'a [u8]> {
    let start = usize::try_from(header.u64(24)).ok()?;
    let size = usize::try_from(header.u64(32)).ok()?;
    elf.get(start..start.checked_add(size)?)
}

#[cfg(test)]
pub(in crate::disk) mod tests {
    #![allow(clippy::cast_possible_truncation, reason = "small numbers")]

    use super::*;

    /// A shared object with these sections (name, type, flags, address, bytes) and this entry.
    pub(in crate::disk) fn elf(entry: u64, sections: &[(&str, u32, u64, u64, &[u8])]) -> Vec<u8> {
        let mut names = vec![0];
        let mut body = vec![0; 64];
        let mut headers = vec![0; 64];
        let mut push = |name: &[u8], kind: u32, flags: u64, address: u64, bytes: &[u8], at: u64| {
            let mut header = Vec::new();
            header.extend((names.len() as u32).to_le_bytes());
            header.extend(kind.to_le_bytes());
            for number in [flags, address, at, bytes.len() as u64] {
                header.extend(number.to_le_bytes());
            }
            header.resize(64, 0);
            headers.extend(header);
            names.extend(name);
            names.push(0);
        };
        for (name, kind, flags, address, bytes) in sections {
            push(
                name.as_bytes(),
                *kind,
                *flags,
                *address,
                bytes,
                body.len() as u64,
            );
            if *kind != NOBITS {
                body.extend(*bytes);
            }
        }
        push(b".shstrtab", 3, 0, 0, &[0; 0], body.len() as u64);
        // The string table's own size: known now that all names are in it.
        let at = headers.len() - 64 + 32;
        headers[at..at + 8].copy_from_slice(&(names.len() as u64).to_le_bytes());
        body.extend(&names);
        let start = body.len() as u64;
        let count = headers.len() as u16 / 64;
        body[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        body[16..18].copy_from_slice(&TYPE_SHARED.to_le_bytes());
        body[18..20].copy_from_slice(&62_u16.to_le_bytes());
        body[24..32].copy_from_slice(&entry.to_le_bytes());
        body[40..48].copy_from_slice(&start.to_le_bytes());
        body[60..62].copy_from_slice(&count.to_le_bytes());
        body[62..64].copy_from_slice(&(count - 1).to_le_bytes());
        body.extend(headers);
        body
    }

    /// A stub that does nothing.
    pub(in crate::disk) fn small_stub() -> Vec<u8> {
        elf(
            0x1004,
            &[
                (".hash", 5, ALLOC, 0x190, &[1; 20]),
                (".text", PROGBITS, ALLOC | EXECUTE, 0x1000, &[0x90; 100]),
                (".rodata", PROGBITS, ALLOC, 0x2000, b"constant"),
                (".rodata.str", PROGBITS, ALLOC, 0x2010, b"text\0"),
                (".data", PROGBITS, ALLOC | WRITE, 0x3010, b"data"),
                (".bss", NOBITS, ALLOC | WRITE, 0x3020, &[0; 16]),
                (".comment", PROGBITS, 0, 0, b"GCC"),
            ],
        )
    }

    #[test]
    fn sections_of_a_kind_are_joined_and_the_others_left_out() {
        let stub = Stub::parse(&small_stub()).unwrap();
        assert_eq!(
            (stub.machine, stub.entry, stub.end()),
            (0x8664, 0x1004, 0x4000)
        );
        let [code, constants, data] = &stub.parts[..] else {
            panic!("{stub:?}")
        };
        assert_eq!((code.address, code.size), (0x1000, 100));
        assert_eq!((constants.address, constants.size), (0x2000, 0x15));
        assert_eq!(constants.bytes, b"constant\0\0\0\0\0\0\0\0text\0");
        assert_eq!(
            (data.address, data.size, data.bytes.len()),
            (0x3000, 0x30, 0x14)
        );
    }

    #[test]
    fn what_cannot_be_loaded_as_it_is_is_refused() {
        let text: (&str, u32, u64, u64, &[u8]) =
            (".text", PROGBITS, ALLOC | EXECUTE, 0x1000, &[0; 8]);
        let parse = |sections: &[_]| Stub::parse(&elf(0x1000, sections)).unwrap_err();
        let relocations = (".rela.dyn", 4, ALLOC, 0x300, &[0_u8; 24][..]);
        assert_eq!(
            parse(&[relocations, text]),
            ElfError::Relocations(".rela.dyn".into())
        );
        let near = (".rodata", PROGBITS, ALLOC, 0x1800, &[0_u8; 8][..]);
        assert_eq!(parse(&[text, near]), ElfError::Pages("constants"));
        let low = (".rodata", PROGBITS, ALLOC, 0x200, &[0_u8; 8][..]);
        assert_eq!(parse(&[low, text]), ElfError::Pages("constants"));
        assert!(
            matches!(parse(&[near]), ElfError::Format(_)),
            "the entry is in no code"
        );
    }

    #[test]
    fn other_and_damaged_files_are_refused() {
        let good = small_stub();
        assert!(matches!(Stub::parse(b"\x7fELF"), Err(ElfError::Format(_))));
        for length in 0..good.len() {
            assert!(Stub::parse(&good[..length]).is_err(), "cut off at {length}");
        }
        let mut other = good.clone();
        other[18] = 3;
        assert_eq!(Stub::parse(&other), Err(ElfError::Machine(3)));
        // Any one byte changed: an error or a stub, never a panic.
        for at in 0..good.len() {
            let mut damaged = good.clone();
            damaged[at] ^= 0xff;
            let _ = Stub::parse(&damaged);
        }
    }
}
