//! The headers of a portable executable that UEFI loads.
//!
//! Fields and their order are those of Microsoft's "PE Format". What UEFI firmware looks at was
//! tried on EDK2; the rest is set as a careful linker would, for firmware that looks at more.

/// Sections begin at a multiple of this in the file.
pub(super) const FILE_ALIGNMENT: u64 = 512;

const DOS_HEADER: usize = 64;
const OPTIONAL_HEADER: usize = 240;
const DIRECTORIES: usize = 16;
const BASE_RELOCATIONS: usize = 5;

/// Executable, may be above 2 GiB. "Relocations stripped" must not be set: EDK2 refuses it.
const CHARACTERISTICS: u16 = 0x0022;
/// May be loaded anywhere, above 4 GiB too, and runs with data not executable.
const DLL_CHARACTERISTICS: u16 = 0x0160;
/// UEFI application; EDK2 refuses other kinds as a boot program.
const SUBSYSTEM: u16 = 10;

pub(super) const CODE: u32 = 0x6000_0020;
pub(super) const CONSTANTS: u32 = 0x4000_0040;
pub(super) const DATA: u32 = 0xc000_0040;
pub(super) const DISCARDABLE: u32 = 0x4200_0040;

/// A section: where it lies in the file and in memory. All numbers are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: &'static str,
    /// Exact size.
    pub(super) size: u64,
    pub(super) address: u64,
    pub(super) raw_at: u64,
    pub(super) raw_size: u64,
    pub(super) flags: u32,
}

/// Size of all headers for so many sections, padding included.
pub(super) fn headers_size(sections: usize) -> u64 {
    let bytes = DOS_HEADER + 24 + OPTIONAL_HEADER + 40 * sections;
    (bytes as u64).next_multiple_of(FILE_ALIGNMENT)
}

/// The headers. Sections are in ascending order of address and everything is below 4 GiB.
pub(super) fn headers(machine: u16, entry: u64, sections: &[Header]) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    // A DOS header that says only where the real one is.
    out.bytes(b"MZ").zeros(58).u32(DOS_HEADER as u64);
    out.bytes(b"PE\0\0").u16(machine).u16(sections.len() as u64);
    // No time, no symbols.
    out.zeros(12)
        .u16(OPTIONAL_HEADER as u64)
        .u16(CHARACTERISTICS);
    optional_header(&mut out, entry, sections);
    for section in sections {
        section_header(&mut out, section);
    }
    let Writer(bytes) = out;
    bytes
}

fn optional_header(out: &mut Writer, entry: u64, sections: &[Header]) {
    let sum = |flags| {
        sections
            .iter()
            .filter(|s| s.flags == flags)
            .map(|s| s.raw_size)
            .sum::<u64>()
    };
    let code = sum(CODE);
    let base_of_code = sections
        .iter()
        .find(|s| s.flags == CODE)
        .map_or(0, |s| s.address);
    let end = sections
        .iter()
        .map(|s| s.address + s.size)
        .max()
        .unwrap_or(0);
    // PE32+, no linker's version.
    out.u16(0x020b_u16).zeros(2);
    out.u32(code)
        .u32(sum(CONSTANTS) + sum(DATA) + sum(DISCARDABLE))
        .u32(0_u64);
    out.u32(entry).u32(base_of_code);
    // Preferred address, alignment in memory and in the file, six 16-bit versions, a reserved
    // field.
    out.u64(0)
        .u32(super::elf::PAGE)
        .u32(FILE_ALIGNMENT)
        .zeros(16);
    out.u32(end.next_multiple_of(super::elf::PAGE))
        .u32(headers_size(sections.len()));
    // No checksum; stack and heap are the firmware's.
    out.u32(0_u64)
        .u16(SUBSYSTEM)
        .u16(DLL_CHARACTERISTICS)
        .zeros(32)
        .zeros(4);
    out.u32(DIRECTORIES as u64);
    let relocations = sections.iter().find(|s| s.flags == DISCARDABLE);
    for directory in 0..DIRECTORIES {
        match relocations {
            Some(section) if directory == BASE_RELOCATIONS => {
                out.u32(section.address).u32(section.size);
            }
            _ => {
                out.zeros(8);
            }
        }
    }
}

fn section_header(out: &mut Writer, section: &Header) {
    let mut name = [0; 8];
    name[..section.name.len()].copy_from_slice(section.name.as_bytes());
    out.bytes(&name).u32(section.size).u32(section.address);
    out.u32(section.raw_size)
        .u32(section.raw_at)
        .zeros(12)
        .u32(section.flags);
}

/// A base relocation block without relocations, for the page at an address: two entries of the kind
/// "absolute", which say "skip me". Their offsets differ because pefile warns of equal ones.
pub(super) fn no_relocations(page: u64) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.u32(page).u32(12_u64).u16(0_u16).u16(1_u16);
    out.0
}

/// Little-endian numbers, one after the other.
struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn zeros(&mut self, count: usize) -> &mut Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "constants and counts of a few"
    )]
    fn u16(&mut self, number: impl Into<u64>) -> &mut Self {
        self.bytes(&(number.into() as u16).to_le_bytes())
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked by the caller to be below 4 GiB"
    )]
    fn u32(&mut self, number: impl Into<u64>) -> &mut Self {
        self.bytes(&(number.into() as u32).to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }
}
