//! Paths as code writes them, also in what macros are given.

use proc_macro2::{TokenStream, TokenTree};

/// A path as it is written, and the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// The paths among tokens whose grammar is not known: names with `::` between them, and single names,
/// unless a dot before one makes it a field or a method.
pub(crate) fn paths_in(tokens: TokenStream) -> Vec<Named> {
    let (mut found, mut begun) = (Vec::<Named>::new(), false);
    let mut before = [' ', ' '];
    for token in tokens {
        let follows_colons = before == [':', ':'];
        let mut last = 'x';
        match token {
            TokenTree::Ident(ident) if follows_colons => {
                if begun && let Some(path) = found.last_mut() {
                    path.path.push(ident.to_string());
                }
            }
            TokenTree::Ident(ident) => {
                begun = before[1] != '.';
                if begun {
                    let (path, line) = (vec![ident.to_string()], ident.span().start().line);
                    found.push(Named { path, line });
                }
            }
            TokenTree::Punct(punct) => {
                last = punct.as_char();
                begun &= last == ':';
            }
            TokenTree::Group(group) => {
                begun = false;
                found.extend(paths_in(group.stream()));
            }
            TokenTree::Literal(_) => begun = false,
        }
        before = [before[1], last];
    }
    found
}

#[test]
fn paths_are_found_in_any_grammar() {
    let given =
        "if { a::b (c) } x.field, #{super::D::new(e.f())} ::std::g <H as i::J>::k $crate::l [m]";
    let found = paths_in(given.parse().expect("tokens"));
    let found: Vec<String> = found.iter().map(|named| named.path.join("::")).collect();
    let expected = "if a::b c x super::D::new e H as i::J crate::l m";
    assert_eq!(found.join(" "), expected);
}
