//! `package!` and its kin: fields → a template's struct literal, with the user's spans.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Token};

use crate::fields::Fields;

/// A template that a macro fills in.
pub(crate) struct Template {
    /// The macro's name.
    pub(crate) name: &'static str,
    /// The struct in `distill::package`.
    pub(crate) structure: &'static str,
    /// The fields without which it cannot be.
    pub(crate) required: &'static [&'static str],
    /// The fields that it can have.
    pub(crate) fields: Fields,
}

impl Template {
    /// The expression that makes the plan, after all errors found on the way to it.
    pub(crate) fn expand(&self, input: TokenStream) -> TokenStream {
        let Written { config, fields } = match syn::parse2(input) {
            Ok(written) => written,
            Err(error) => return error.to_compile_error(),
        };
        let Some(config) = config else {
            let name = self.name;
            let message =
                format!("the config is missing: `{name}! {{ config, name: …, version: … }}`");
            return Error::new(Span::call_site(), message).to_compile_error();
        };
        let (fields, mut errors) = without_repetitions(fields);
        errors.extend(self.missing(&fields));
        let (fields, unknown) = self.known(fields);
        errors.extend(unknown);
        let errors = errors.iter().map(Error::to_compile_error);
        let structure = Ident::new(self.structure, config.span());
        let fields = fields.iter().map(Field::emit);
        // With the user's span, a config of another type is reported where it is written.
        let literal = quote_spanned! { config.span() =>
            ::distill::package::#structure {
                #(#fields,)*
                ..::distill::package::#structure::new(#config)
            }
        };
        quote! {{
            #(#errors)*
            #[allow(unused_imports)]
            use ::distill::package::source::*;
            #[allow(unused_imports)]
            use ::distill::local;
            #[allow(clippy::needless_update)]
            let package = #literal;
            package.plan()
        }}
    }

    /// The fields that the template has, and errors for those that it has not.
    fn known(&self, fields: Vec<Field>) -> (Vec<Field>, Vec<Error>) {
        let mut errors = Vec::new();
        let mut known = fields;
        known.retain(|field| match self.fields.check(self.name, &field.name) {
            Ok(()) => true,
            Err(error) => {
                errors.push(error);
                false
            }
        });
        (known, errors)
    }

    fn missing(&self, fields: &[Field]) -> Option<Error> {
        let is_missing = |name: &&&str| !fields.iter().any(|field| field.name == **name);
        let missing: Vec<String> = self
            .required
            .iter()
            .filter(is_missing)
            .map(|name| format!("`{name}`"))
            .collect();
        let noun = match missing.as_slice() {
            [] => return None,
            [_] => "field",
            _ => "fields",
        };
        let message = format!("missing {noun} {} of `{}!`", missing.join(", "), self.name);
        Some(Error::new(Span::call_site(), message))
    }
}

/// The fields, each once, and errors for those that come again.
fn without_repetitions(fields: Vec<Field>) -> (Vec<Field>, Vec<Error>) {
    let mut seen = HashSet::new();
    let (once, again): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .partition(|field| seen.insert(field.name.clone()));
    let error = |field: &Field| {
        Error::new(
            field.name.span(),
            format!("field `{}` is given twice", field.name),
        )
    };
    (once, again.iter().map(error).collect())
}

/// What stands between the braces.
struct Written {
    /// The config, and the comma after it.
    config: Option<Expr>,
    fields: Vec<Field>,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Written> {
        if input.is_empty() || input.peek2(Token![:]) && !input.peek2(Token![::]) {
            input.parse::<TokenStream>()?;
            return Ok(Written {
                config: None,
                fields: Vec::new(),
            });
        }
        let config = Some(input.parse()?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let fields = Punctuated::<Field, Token![,]>::parse_terminated(input)?;
        Ok(Written {
            config,
            fields: fields.into_iter().collect(),
        })
    }
}

/// `name: value`, or `name` for `name: name`.
struct Field {
    name: Ident,
    value: Expr,
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Field> {
        let name: Ident = input.parse()?;
        let value = match input.parse::<Option<Token![:]>>()? {
            None => Expr::Verbatim(quote! { #name }),
            Some(_) if input.is_empty() => {
                return Err(Error::new(
                    name.span(),
                    format!("field `{name}` has no value"),
                ));
            }
            Some(_) => input.parse()?,
        };
        Ok(Field { name, value })
    }
}

impl Field {
    /// `name: value`, the value made into whatever the field's type is.
    fn emit(&self) -> TokenStream {
        let name = &self.name;
        let Expr::Array(list) = &self.value else {
            let value = made(&self.value);
            return quote! { #name: #value };
        };
        let items = list.elems.iter().map(made);
        let value = quote_spanned! { list.span() =>
            ::distill::package::field::list(::std::vec::Vec::from([#(#items),*]))
        };
        quote! { #name: #value }
    }
}

/// The spans make a wrong type be reported at the value.
fn made(value: &Expr) -> TokenStream {
    let function = quote_spanned! { value.span() => ::distill::package::field::Field::field };
    quote! { #function(#value) }
}
