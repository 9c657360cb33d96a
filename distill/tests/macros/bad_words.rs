//! Words of a script.

use distill::execline;

struct Colour;

fn main() {
    let _ = execline! {
        # a comment
        emit #hash
        emit 'quotes
        emit 'c' b'c' c"c"
        load https://example.org/file
        emit ${a-b} ${} a$
        if{ true }
        if { true }{ false }
        if { true }emit
        mark #{} "-j"#{}
        mark #{let}
        mark #{Colour}
        mark CC=#{Colour}
    };
}
