# The second stage: loads a Linux kernel, and an initrd if there is one, by a list of sectors.
#
# The first sector puts this at 0000:8000 and enters at its start with DL = the disk, DS = ES = SS = 0,
# SP = 7C00. The image maker appends the parameters, pads to whole sectors and sets `sum` so that all
# 16-bit words add up to zero:
#
#   offset  bytes  what
#      0       4   a jump
#      4       8   MAGIC
#     12       2   length of this code = offset of the parameters, a multiple of 16
#     14       2   sum: filled in
#
#   parameters
#      0       4   bytes of the kernel (a bzImage, boot protocol 2.10 or later)
#      4       4   bytes of the initrd, 0 if there is none
#      8       2   extents of the kernel
#     10       2   extents of the initrd
#     12       2   bytes of the command line, without its final zero
#     14       2   zero
#     16      12   each extent: first sector (64 bits), number of sectors (32 bits); the kernel's, then
#                  the initrd's
#      …           the command line, a zero
#
# The rules of the kernel's side are in the kernel's Documentation/arch/x86/boot.rst. All modes beyond
# real mode, page tables and the memory map are left to the kernel's own 16-bit setup code, so what
# remains is: read sectors with INT 13h, copy them up with INT 15h AH=87h, fill in five fields, jump.
#
#   linear address     what
#   07C00 downwards    stack
#   08000              this code and the parameters, 16 KiB at most
#   10000              the kernel's setup code (32 KiB at most), its heap, its stack
#   1E000              command line
#   20000              buffer of 127 sectors
#   100000             the kernel
#   as high as allowed the initrd
#
# The copy by the BIOS was chosen over unreal mode: it is as fast, needs no A20 code, and cannot be
# undone by a BIOS that reloads the segments while it reads.

        .code16
        .intel_syntax noprefix
        .text
        .globl  _start

        .set    SETUP, 0x10000
        .set    CMDLINE, 0x1E000
        .set    BUFFER, 0x20000
        .set    KERNEL, 0x100000
        .set    COM1, 0x3F8

# Fields of the setup header, as offsets into segment 1000h.
        .set    SETUP_SECTS, 0x1F1
        .set    HEADER_MAGIC, 0x202
        .set    VERSION, 0x206
        .set    TYPE_OF_LOADER, 0x210
        .set    LOADFLAGS, 0x211
        .set    RAMDISK_IMAGE, 0x218
        .set    RAMDISK_SIZE, 0x21C
        .set    HEAP_END_PTR, 0x224
        .set    CMD_LINE_PTR, 0x228
        .set    INITRD_ADDR_MAX, 0x22C
        .set    PREF_ADDRESS, 0x258
        .set    INIT_SIZE, 0x260

# Fields of the parameters.
        .set    KERNEL_BYTES, params
        .set    INITRD_BYTES, params + 4
        .set    KERNEL_EXTENTS, params + 8
        .set    INITRD_EXTENTS, params + 10
        .set    CMDLINE_BYTES, params + 12
        .set    EXTENTS, params + 16

_start:
        jmp     begin
        .org    4
        .ascii  "DISTIL21"
length: .word   params - _start
sum:    .word   0

begin:
        mov     byte ptr [disk], dl
        mov     word ptr [cursor], offset EXTENTS

        # The first two sectors: "HdrS" is in the second one.
        mov     edi, SETUP
        mov     ecx, 2
        call    load
        mov     ax, SETUP >> 4
        mov     fs, ax
        mov     si, offset not_linux
        cmp     dword ptr fs:[HEADER_MAGIC], 0x53726448
        jne     fail
        cmp     word ptr fs:[VERSION], 0x020A
        jb      fail

        # The rest of the setup code. The image maker has seen to it that it is at most 64 sectors.
        movzx   ecx, byte ptr fs:[SETUP_SECTS]
        test    cl, cl
        jnz     counted
        mov     cl, 4
