//! How a config expands packages to artifacts.

use std::cell::RefCell;
use std::panic::Location;

use super::definition::{Config, Item, Key, Package, Placed};
use crate::plan::{Name, Plan};

thread_local! {
    /// The packages whose functions run at this moment, outermost first.
    static RUNNING: RefCell<Vec<(usize, Key, &'static str)>> = const { RefCell::new(Vec::new()) };
}

/// Takes the innermost package off [`RUNNING`], also when its function panics.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(Vec::pop);
    }
}

impl Config {
    /// What `package` is for this config: computed once, so that a graph shares its nodes. A package
    /// that needs itself becomes an invalid plan that names the ring.
    #[track_caller]
    pub fn expand(&self, package: &Package) -> Vec<Placed> {
        self.expand_at(package, Location::caller())
    }

    /// What `package` is for who needs it at this place.
    fn expand_at(&self, package: &Package, user: &'static Location<'static>) -> Vec<Placed> {
        let package = self.chosen(package);
        let key = package.key();
        if let Some(placed) = self.recall(key) {
            return placed;
        }
        if let Some(ring) = self.ring(key) {
            return vec![Placed {
                at: None,
                of: cyclic(&ring, user).into(),
            }];
        }
        RUNNING.with_borrow_mut(|running| running.push((self.id(), key, package.name())));
        let leave = Leave;
        let items = package.call(self);
        let placed: Vec<Placed> = items
            .0
            .into_iter()
            .flat_map(|item| self.place(item, user))
            .collect();
        drop(leave);
        // The key of a closure is an address, which is only its own while the closure lives.
        if matches!(key, Key::Function(_)) {
            self.remember(key, placed.clone());
        }
        placed
    }

    /// All of `packages`, expanded.
    #[track_caller]
    pub fn expand_all<'a>(&self, packages: impl IntoIterator<Item = &'a Package>) -> Vec<Placed> {
        self.expand_all_at(packages, Location::caller())
    }

    /// All of `packages`, expanded for who needs them at this place.
    pub(super) fn expand_all_at<'a>(
        &self,
        packages: impl IntoIterator<Item = &'a Package>,
        user: &'static Location<'static>,
    ) -> Vec<Placed> {
        packages
            .into_iter()
            .flat_map(|package| self.expand_at(package, user))
            .collect()
    }

    fn place(&self, item: Item, user: &'static Location<'static>) -> Vec<Placed> {
        match item {
            Item::Artifact(of) => vec![Placed { at: None, of }],
            Item::At(at, of) => vec![Placed { at: Some(at), of }],
            Item::Package(package) => self.expand_at(&package, user),
        }
    }

    fn ring(&self, key: Key) -> Option<Vec<&'static str>> {
        RUNNING.with_borrow(|running| {
            let start = running
                .iter()
                .position(|(id, k, _)| (*id, *k) == (self.id(), key))?;
            Some(running[start..].iter().map(|(_, _, name)| *name).collect())
        })
    }
}

/// The mistake lies with who closes the ring.
fn cyclic(ring: &[&str], user: &'static Location<'static>) -> Plan {
    let ring = [ring, &ring[..1]].concat().join(" → ");
    Plan::named(Name::new("cycle").expect("a name"))
        .location(user)
        .invalid(format!("needs itself: {ring}\nhint: break the ring, for example with a package from the bootstrap config"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Packages as _;
    use crate::package::testing::config;
    use crate::plan::{AbsPath, Artifact, Mode, RelPath, closure};

    fn leaf(name: &str) -> Artifact {
        Artifact::file(RelPath::new(name).unwrap(), Mode::FILE, name)
    }

    #[track_caller]
    fn merged(name: &str, placed: Vec<Placed>) -> Plan {
        let at = AbsPath::root();
        let inputs = placed
            .into_iter()
            .map(|p| crate::plan::Input {
                at: at.clone(),
                of: p.of,
            })
            .collect();
        let action = crate::plan::Action::Merge(crate::plan::Merge { inputs });
        Plan::named(Name::new(name).unwrap()).action(action)
    }

    fn base(_: &Config) -> Plan {
        merged(
            "base",
            vec![Placed {
                at: None,
                of: leaf("base"),
            }],
        )
    }

    fn user(config: &Config) -> Plan {
        merged("user", config.expand(&base.into()))
    }

    fn ring(config: &Config) -> Plan {
        merged("ring", config.expand(&chain.into()))
    }

    fn chain(config: &Config) -> Plan {
        merged("chain", config.expand(&ring.into()))
    }

    fn plan(placed: &[Placed]) -> Plan {
        let Artifact::Plan(plan) = &placed[0].of else {
            panic!("not a plan")
        };
        plan.clone()
    }

    #[test]
    fn expands_once() {
        let config = config();
        let package = Package::from(base);
        assert_eq!(
            plan(&config.expand(&package)),
            plan(&config.expand(&base.into()))
        );
        let both = [
            plan(&config.expand(&user.into())),
            plan(&config.expand(&package)),
        ];
        assert_eq!(closure(&both).len(), 2);
    }

    #[test]
    fn a_cycle_names_its_ring() {
        let config = config();
        let plan = plan(&config.expand(&ring.into()));
        let plans = closure([&plan]);
        let errors: Vec<_> = plans
            .iter()
            .filter_map(|plan| plan.action().err())
            .collect();
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].message.contains("ring → "),
            "{}",
            errors[0].message
        );
        assert!(
            errors[0].message.contains("chain → "),
            "{}",
            errors[0].message
        );
    }

    #[test]
    fn an_override_reaches_what_depends_on_it() {
        let config = config().with_override(base, |config: &Config| {
            let plan = base(config);
            merged(
                "changed",
                vec![Placed {
                    at: None,
                    of: plan.into(),
                }],
            )
        });
        let user = plan(&config.expand(&user.into()));
        let names: Vec<String> = closure([&user])
            .iter()
            .map(|p| p.name().to_string())
            .collect();
        assert_eq!(names, ["base", "changed", "user"]);
    }

    #[test]
    fn packages_of_a_tuple_keep_their_identity() {
        let keys: Vec<Key> = (base, user, leaf("x"))
            .packages()
            .iter()
            .map(Package::key)
            .collect();
        assert_eq!(
            keys[..2],
            [Package::from(base).key(), Package::from(user).key()]
        );
    }

    #[test]
    fn closures_with_data_are_packages_too() {
        let name = String::from("parameter");
        let package = Package::from(move |_: &Config| vec![leaf(&name), leaf("second")]);
        assert_eq!(config().expand(&package).len(), 2);
    }
}
