//! Puts a unified kernel image together.

use thiserror::Error;

use super::elf::{ElfError, Kind, PAGE, Part, Stub};
use super::kernel::{self, HEAD, KernelError};
use super::pe::{self, FILE_ALIGNMENT, Header};
use super::{CMDLINE_MAX, Uki};
use crate::disk::fat::Body;
use crate::disk::input::{Input, InputError, read_start};
use crate::disk::piece::Piece;

/// In the file, kernel and initrd begin at a multiple of this.
const LARGE_ALIGNMENT: u64 = 4096;
/// A stub larger than this is something else.
const MAX_STUB: u64 = 16 << 20;

/// Why a unified kernel image cannot be made of its parts.
#[derive(Debug, Error)]
pub enum UkiError {
    /// The kernel would cut it off.
    #[error("make a kernel command line of {0} bytes: at most {CMDLINE_MAX} fit")]
    CmdlineTooLong(usize),
    /// Two firmwares pass it on, one of them in UTF-16: only ASCII comes through unchanged.
    #[error(
        "make a kernel command line with the character {0:?}: only printable ASCII comes through"
    )]
    CmdlineCharacter(char),
    /// It would end there for those who read it.
    #[error("make an os-release text with a zero byte in it")]
    OsRelease,
    /// The stub is not what it should be.
    #[error("use the stub")]
    Stub(#[source] ElfError),
    /// The kernel is not what it should be.
    #[error("use the kernel")]
    Kernel(#[source] KernelError),
    /// A part cannot be read.
    #[error("read a part of a unified kernel image")]
    Input(#[from] InputError),
    /// Addresses in a portable executable have 32 bits.
    #[error("make a unified kernel image of {0} bytes: at most 4 GiB are possible")]
    TooLarge(u64),
}

/// An image.
#[derive(Debug)]
pub(in crate::disk) struct Built<'a, I> {
    pub(in crate::disk) body: Body<'a, I>,
    pub(in crate::disk) parts: Parts,
}

/// Where in an image the parts lie that a BIOS loader reads: offset and exact size.
#[derive(Debug)]
pub(in crate::disk) struct Parts {
    pub(in crate::disk) linux: (u64, u64),
    pub(in crate::disk) initrd: Option<(u64, u64)>,
    /// The kernel's first bytes.
    pub(in crate::disk) head: Vec<u8>,
}

/// Makes an image of its parts.
pub(in crate::disk) fn build<I: Input>(uki: &Uki<I>) -> Result<Built<'_, I>, UkiError> {
    check_texts(uki)?;
    let elf = read_start(&uki.stub, MAX_STUB, "the stub")?;
    let stub = Stub::parse(&elf).map_err(UkiError::Stub)?;
    let head = read_start(&uki.linux, HEAD as u64, "the kernel")?;
    kernel::check_efi(&head, stub.machine).map_err(UkiError::Kernel)?;

    let sections = 4 + stub.parts.len() + usize::from(uki.initrd.is_some());
    let mut image = Image::new(pe::headers_size(sections));
    let (machine, entry) = (stub.machine, stub.entry);
    image.push_stub(stub);
    image.push_text(".osrel", &uki.osrel);
    image.push_text(".cmdline", &uki.cmdline);
    let linux = image.push_input(".linux", &uki.linux);
    let initrd = uki
        .initrd
        .as_ref()
        .map(|initrd| image.push_input(".initrd", initrd));
    let body = image.finish(machine, entry)?;
    Ok(Built {
        body,
        parts: Parts {
            linux,
            initrd,
            head,
        },
    })
}

fn check_texts<I>(uki: &Uki<I>) -> Result<(), UkiError> {
    let unprintable = |c: &char| !matches!(c, ' '..='~');
    if let Some(character) = uki.cmdline.chars().find(unprintable) {
        return Err(UkiError::CmdlineCharacter(character));
    }
    if uki.cmdline.len() > CMDLINE_MAX {
        return Err(UkiError::CmdlineTooLong(uki.cmdline.len()));
    }
    if uki.osrel.contains('\0') {
        Err(UkiError::OsRelease)
    } else {
        Ok(())
    }
}

/// An image that grows section by section, in the file and in memory.
struct Image<'a, I> {
    sections: Vec<Header>,
    pieces: Vec<Piece<'a, I>>,
    file_end: u64,
    memory_end: u64,
}

impl<'a, I: Input> Image<'a, I> {
    fn new(headers_size: u64) -> Self {
        Self {
            sections: Vec::new(),
            pieces: Vec::new(),
            file_end: headers_size,
            memory_end: PAGE,
        }
    }

    /// The stub's parts keep their addresses; a block without relocations follows them, since some
    /// firmware wants to see one before it moves an image.
    fn push_stub(&mut self, mut stub: Stub) {
        let end = stub.end();
        stub.parts.sort_by_key(|part| part.address);
        for Part {
            kind,
            address,
            size,
            bytes,
        } in stub.parts
        {
            let (name, flags) = match kind {
                Kind::Code => (".text", pe::CODE),
                Kind::Constants => (".rodata", pe::CONSTANTS),
                Kind::Data => (".data", pe::DATA),
            };
            self.memory_end = address;
            let at = self.push(name, flags, size, bytes.len() as u64, FILE_ALIGNMENT);
            self.pieces.push(Piece::bytes(at, bytes));
        }
        self.memory_end = end;
        let block = pe::no_relocations(PAGE);
        let at = self.push(".reloc", pe::DISCARDABLE, 12, 12, FILE_ALIGNMENT);
        self.pieces.push(Piece::bytes(at, block));
    }

    fn push_text(&mut self, name: &'static str, text: &str) {
        let size = text.len() as u64;
        let at = self.push(name, pe::CONSTANTS, size, size, FILE_ALIGNMENT);
        self.pieces.push(Piece::bytes(at, text.as_bytes().to_vec()));
    }

    /// Returns offset and size.
    fn push_input(&mut self, name: &'static str, input: &'a I) -> (u64, u64) {
        let size = input.size();
        let at = self.push(name, pe::CONSTANTS, size, size, LARGE_ALIGNMENT);
        self.pieces.push(Piece::input(at, input));
        (at, size)
    }

    /// Adds a section's header and returns where in the file the section begins. The section before takes up
    /// what is left free for the alignment: programs that sign images hash section after section, and warn of
    /// bytes that belong to none.
    fn push(&mut self, name: &'static str, flags: u32, size: u64, raw: u64, alignment: u64) -> u64 {
        let raw_at = self.file_end.next_multiple_of(alignment);
        if let Some(before) = self.sections.last_mut() {
            before.raw_size = raw_at - before.raw_at;
        }
        let raw_size = raw.next_multiple_of(FILE_ALIGNMENT);
        let address = self.memory_end;
        self.sections.push(Header {
            name,
            size,
            address,
            raw_at,
            raw_size,
            flags,
        });
        self.file_end = raw_at + raw_size;
        self.memory_end = (address + size).next_multiple_of(PAGE);
        raw_at
    }

    fn finish(mut self, machine: u16, entry: u64) -> Result<Body<'a, I>, UkiError> {
        let size = self.file_end;
        if size.max(self.memory_end) > u64::from(u32::MAX) {
            return Err(UkiError::TooLarge(size));
        }
        self.pieces
            .push(Piece::bytes(0, pe::headers(machine, entry, &self.sections)));
        Ok(Body {
            size,
            pieces: self.pieces,
        })
    }
}
