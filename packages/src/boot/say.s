# How both stages of the BIOS loader speak, on the screen and on the serial port at COM1, which is set by
# whoever includes this. `say` prints the text at SI, and changes AX, BX, CX, DX, BP and SI.

# Sets the serial port to 115200 bits a second, 8 data bits, no parity: the BIOS may have left it as it
# was at power-on, with 5 data bits.
serial:
        mov     dx, COM1 + 3
        mov     al, 0x83                # line control; its top bit opens the divisor
        out     dx, al
        mov     dx, COM1
        mov     al, 1                   # divisor: low byte, high byte
        out     dx, al
        inc     dx
        xor     al, al
        out     dx, al
        mov     dx, COM1 + 3
        mov     al, 3
        out     dx, al
        ret

say:
        lodsb
        test    al, al
        jz      said
        mov     cx, ax
        mov     ah, 0x0E
        mov     bx, 7
        int     0x10
        mov     dx, COM1 + 5
        mov     bp, 0xFFFF
ready:
        in      al, dx
        test    al, 0x20
        jnz     send
        dec     bp
        jnz     ready
send:
        mov     al, cl
        mov     dx, COM1
        out     dx, al
        jmp     say
said:
        ret

prefix:         .asciz  "\r\nDistill: "