counted:
        dec     ecx
        push    ecx
        mov     edi, SETUP + 1024
        call    load
        pop     ebx

        call    place_initrd            # also finds out whether the memory will do

        # The rest of the kernel: all its sectors, less 2, less those just read.
        mov     eax, dword ptr [KERNEL_BYTES]
        call    sectors
        sub     eax, 2
        sub     eax, ebx
        mov     ecx, eax
        mov     edi, KERNEL
        call    load

        # The initrd's extents follow those of the kernel. The kernel's last extent may have sectors
        # left only if the list is wrong; then the cursor would be too: it is set, not trusted.
        movzx   eax, word ptr [KERNEL_EXTENTS]
        call    extent_address
        mov     word ptr [cursor], ax
        mov     dword ptr [left], 0
        mov     eax, dword ptr [INITRD_BYTES]
        mov     dword ptr fs:[RAMDISK_SIZE], eax
        call    sectors
        mov     ecx, eax
        mov     edi, dword ptr [initrd]
        mov     dword ptr fs:[RAMDISK_IMAGE], edi
        call    load

        # What the kernel wants to know. Without a type of loader it ignores the initrd in silence.
        mov     byte ptr fs:[TYPE_OF_LOADER], 0xFF
        or      byte ptr fs:[LOADFLAGS], 0x80           # heap_end_ptr is valid
        mov     word ptr fs:[HEAP_END_PTR], 0xDE00      # E000h, less 200h as the protocol has it
        mov     dword ptr fs:[CMD_LINE_PTR], CMDLINE

        # The command line lies behind the last extent.
        movzx   eax, word ptr [KERNEL_EXTENTS]
        movzx   ecx, word ptr [INITRD_EXTENTS]
        add     eax, ecx
        call    extent_address
        mov     si, ax
        mov     ax, CMDLINE >> 4
        mov     es, ax
        xor     di, di
        mov     cx, word ptr [CMDLINE_BYTES]
        inc     cx                                      # the final zero
        cld
        rep movsb

        cli
        mov     ax, SETUP >> 4
        mov     ds, ax
        mov     es, ax
        mov     gs, ax
        mov     ss, ax
        mov     sp, 0xE000
        .byte   0xEA                                    # jmp 1020:0000, the setup code's entry
        .word   0, (SETUP >> 4) + 0x20

# EAX = bytes -> EAX = sectors.
sectors:
        add     eax, 511
        shr     eax, 9
        ret

# EAX = number of an extent -> EAX = its address.
extent_address:
        lea     eax, [eax + eax * 2]
        shl     eax, 2
        add     eax, offset EXTENTS
        ret

# ---------------------------------------------------------------------------------------------------
# Reading

# Copies the next ECX sectors of the list under the cursor to linear address EDI. Does not return if it
# cannot.
load:
        test    ecx, ecx
        jz      loaded
        cmp     dword ptr [left], 0
        jne     in_extent
        mov     si, word ptr [cursor]
        mov     eax, dword ptr [si]
        mov     dword ptr [lba], eax
        mov     eax, dword ptr [si + 4]
        mov     dword ptr [lba + 4], eax
        mov     eax, dword ptr [si + 8]
        mov     dword ptr [left], eax
        add     word ptr [cursor], 12
        jmp     load
in_extent:
        mov     eax, ecx
        cmp     eax, dword ptr [left]
        jbe     within
        mov     eax, dword ptr [left]
within:
        call    read
        call    copy
        add     dword ptr [lba], eax
        adc     dword ptr [lba + 4], 0
        sub     dword ptr [left], eax
        sub     ecx, eax
        shl     eax, 9
        add     edi, eax
        jmp     load
loaded:
        ret

# Reads at most EAX sectors from `lba` into the buffer -> EAX = how many it were. 127 is the most that
# the specification of extended reads allows; a BIOS that fails is asked three times, then for half as
# much.
read:
        mov     dword ptr [packet + 8], 0
        push    ecx
next_size:
        cmp     eax, dword ptr [most]
        jbe     small_enough
        mov     eax, dword ptr [most]
small_enough:
        mov     cx, 3
try:
        # The whole packet again: a failed read may have changed it.
        mov     word ptr [packet], 16
        mov     word ptr [packet + 2], ax
        mov     word ptr [packet + 4], 0
        mov     word ptr [packet + 6], BUFFER >> 4
        mov     esi, dword ptr [lba]
        mov     dword ptr [packet + 8], esi
        mov     esi, dword ptr [lba + 4]
        mov     dword ptr [packet + 12], esi
        pushad
        mov     ah, 0x42
        mov     dl, byte ptr [disk]
        mov     si, offset packet
        int     0x13
        mov     byte ptr [status], ah
        popad
        jnc     have_read
        pushad
        xor     ah, ah
        mov     dl, byte ptr [disk]
        int     0x13
        popad
        dec     cx
        jnz     try
        shr     dword ptr [most], 1
        jnz     next_size
        mov     si, offset unreadable
        jmp     fail_with_status
have_read:
        pop     ecx
        ret

# Copies EAX sectors from the buffer to linear address EDI by INT 15h AH=87h, whatever is there.
copy:
        pushad
        mov     ecx, eax
        shl     ecx, 8                                  # words
        mov     dword ptr [gdt_target + 2], edi         # base, bits 0 to 23 (and the access byte)
        mov     byte ptr [gdt_target + 5], 0x93
        shr     edi, 24
        mov     dword ptr [gdt_source + 2], BUFFER | (0x93 << 24)
        mov     ax, di
        mov     byte ptr [gdt_target + 7], al           # base, bits 24 to 31
        push    ds
        pop     es
        mov     si, offset gdt
        mov     ah, 0x87
        int     0x15
        mov     byte ptr [status], ah
        popad
        mov     si, offset uncopied
        jc      fail_with_status
        ret

# ---------------------------------------------------------------------------------------------------
# Memory

