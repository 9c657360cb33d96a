//! Words of a script.

use distill::execline;

struct Colour;

fn main() {
    let _ = execline! {
        # a comment
        echo #hash
        echo 'quotes
        echo 'c' b'c' c"c"
        wget https://example.org/file
        echo ${a-b} ${} a$
        if{ true }
        if { true }{ false }
        if { true }echo
        make #{} "-j"#{}
        make #{let}
        make #{Colour}
        make CC=#{Colour}
    };
}
