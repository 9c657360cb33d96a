# The first sector of the disk: loads the second stage from the gap before the first partition.
#
# The BIOS puts these 512 bytes at 0000:7C00 and the number of the disk in DL. The last 72 bytes of the
# sector belong to the partition table, so the linker's output is exactly 440 bytes:
#
#   offset  bytes  what
#      0       3   a jump over the range that some BIOSes overwrite when they boot from USB
#      3      59   left alone, zero
#     62     354   code and messages
#    416       8   MAGIC, by which the image maker knows this layout
#    424      16   the disk address packet of the one read: the image maker fills in the number of
#                  sectors (offset 426, 16 bits) and the first sector (offset 432, 64 bits)
#
# The second stage is read to 0000:8000. Its offset 4 holds a magic of 8 bytes, and the sum of all its
# 16-bit words, padding included, is zero: whoever wrote into the gap since is found out here and not by
# a machine that hangs.
#
# The code has 16 bits and is for a 386 or later. No BIOS text output on the good path.

        .code16
        .intel_syntax noprefix
        .text
        .globl  _start

        .set    STAGE2, 0x8000
        .set    COM1, 0x3F8

_start:
        jmp     short begin
        nop

        .org    62
begin:
        cli
        xor     eax, eax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        # Some BIOSes enter at 07C0:0000: make it 0000:7C00.
        .byte   0xEA
        .word   based, 0
based:
        sti
        cld
        # A hard disk is 80h or more; some old BIOSes pass something else in DL.
        test    dl, 0x80
        jnz     disk_known
        mov     dl, 0x80
disk_known:
        # Are there extended reads (by sector number)?
        mov     ah, 0x41
        mov     bx, 0x55AA
        push    dx
        int     0x13
        pop     dx
        mov     si, offset no_extensions
        jc      fail
        cmp     bx, 0xAA55
        jne     fail
        test    cl, 1
        jz      fail

        # Read the second stage. A failed read may leave the number of sectors done in the packet, so
        # the count is set again before each try.
        mov     di, word ptr [packet + 2]
        mov     bp, 5
read:
        mov     word ptr [packet + 2], di
        mov     ah, 0x42
        mov     si, offset packet
        push    dx
        int     0x13
        pop     dx
        jnc     check
        xor     ah, ah
        push    dx
        int     0x13
        pop     dx
        dec     bp
        jnz     read
        mov     si, offset unreadable
        jmp     fail

check:
        mov     cx, di
        shl     cx, 8                   # sectors to words
        mov     si, STAGE2
        xor     bx, bx
sum:
        lodsw
        add     bx, ax
        loop    sum
        mov     si, offset damaged
        test    bx, bx
        jnz     fail
        cmp     dword ptr [STAGE2 + 4], 0x54534944      # "DIST"
        jne     fail
        cmp     dword ptr [STAGE2 + 8], 0x31324C49      # "IL21"
        jne     fail
        .byte   0xEA                                    # jmp 0000:8000, DL = disk
        .word   STAGE2, 0

# Says the message at SI on the screen and on the first serial port, then lets the BIOS try the next
# device.
fail:
        mov     di, si
        call    serial
        mov     si, offset prefix
        call    say
        mov     si, di
        call    say
        int     0x18
halt:
        hlt
        jmp     halt

        .include "say.s"

no_extensions:  .asciz  "BIOS cannot read by sector number\r\n"
unreadable:     .asciz  "cannot read the loader\r\n"
damaged:        .asciz  "the loader is damaged\r\n"

        .org    416
        .ascii  "DISTILL1"
packet:
        .byte   16, 0
        .word   0                       # sectors: filled in
        .word   STAGE2, 0               # where to: offset, segment
        .quad   0                       # first sector: filled in

        .section .note.GNU-stack, "", @progbits
