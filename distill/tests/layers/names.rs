//! What a path means: the module or the item at its end, through imports and exports.

use std::collections::BTreeSet;

use crate::sources::{Module, Sources};

/// What a path may end at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// The module of this number.
    Module(usize),
    /// An item of this module, or what belongs to one.
    Item(usize),
    /// Something of another crate, or of a function's own.
    Elsewhere,
}

impl Sources {
    /// Everything that `path` may mean in `module`: a name may stand for a module and a function at once. There
    /// is nothing only if this reader of code does not understand what names it.
    pub(crate) fn meanings(&self, module: usize, path: &[String]) -> BTreeSet<Meaning> {
        self.follow(module, path, &mut BTreeSet::new())
    }

    /// Whether `module` is `ancestor` or lies inside of it.
    pub(crate) fn is_inside(&self, module: usize, ancestor: usize) -> bool {
        let parent = |module: &usize| self.modules[*module].parent;
        std::iter::successors(Some(module), parent).any(|module| module == ancestor)
    }

    /// `seen` holds the names that are being looked up: exports may run in circles.
    fn follow<'p>(
        &'p self,
        module: usize,
        path: &'p [String],
        seen: &mut BTreeSet<(usize, &'p str)>,
    ) -> BTreeSet<Meaning> {
        let Some((first, rest)) = path.split_first() else {
            return BTreeSet::new();
        };
        let begin = match first.as_str() {
            "crate" => BTreeSet::from([Meaning::Module(0)]),
            "self" => BTreeSet::from([Meaning::Module(module)]),
            name => match self.step(module, name, rest.is_empty(), seen) {
                none if none.is_empty() => BTreeSet::from([Meaning::Elsewhere]),
                found => found,
            },
        };
        let mut names = rest.iter().peekable();
        let mut meanings = begin;
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            let step = |meaning| match meaning {
                Meaning::Module(module) => self.step(module, name, is_last, seen),
                // What follows a type's name belongs to the type.
                Meaning::Item(_) | Meaning::Elsewhere => BTreeSet::from([meaning]),
            };
            meanings = meanings.into_iter().flat_map(step).collect();
        }
        meanings
    }

    /// What `name` means in a path that goes through `module`: before its end, a module's name means the module
    /// alone, whatever else is called so.
    fn step<'p>(
        &'p self,
        module: usize,
        name: &'p str,
        is_last: bool,
        seen: &mut BTreeSet<(usize, &'p str)>,
    ) -> BTreeSet<Meaning> {
        match self.modules[module].children.get(name) {
            Some(child) if !is_last => BTreeSet::from([Meaning::Module(*child)]),
            _ => self.look_up(module, name, seen),
        }
    }

    /// What `name` means in `module`.
    fn look_up<'p>(
        &'p self,
        number: usize,
        name: &'p str,
        seen: &mut BTreeSet<(usize, &'p str)>,
    ) -> BTreeSet<Meaning> {
        let module: &Module = &self.modules[number];
        if name == "super" {
            return module.parent.map(Meaning::Module).into_iter().collect();
        }
        if !seen.insert((number, name)) {
            return BTreeSet::new();
        }
        let child = module.children.get(name).copied().map(Meaning::Module);
        let item = module.defined.contains(name);
        let mut found: BTreeSet<Meaning> = child.into_iter().collect();
        found.extend(item.then_some(Meaning::Item(number)));
        for import in &module.imports {
            if import.name.as_deref() == Some(name) {
                found.extend(self.follow(number, &import.of.path, seen));
            }
        }
        if found.is_empty() {
            for import in module.imports.iter().filter(|import| import.name.is_none()) {
                for meaning in self.follow(number, &import.of.path, seen) {
                    match meaning {
                        Meaning::Module(of) => found.extend(self.look_up(of, name, seen)),
                        // The variants of an enum, or another crate's names.
                        Meaning::Item(_) | Meaning::Elsewhere => drop(found.insert(meaning)),
                    }
                }
            }
        }
        if found.is_empty() && module.given_to_macros.contains(name) {
            found.insert(Meaning::Item(number));
        }
        seen.remove(&(number, name));
        found
    }
}
