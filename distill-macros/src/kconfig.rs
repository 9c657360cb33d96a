//! `kconfig!`: options → the calls that build a fragment.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitStr, Token};

/// The expression that builds the fragment, or the first error.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Fragment { name, options } = match syn::parse2(input) {
        Ok(fragment) => fragment,
        Err(error) => return error.to_compile_error(),
    };
    let sets = options.iter().map(|Assignment { symbol, value }| {
        quote! {
            .set(::distill::package::kconfig::Symbol::new(#symbol).expect("checked by the macro"), #value)
        }
    });
    quote! { ::distill::package::kconfig::Fragment::new(#name)#(#sets)* }
}

struct Fragment {
    name: LitStr,
    options: Vec<Assignment>,
}

impl Parse for Fragment {
    fn parse(input: ParseStream<'_>) -> syn::Result<Fragment> {
        let name = input.parse().map_err(|error: Error| {
            Error::new(
                error.span(),
                "the fragment's name is missing: `kconfig! { \"name\": OPTION=y … }`",
            )
        })?;
        input.parse::<Token![:]>()?;
        let mut options = Vec::new();
        while !input.is_empty() {
            options.push(input.parse()?);
        }
        Ok(Fragment { name, options })
    }
}

/// `OPTION=value`
struct Assignment {
    symbol: String,
    value: TokenStream,
}

impl Parse for Assignment {
    fn parse(input: ParseStream<'_>) -> syn::Result<Assignment> {
        let token: TokenTree = input.parse()?;
        let symbol = symbol(&token)?;
        if input.is_empty() {
            return Err(Error::new(
                token.span(),
                "an option without a value: `OPTION=y`",
            ));
        }
        input.parse::<Token![=]>()?;
        Ok(Assignment {
            symbol,
            value: value(input)?,
        })
    }
}

/// A name; to Rust, `64BIT` is a number with a suffix.
fn symbol(token: &TokenTree) -> syn::Result<String> {
    let text = token.to_string();
    let name = text.strip_prefix("CONFIG_").unwrap_or(&text);
    let fits = |char: char| char.is_ascii_alphanumeric() || char == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Error::new(
            token.span(),
            "expected an option, such as `SMP=y`",
        ));
    }
    Ok(name.to_owned())
}

fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    const EXPECTED: &str = "expected y, m, n, a number, a text in quotes, or `#{ expression }`";
    let minus = input.parse::<Option<Token![-]>>()?;
    match input.parse()? {
        TokenTree::Ident(word) if minus.is_none() => tristate(&word, EXPECTED),
        TokenTree::Literal(literal) => constant(&literal, minus.is_some(), EXPECTED),
        TokenTree::Punct(hash) if hash.as_char() == '#' && minus.is_none() => {
            let group: Group = input.parse()?;
            if group.delimiter() == Delimiter::Brace {
                Ok(group.stream())
            } else {
                Err(Error::new(group.span(), EXPECTED))
            }
        }
        other => Err(Error::new(other.span(), EXPECTED)),
    }
}

fn tristate(word: &Ident, expected: &str) -> syn::Result<TokenStream> {
    let variant = match word.to_string().as_str() {
        "y" => quote! { Yes },
        "m" => quote! { Module },
        "n" => quote! { No },
        _ => return Err(Error::new(word.span(), expected)),
    };
    Ok(quote! { ::distill::package::kconfig::Value::#variant })
}

fn constant(literal: &Literal, negative: bool, expected: &str) -> syn::Result<TokenStream> {
    let error = || Error::new(literal.span(), expected);
    match Lit::new(literal.clone()) {
        Lit::Str(text) if !negative => Ok(quote! { #text }),
        Lit::Int(_) if literal.to_string().starts_with("0x") && !negative => {
            Ok(quote! { ::distill::package::kconfig::Value::Hex(#literal) })
        }
        Lit::Int(number) => {
            let number: i64 = number.base10_parse().map_err(|_| error())?;
            let number = Literal::i64_unsuffixed(if negative { -number } else { number });
            Ok(quote! { ::distill::package::kconfig::Value::Int(#number) })
        }
        _ => Err(error()),
    }
}
