//! What only a shell would understand.

use distill::execline;

fn main() {
    let _ = execline! {
        make && make install
        false || true
        pipeline { echo a } grep a | wc
        cd src; make
    };
    let _ = execline! {
        foreground { echo hello > /run/hello }
        foreground { echo more >>/run/hello }
        foreground { cat < /run/hello }
        foreground { make 2>&1 }
        foreground { sleep 1 & }
        foreground { echo $(date) $((1 + 2)) pre$(id)post }
        foreground { wget "example.org/"?a=1&b=2 }
        foreground { cat <<< x }
        true
    };
    let _ = execline! {
        if { test -e x }
        mkdir -p "/out/etc"
        "/usr/bin/cp" -r etc
            "/out"
        #{None::<&str>}
        if {
            rm -rf x
            mv y x
        }
        foreground { touch z }
        sed -n p
        #{None::<&str>}
    };
}
