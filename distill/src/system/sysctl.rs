//! Kernel parameters, as a tree.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::panic::Location;

use super::file::File;
use super::finding::{Finding, Problem};
use super::service::Service;
use crate::execline;

/// The value of a kernel parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

macro_rules! value_from {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Value {
                Value(value.to_string())
            }
        }
    )*};
}

value_from! { &str String i64 i32 u32 u64 }

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value(u8::from(value).to_string())
    }
}

/// Several numbers, such as a range of ports.
impl<const N: usize> From<[i64; N]> for Value {
    fn from(values: [i64; N]) -> Value {
        Value(values.map(|value| value.to_string()).join(" "))
    }
}

/// Kernel parameters: a tree with values at its leaves. Printed, it is what `sysctl -p` reads.
///
/// ```
/// use distill::system::Sysctl;
///
/// let router = Sysctl::new()
///     .below("net", |net| {
///         net.below("ipv4", |ipv4| ipv4.set("ip_forward", 1).set("tcp_syncookies", true))
///             .below("ipv6.conf.all", |all| all.set("forwarding", 1))
///     })
///     .set("kernel.panic", 10);
/// assert_eq!(router.to_string(), "\
/// kernel/panic = 10
/// net/ipv4/ip_forward = 1
/// net/ipv4/tcp_syncookies = 1
/// net/ipv6/conf/all/forwarding = 1
/// ");
/// ```
///
/// A name has its components between dots; a component that has a dot itself, as the name of a
/// network interface may, is given with [`Sysctl::component`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sysctl(BTreeMap<String, Node>);

#[derive(Debug, Clone)]
enum Node {
    Value(Value, &'static Location<'static>),
    Below(Sysctl),
}

impl PartialEq for Node {
    /// Where a value was set does not count.
    fn eq(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::Value(one, _), Node::Value(other, _)) => one == other,
            (Node::Below(one), Node::Below(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Node {}

/// A path below `/proc/sys`, its value, and where the recipe says so.
type Setting<'a> = (String, &'a str, &'static Location<'static>);

impl Sysctl {
    /// No parameters.
    pub fn new() -> Sysctl {
        Sysctl::default()
    }

    /// The same with `name` set to `value`, whatever was there before.
    #[track_caller]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Sysctl {
        let path: Vec<&str> = name.split('.').collect();
        self.insert(&path, Node::Value(value.into(), Location::caller()));
        self
    }

    /// The same with parameters below `name`.
    pub fn below(mut self, name: &str, fill: impl FnOnce(Sysctl) -> Sysctl) -> Sysctl {
        let path: Vec<&str> = name.split('.').collect();
        self.insert(&path, Node::Below(fill(Sysctl::new())));
        self
    }

    /// The same with parameters below one component, which may have dots in it.
    pub fn component(mut self, name: &str, fill: impl FnOnce(Sysctl) -> Sysctl) -> Sysctl {
        self.insert(&[name], Node::Below(fill(Sysctl::new())));
        self
    }

    /// The same with all of `other`, which wins where both have a value.
    pub fn with(mut self, other: Sysctl) -> Sysctl {
        for (name, node) in other.0 {
            self.insert(&[&name], node);
        }
        self
    }

    fn insert(&mut self, path: &[&str], node: Node) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let old = self.0.remove(*first);
        let new = match (old, rest.is_empty(), node) {
            (Some(Node::Below(old)), true, Node::Below(new)) => Node::Below(old.with(new)),
            (_, true, node) => node,
            (old, false, node) => {
                let mut below = match old {
                    Some(Node::Below(below)) => below,
                    Some(Node::Value(..)) | None => Sysctl::new(),
                };
                below.insert(rest, node);
                Node::Below(below)
            }
        };
        self.0.insert((*first).to_owned(), new);
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parameters as paths below `/proc/sys`, and their values.
    pub fn flat(&self) -> Vec<(String, &str)> {
        let settings = self.settings().into_iter();
        settings.map(|(name, value, _)| (name, value)).collect()
    }

    fn settings(&self) -> Vec<Setting<'_>> {
        let mut all = Vec::new();
        self.collect("", &mut all);
        all
    }

