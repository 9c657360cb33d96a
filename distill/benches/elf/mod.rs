//! Programs of a few bytes, so that what is measured is not the program.

/// An ELF file (System V ABI) for this machine, with nothing but `code`, which is where it starts.
pub(crate) fn executable(code: &[u8]) -> Vec<u8> {
    let machine: u16 = if cfg!(target_arch = "aarch64") {
        183
    } else {
        62
    };
    let (base, header) = (0x40_0000_u64, 64 + 56);
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    elf.extend([2_u16, machine].map(u16::to_le_bytes).concat());
    elf.extend(1_u32.to_le_bytes());
    elf.extend([base + header, 64, 0].map(u64::to_le_bytes).concat());
    elf.extend(0_u32.to_le_bytes());
    elf.extend([64_u16, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    // One segment, which can be read and executed.
    elf.extend([1_u32, 5].map(u32::to_le_bytes).concat());
    let length = header + code.len() as u64;
    elf.extend(
        [0, base, base, length, length, 0x1000]
            .map(u64::to_le_bytes)
            .concat(),
    );
    elf.extend(code);
    elf
}