# Walks the BIOS's memory map -> [initrd] = the highest place that will do. Refuses a machine on which
# the kernel or the initrd would overwrite something. A BIOS without a map (before about 2000) is
# trusted with a kernel, but not with an initrd.
place_initrd:
        pushad
        mov     eax, dword ptr fs:[PREF_ADDRESS]
        add     eax, dword ptr fs:[INIT_SIZE]
        mov     dword ptr [needed], eax
        mov     eax, dword ptr fs:[INITRD_ADDR_MAX]
        inc     eax
        mov     dword ptr [limit], eax
        xor     ebx, ebx
next_range:
        mov     eax, 0xE820
        mov     edx, 0x534D4150                         # "SMAP"
        mov     ecx, 20
        mov     di, offset range
        push    ds
        pop     es
        int     0x15
        jc      walked
        cmp     eax, 0x534D4150
        jne     walked
        cmp     dword ptr [range + 16], 1               # usable
        jne     skip_range
        cmp     dword ptr [range + 4], 0                # begins below 4 GiB
        jne     skip_range
        call    use_range
skip_range:
        test    ebx, ebx
        jnz     next_range
walked:
        mov     si, offset little_memory
        mov     eax, dword ptr [top]
        test    eax, eax
        jz      no_map
        cmp     eax, dword ptr [needed]
        jb      fail
no_map:
        cmp     dword ptr [INITRD_BYTES], 0
        je      placed
        mov     eax, dword ptr [initrd]
        cmp     eax, dword ptr [needed]
        jb      fail
placed:
        popad
        ret

# Looks at one usable range: raises `top`, and `initrd` if it fits there.
use_range:
        mov     eax, dword ptr [range]
        mov     edx, dword ptr [range + 8]
        add     edx, eax
        jc      over_4g
        cmp     dword ptr [range + 12], 0
        je      ends
over_4g:
        mov     edx, 0xFFFFF000
ends:
        cmp     edx, dword ptr [top]
        jbe     not_higher
        mov     dword ptr [top], edx
not_higher:
        cmp     edx, dword ptr [limit]
        jbe     below_limit
        mov     edx, dword ptr [limit]
below_limit:
        sub     edx, dword ptr [INITRD_BYTES]
        jb      too_small
        # The last sector is copied whole: keep its tail inside the range, too.
        sub     edx, 512
        jb      too_small
        and     edx, 0xFFFFF000
        cmp     edx, eax
        jb      too_small
        cmp     edx, dword ptr [initrd]
        jbe     too_small
        mov     dword ptr [initrd], edx
too_small:
        ret

# ---------------------------------------------------------------------------------------------------
# Errors: on the screen and on the first serial port, then the BIOS may try the next device.

fail_with_status:
        push    si
        call    serial
        mov     al, byte ptr [status]
        mov     di, offset digits
        shr     al, 4
        call    digit
        mov     al, byte ptr [status]
        and     al, 15
        call    digit
        mov     si, offset prefix
        call    say
        pop     si
        call    say
        mov     si, offset status_text
        jmp     last_words
fail:
        push    si
        call    serial
        mov     si, offset prefix
        call    say
        pop     si
        call    say
        mov     si, offset newline
last_words:
        call    say
        int     0x18
halt:
        hlt
        jmp     halt

# AL = 0 to 15 -> its hexadecimal digit at DI, DI + 1.
digit:
        add     al, '0'
        cmp     al, '9'
        jbe     decimal
        add     al, 'A' - '0' - 10
decimal:
        mov     byte ptr [di], al
        inc     di
        ret

        .include "say.s"

not_linux:      .asciz  "the loader's list of sectors does not lead to a Linux kernel"
unreadable:     .asciz  "cannot read the disk"
uncopied:       .asciz  "the BIOS cannot copy to high memory"
little_memory:  .asciz  "not enough memory for the kernel and its initrd"
status_text:    .ascii  " (status "
digits:         .ascii  "00h)"
newline:        .asciz  "\r\n"

# ---------------------------------------------------------------------------------------------------
# Variables

        .balign 8
cursor:         .word   0               # the next extent
disk:           .byte   0
status:         .byte   0               # AH of the last call of the BIOS
left:           .long   0               # sectors left in the extent
lba:            .quad   0               # next sector
most:           .long   127             # sectors a read
needed:         .long   0               # end of what the kernel needs while it unpacks itself
limit:          .long   0               # the initrd must end here
top:            .long   0               # end of the highest usable memory below 4 GiB
initrd:         .long   0               # its address
range:          .fill   20, 1, 0        # one range of the memory map
packet:         .fill   16, 1, 0        # disk address packet

        .balign 8
# Six descriptors, as INT 15h AH=87h wants them: the BIOS fills in all but source and target.
gdt:            .quad   0, 0
gdt_source:     .word   0xFFFF, 0, 0x9300, 0
gdt_target:     .word   0xFFFF, 0, 0x9300, 0
                .quad   0, 0

        .balign 16
params:

        .section .note.GNU-stack, "", @progbits
