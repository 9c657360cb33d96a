//! What the macros say about mistakes, and where: each file in `macros/` has its `.stderr`.

use std::fmt::Debug;

use distill::package::{
    Arch, Cargo, Cc, Cmake, Cmmi, Config, Go, Meson, Prebuilt, Python, Recipe, Target,
};

/// Compiles this crate's dependencies once more, in a directory of its own.
#[test]
fn mistakes_are_reported_at_the_token() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/macros/good.rs");
    cases.compile_fail("tests/macros/bad_*.rs");
}

/// The macros have lists of their own: they must be those of the structs.
#[test]
fn the_fields_that_are_listed_are_those_that_there_are() {
    let config = Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"));
    let listed = include_str!("macros/bad_fields.stderr");
    for (macro_name, template) in [
        ("package", &Recipe::new(&config) as &dyn Debug),
        ("cc_package", &Cc::new(&config)),
        ("cmmi_package", &Cmmi::new(&config)),
        ("cmake_package", &Cmake::new(&config)),
        ("meson_package", &Meson::new(&config)),
        ("cargo_package", &Cargo::new(&config)),
        ("go_package", &Go::new(&config)),
        ("prebuilt", &Prebuilt::new(&config)),
        ("python_package", &Python::new(&config)),
    ] {
        let message = listed
            .split("error: ")
            .find(|message| message.starts_with(&format!("`{macro_name}!` has no field")))
            .expect("an unknown field of each macro");
        let list = message
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("its fields are: "))
            .expect("a list");
        let mut listed: Vec<&str> = list.split(", ").collect();
        listed.sort_unstable();
        assert_eq!(listed, fields(template), "{macro_name}!");
    }
}

/// The fields that can be written, sorted, by what `derive(Debug)` shows of them.
fn fields(template: &dyn Debug) -> Vec<String> {
    let shown = format!("{template:#?}");
    let field = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let (name, _) = line.split_once(':')?;
        (!name.starts_with([' ', '}', ']', ')'])).then(|| name.to_owned())
    };
    let mut fields: Vec<String> = shown.lines().filter_map(field).collect();
    // The macros fill in the first two; what templates know about failures is not for recipes.
    fields.retain(|field| !["config", "location", "hints"].contains(&field.as_str()));
    fields.sort_unstable();
    fields
}
