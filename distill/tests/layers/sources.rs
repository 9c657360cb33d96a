//! The sources of a crate, read as modules: what each one defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemMod, Token, UseTree, Visibility};

use crate::paths::{Named, paths_in};

/// The modules of a crate; the first one is its root.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) modules: Vec<Module>,
}

/// A module, in a file of its own or inside of its parent's.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: Utf8PathBuf,
    /// The number of the module around it.
    pub(crate) parent: Option<usize>,
    /// The numbers of the modules inside of it, by their names.
    pub(crate) children: BTreeMap<String, usize>,
    /// The names of its items.
    pub(crate) defined: BTreeSet<String>,
    /// Names that macros are given outside of functions: perhaps they make items of them.
    pub(crate) given_to_macros: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// The paths in its code.
    pub(crate) named: Vec<Named>,
}

/// One name of a `use`.
#[derive(Debug)]
pub(crate) struct Import {
    /// What the module calls it; nothing, if it imports everything that `of` holds.
    pub(crate) name: Option<String>,
    pub(crate) of: Named,
    /// Whether others can import it from here.
    pub(crate) exported: bool,
}

/// Whether code counts that is there for unit tests alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitTests {
    Read,
    LeftOut,
}

impl Sources {
    /// Reads the crate whose root module is `root`, with all files that it declares.
    pub(crate) fn read(root: &Utf8Path, unit_tests: UnitTests) -> Sources {
        let mut sources = Sources::default();
        let dir = root.parent().expect("a file lies in a directory");
        sources.read_file(root, dir, None, unit_tests);
        sources
    }

    /// Reads a file, whose children lie in `dir`. Returns the number of its module.
    fn read_file(
        &mut self,
        file: &Utf8Path,
        dir: &Utf8Path,
        parent: Option<usize>,
        unit_tests: UnitTests,
    ) -> usize {
        let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let code = syn::parse_file(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        let module = self.add(file, parent);
        let mut reader = Reader {
            sources: self,
            module,
            dir: dir.to_owned(),
            unit_tests,
        };
        reader.visit_file(&code);
        module
    }

    fn add(&mut self, file: &Utf8Path, parent: Option<usize>) -> usize {
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            ..Module::default()
        });
        self.modules.len() - 1
    }
}

/// Goes through the code of one module.
struct Reader<'s> {
    sources: &'s mut Sources,
    module: usize,
    /// Where the files of its children lie.
    dir: Utf8PathBuf,
    unit_tests: UnitTests,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        &mut self.sources.modules[self.module]
    }

    fn skips(&self, attributes: &[Attribute]) -> bool {
        self.unit_tests == UnitTests::LeftOut && attributes.iter().any(is_for_tests)
    }

    /// Reads a child from the file that it has.
    fn read_child(&mut self, item: &ItemMod) -> usize {
        let name = item.ident.to_string();
        let own = self.sources.modules[self.module].file.clone();
        let file = match path_attribute(&item.attrs) {
            Some(path) => own.parent().expect("a directory").join(path),
            None => {
                let flat = self.dir.join(format!("{name}.rs"));
                let nested = self.dir.join(&name).join("mod.rs");
                if flat.is_file() { flat } else { nested }
            }
        };
        let parent = file.parent().expect("a directory");
        let dir = match file.file_name() {
            Some("mod.rs") => parent.to_owned(),
            _ => parent.join(file.file_stem().expect("a name")),
        };
        self.sources
            .read_file(&file, &dir, Some(self.module), self.unit_tests)
    }

    /// Reads a child that stands in the same file.
    fn read_inside(&mut self, item: &ItemMod, content: &[Item]) -> usize {
        let file = self.module().file.clone();
        let child = self.sources.add(&file, Some(self.module));
        let mut reader = Reader {
            module: child,
            dir: self.dir.join(item.ident.to_string()),
            unit_tests: self.unit_tests,
            sources: self.sources,
        };
        content.iter().for_each(|item| reader.visit_item(item));
        child
    }

    /// Notes all names that a `use` brings, of which `path` is what comes before `tree`.
    fn import(&mut self, tree: &UseTree, path: &[String], exported: bool) {
        let below = |ident: &syn::Ident| match ident.to_string() {
            itself if itself == "self" && !path.is_empty() => path.to_vec(),
            name => [path, &[name]].concat(),
        };
        let (name, of, ident) = match tree {
            UseTree::Path(tree) => return self.import(&tree.tree, &below(&tree.ident), exported),
            UseTree::Group(group) => {
                return group
                    .items
                    .iter()
                    .for_each(|tree| self.import(tree, path, exported));
            }
            UseTree::Name(tree) => (below(&tree.ident).pop(), below(&tree.ident), &tree.ident),
            UseTree::Rename(tree) => {
                let name = tree.rename.to_string();
                (Some(name), below(&tree.ident), &tree.ident)
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.span.start().line;
                return self.add_import(None, path.to_vec(), line, exported);
            }
        };
        self.add_import(name, of, ident.span().start().line, exported);
    }

    fn add_import(&mut self, name: Option<String>, path: Vec<String>, line: usize, exported: bool) {
        let of = Named { path, line };
        self.module().imports.push(Import { name, of, exported });
    }
}

impl Visit<'_> for Reader<'_> {
    fn visit_item(&mut self, item: &Item) {
        let (attributes, name) = head(item);
        if self.skips(attributes) {
            return;
        }
        if let Some(name) = name {
            self.module().defined.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &ImplItem) {
        let skipped = matches!(item, ImplItem::Fn(function) if self.skips(&function.attrs));
        if !skipped {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        let child = match &item.content {
            Some((_, content)) => self.read_inside(item, content),
            None => self.read_child(item),
        };
        self.module().children.insert(item.ident.to_string(), child);
    }

    fn visit_item_macro(&mut self, item: &syn::ItemMacro) {
        let tokens = &item.mac.tokens;
        let names = paths_in(tokens.clone()).into_iter();
        let names = names.flat_map(|named| named.path);
        self.module().given_to_macros.extend(names);
        // A list of imports stands for what the macro exports: so it is with lists of recipes.
        let list = Punctuated::<UseTree, Token![,]>::parse_terminated;
        if let Ok(trees) = list.parse2(tokens.clone()) {
            trees.iter().for_each(|tree| self.import(tree, &[], true));
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        if item.leading_colon.is_none() {
            let exported = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, &[], exported);
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        if path.leading_colon.is_none() {
            let first = path.segments.first().expect("a path has a name");
            let line = first.ident.span().start().line;
            let path = path.segments.iter().map(|part| part.ident.to_string());
            let path = path.collect();
            self.module().named.push(Named { path, line });
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        self.visit_path(&call.path);
        let named = paths_in(call.tokens.clone());
        self.module().named.extend(named);
    }

    fn visit_attribute(&mut self, attribute: &Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            let named = paths_in(list.tokens.clone());
            self.module().named.extend(named);
        }
    }

    /// `pub(in path)` says who may look, and looks at nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}
}

/// The attributes of an item, and its name, if others can name it.
fn head(item: &Item) -> (&[Attribute], Option<&syn::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

/// Whether it is `#[cfg(test)]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Path>()
            .is_ok_and(|condition| condition.is_ident("test"))
}

/// The value of `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let pair = attributes.iter().find_map(|attribute| {
        let pair = attribute.meta.require_name_value().ok()?;
        pair.path.is_ident("path").then_some(&pair.value)
    });
    match pair {
        Some(syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        })) => Some(text.value()),
        _ => None,
    }
}
