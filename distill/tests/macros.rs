//! What the macros say about mistakes, and where: each file in `macros/` has its `.stderr`.

/// Compiles this crate's dependencies once more, in a directory of its own.
#[test]
fn mistakes_are_reported_at_the_token() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/macros/good.rs");
    cases.compile_fail("tests/macros/bad_*.rs");
}