    fn collect<'a>(&'a self, prefix: &str, all: &mut Vec<Setting<'a>>) {
        for (name, node) in &self.0 {
            match node {
                Node::Value(Value(value), location) => {
                    all.push((format!("{prefix}{name}"), value, location));
                }
                Node::Below(below) => below.collect(&format!("{prefix}{name}/"), all),
            }
        }
    }

    /// What is wrong with it.
    pub(super) fn check(&self) -> impl Iterator<Item = Finding> {
        self.settings()
            .into_iter()
            .filter_map(|(name, value, location)| {
                let why = match name
                    .split('/')
                    .find(|part| part.is_empty() || part.starts_with('.'))
                {
                    Some(_) => "a component of its name is empty or begins with a dot",
                    None if name.contains(|c: char| c.is_whitespace() || c == '=') => {
                        "its name has white space or `=`"
                    }
                    None if value.contains('\n') => "its value has a line break",
                    None => return None,
                };
                Some(Finding::new(Problem::Sysctl { name, why }, location))
            })
    }
}

impl fmt::Display for Sysctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (name, value) in self.flat() {
            writeln!(text, "{name} = {value}")?;
        }
        f.write_str(&text)
    }
}

/// What suits nearly every machine: less to learn from the kernel and from other processes, links
/// and FIFOs in shared directories that cannot be used against others, strict checks on packets,
/// and a machine that restarts instead of going on after the kernel has failed.
pub fn hardening() -> Sysctl {
    Sysctl::new()
        .below("fs", |fs| {
            fs.set("protected_fifos", 1)
                .set("protected_hardlinks", 1)
                .set("protected_regular", 1)
                .set("protected_symlinks", 1)
        })
        .below("kernel", |kernel| {
            kernel
                .set("dmesg_restrict", 1)
                .set("kptr_restrict", 2)
                .set("panic", 10)
                .set("panic_on_oops", 1)
                .set("yama.ptrace_scope", 2)
        })
        .below("net.ipv4", |ipv4| {
            ipv4.set("tcp_rfc1337", 1)
                .set("tcp_syncookies", 1)
                .set("conf.default.rp_filter", 1)
                .below("conf.all", |all| {
                    all.set("accept_redirects", 0)
                        .set("rp_filter", 1)
                        .set("secure_redirects", 1)
                })
        })
        .set("net.ipv6.conf.all.use_tempaddr", 2)
}

/// A service that sets kernel parameters at boot, and the file that it reads; nothing if none are
/// given. A parameter that the kernel does not have is named in the log, and the others are set.
#[track_caller]
pub fn service(name: &str, parameters: &Sysctl) -> Option<Service> {
    let path = format!("/etc/sysctl.d/{name}.conf");
    let set = execline! { sysctl -q -p #{&path} };
    let file = File::new(path, parameters.to_string());
    (!parameters.is_empty()).then(|| Service::oneshot(name, set).file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_wins_and_trees_meet() {
        let first = Sysctl::new().set("kernel.panic", 1).set("kernel.x", "a b");
        let both = first.with(Sysctl::new().set("kernel.panic", [10, 20]));
        assert_eq!(both.to_string(), "kernel/panic = 10 20\nkernel/x = a b\n");
        let vlan = Sysctl::new().below("net.ipv4.conf", |conf| {
            conf.component("eth0.5", |vlan| vlan.set("rp_filter", 0))
        });
        assert_eq!(vlan.to_string(), "net/ipv4/conf/eth0.5/rp_filter = 0\n");
    }

    #[test]
    fn hardening_has_sixteen_settings() {
        assert_eq!(hardening().flat().len(), 16);
        assert_eq!(hardening().check().count(), 0);
        insta::assert_snapshot!(hardening());
    }

    #[test]
    fn what_would_break_the_file_is_found() {
        for bad in [
            Sysctl::new().set("kernel..panic", 1),
            Sysctl::new().set("kernel.a b", 1),
            Sysctl::new().set("kernel.a", "1\nkernel.b = 2"),
        ] {
            assert_eq!(bad.check().count(), 1, "{bad}");
        }
    }
}
