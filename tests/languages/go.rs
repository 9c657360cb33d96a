//! One program in Go, with a module that comes from a proxy of the test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use distill::go_package;
use distill::package::{Config, execline};
use distill::plan::Plan;
use distill_packages::quick;

use crate::build::{build, build_with};
use crate::linked::elf;

/// What the proxy has: the module `example.org/Greet`, whose name has a capital letter.
const MODULE: [(&str, &[u8]); 2] = [
    (
        "/example.org/!greet/@v/v1.0.0.zip",
        include_bytes!("goproxy/greet.zip"),
    ),
    (
        "/example.org/!greet/@v/v1.0.0.mod",
        include_bytes!("goproxy/greet.mod"),
    ),
];

/// Serves the module for as long as the test runs; where.
fn proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut request = String::new();
            let _ = BufReader::new(&stream).read_line(&mut request);
            let path = request.split(' ').nth(1).unwrap_or_default();
            let found = MODULE.iter().find(|(name, _)| *name == path);
            let (status, body) =
                found.map_or(("404 Not Found", &b""[..]), |(_, body)| ("200 OK", body));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = (&stream).write_all(&[head.as_bytes(), body].concat());
        }
    });
    format!("http://{address}")
}

fn gopher(config: &Config) -> Plan {
    go_package! { config,
        name: "gopher", version: "1",
        source: local!("tests/languages/gopher"),
        ldflags: ["-X main.version=1.2"],
        cleanup: execline! { if { redirfd -w 1 "/out/said" "/out/usr/bin/gopher" } },
    }
}

const SAID: &str = "\
hello, gopher 1.2
http: {\"answer\":42}
user: root
sum: 45
";

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn a_program_with_a_module_and_the_network() {
    let proxies = format!("{},direct", proxy());
    let built = build_with(&gopher(&quick()), [("GOPROXY", proxies)]);
    let tree = built.tree();
    let said = std::fs::read_to_string(tree.join("said")).expect("text");
    assert_eq!(said, SAID);
    let program = elf(&tree.join("usr/bin/gopher"));
    assert!(!program.interpreter && program.needed == 0, "{program:?}");
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn mistakes_are_told_with_what_to_write() {
    let told = |files: &[(&str, &str)], said: &str, hint: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("a file");
        }
        let source = distill::package::source::local(directory.path().to_str().expect("UTF-8"));
        let plan = go_package! { &quick(), name: "mistake", version: "1", source };
        let built = build(&plan);
        let failure = built.failure();
        let hinted = |line: &str| line.starts_with("hint: ") && line.contains(hint);
        assert!(failure.contains(said), "{failure}");
        assert!(failure.lines().any(hinted), "{failure}");
    };
    let main = ("main.go", "package main\n\nfunc main() {}\n");
    told(
        &[("go.mod", "module mistake\n\ngo 1.999\n"), main],
        "go >= 1.999",
        "`Target::go`",
    );
    let wants = "module mistake\n\ngo 1.24\n\nrequire example.org/none v1.0.0\n";
    let uses = (
        "main.go",
        "package main\n\nimport _ \"example.org/none\"\n\nfunc main() {}\n",
    );
    told(&[("go.mod", wants), uses], "example.org/none", "sum --go");
    let library = ("lib.go", "package lib\n");
    told(
        &[("go.mod", "module mistake\n"), library],
        "main",
        "`packages`",
    );
}
