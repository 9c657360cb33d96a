//! What the kernel would refuse, as far as it is known without one.

use std::ops::RangeInclusive;

use super::rule::{Protocol, Rule, Target};
use super::ruleset::{Policy, Ruleset, Table};
use crate::net::interface_problem;

/// The longest name of a chain: `iptables(8)`'s limit.
const CHAIN: usize = 28;
/// The longest remark, and the longest prefix of what is logged.
const COMMENT: usize = 255;
const PREFIX: usize = 29;

impl Ruleset {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for ((table, name), chain) in &self.chains {
            let built_in = table.built_in().contains(&name.as_str());
            let place = format!("{} {name}", table.name());
            let inner = |c: char| c.is_ascii_graphic() && !"\"'!".contains(c);
            let good = name.chars().all(inner) && !name.starts_with('-') && !name.is_empty();
            if !good || name.len() > CHAIN {
                problems.push(format!("{place}: this cannot be a chain's name"));
            }
            if !built_in && chain.policy != Policy::Accept {
                problems.push(format!("{place}: only built-in chains have a policy"));
            }
            for rule in &chain.rules {
                let found = self.rule_problems(*table, name, rule);
                problems.extend(found.map(|problem| format!("{place}: {problem}")));
            }
        }
        for (_, table, line) in &self.lines {
            let found = self.line_problem(*table, line);
            problems.extend(found.map(|problem| format!("{}: `{line}` {problem}", table.name())));
        }
        problems
    }

    fn rule_problems(
        &self,
        table: Table,
        chain: &str,
        rule: &Rule,
    ) -> impl Iterator<Item = String> {
        let interfaces = rule.in_interface.iter().chain(&rule.out_interface);
        let names = interfaces.filter_map(|name| interface_problem(name));
        names
            .chain(rule.address_problem())
            .chain(rule.direction_problem(chain))
            .chain(rule.port_problem())
            .chain(rule.number_problem())
            .chain(rule.text_problem())
            .chain(self.target_problem(table, chain, &rule.target))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn line_problem(&self, table: Table, line: &str) -> Option<String> {
        let is_chain = line.starts_with(':');
        let chain = ["-A ", "-I "]
            .iter()
            .find_map(|begin| line.strip_prefix(begin));
        if line.contains('\n') || !(is_chain || chain.is_some()) {
            return Some("is not a line of a rule or chain".to_owned());
        }
        let chain = chain?.split_whitespace().next().unwrap_or_default();
        (!self.has_chain(table, chain))
            .then(|| format!("is for a chain `{chain}`, which is not there"))
    }

    /// Whether a table has a chain: the kernel's, or one of these rules.
    fn has_chain(&self, table: Table, name: &str) -> bool {
        let begin = format!(":{name} ");
        let of_line = |(_, of, line): &(_, Table, String)| *of == table && line.starts_with(&begin);
        table.built_in().contains(&name)
            || self.chains.contains_key(&(table, name.to_owned()))
            || self.lines.iter().any(of_line)
    }

    fn target_problem(&self, table: Table, chain: &str, target: &Target) -> Option<String> {
        let only = |tables: &[Table], chains: &[&str]| {
            let own = !table.built_in().contains(&chain);
            let good = tables.contains(&table) && (own || chains.contains(&chain));
            (!good).then(|| {
                let tables: Vec<&str> = tables.iter().map(|table| table.name()).collect();
                let (tables, chains) = (tables.join(", "), chains.join(", "));
                format!("`{target}` works in the table {tables} alone, in {chains} and what they jump to")
            })
        };
        match target {
            Target::Masquerade => only(&[Table::Nat], &["POSTROUTING"]),
            Target::Snat(_) => only(&[Table::Nat], &["POSTROUTING", "INPUT"]),
            Target::Dnat(_) | Target::Redirect(_) => only(&[Table::Nat], &["PREROUTING", "OUTPUT"]),
            Target::Reject => only(&[Table::Filter], &["INPUT", "FORWARD", "OUTPUT"]),
            Target::ClampMss => only(&[Table::Mangle], &["FORWARD", "OUTPUT", "POSTROUTING"]),
            Target::Jump(to) => {
                let built_in = table.built_in().contains(&to.as_str());
                (built_in || !self.has_chain(table, to))
                    .then(|| format!("the table has no chain `{to}` to jump to"))
            }
            _ => None,
        }
    }
}

impl Rule {
    fn address_problem(&self) -> Option<String> {
        let networks = [self.source, self.destination].into_iter().flatten();
        if let Some(bad) = networks.into_iter().find(|network| !network.is_valid()) {
            return Some(format!("the prefix of `{bad}` is longer than the address"));
        }
        let mut families = self.families();
        let first = families.next()?;
        families
            .any(|other| other != first)
            .then(|| "a packet is of one family: IPv4 or IPv6".to_owned())
    }

    fn direction_problem(&self, chain: &str) -> Option<String> {
        let never = |option: &str| format!("{option}: packets of this chain have none");
        match chain {
            "PREROUTING" | "INPUT" if self.out_interface.is_some() => Some(never("out_interface")),
            "POSTROUTING" | "OUTPUT" if self.in_interface.is_some() => Some(never("in_interface")),
            _ => None,
        }
    }

    fn port_problem(&self) -> Option<String> {
        let carries = matches!(self.protocol, Some(Protocol::Tcp | Protocol::Udp));
        let lists = [&self.source_ports, &self.destination_ports];
        if !carries && lists.iter().any(|list| !list.is_empty()) {
            return Some("ports: only TCP and UDP have them".to_owned());
        }
        if let Some(empty) = lists.into_iter().flatten().find(|range| range.is_empty()) {
            return Some(format!("ports: {empty:?} has none in it"));
        }
        // A range counts twice.
        let size = |range: &RangeInclusive<u16>| 1 + usize::from(range.start() != range.end());
        let long = |list: &&Vec<_>| list.len() > 1 && list.iter().map(size).sum::<usize>() > 15;
        lists
            .iter()
            .any(long)
            .then(|| "ports: one rule has at most 15, and a range counts twice".to_owned())
    }

    fn number_problem(&self) -> Option<String> {
        if self.icmp_type.is_some() && self.protocol != Some(Protocol::Icmp) {
            return Some("icmp_type: only ICMP has one".to_owned());
        }
        let limit = self.limit?;
        let good = |number: u32| (1..=10_000).contains(&number);
        (!good(limit.per_second) || !good(limit.burst))
            .then(|| "limit: both numbers are between 1 and 10000".to_owned())
    }

    fn text_problem(&self) -> Option<String> {
        let log = match &self.target {
            Target::Log(prefix) => Some((prefix, PREFIX)),
            _ => None,
        };
        let quoted = self.comment.iter().map(|text| (text, COMMENT)).chain(log);
        let bad = |text: &str| text.contains(['"', '\\']) || text.contains(char::is_control);
        for (text, limit) in quoted {
            if bad(text) || text.len() > limit {
                return Some(format!(
                    "`{text}` has quotes, or is longer than {limit} bytes"
                ));
            }
        }
        let other = match &self.target {
            Target::Other(text) => Some(text),
            _ => None,
        };
        let mut plain = self.extra.iter().chain(&self.icmp_type).chain(other);
        plain
            .find(|text| text.is_empty() || text.contains('\n'))
            .map(|text| format!("`{text}` is not a part of a line"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Limit;
    use super::*;
    use crate::net::{Cidr, Family};

    /// The only thing that is wrong with a rule in a chain.
    fn only_problem(table: Table, chain: &str, rule: Rule) -> String {
        let problems = Ruleset::new().rule(table, chain, rule).problems();
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        problem.clone()
    }

    #[test]
    fn what_the_kernel_refuses_is_found() {
        let v6: Cidr = "fd00::/8".parse().unwrap();
        let limit = Limit {
            per_second: 0,
            burst: 1,
        };
        let rules = [
            Rule::accept().output("eth0"),
            Rule::accept().input("no such interface"),
            Rule::accept().from(Cidr::new([10, 0, 0, 0], 33)),
            Rule::accept().from(v6).only(Family::V4),
            Rule::accept().tcp(0..16),
            Rule {
                protocol: Some(Protocol::Icmp),
                ..Rule::accept().tcp([1])
            },
            Rule {
                icmp_type: Some("echo-request".to_owned()),
                ..Rule::accept()
            },
            Rule {
                limit: Some(limit),
                ..Rule::accept()
            },
            Rule::accept().comment("say \"no\""),
            Rule::new(Target::Log("x".repeat(30))),
            Rule::new(Target::Jump("nowhere".to_owned())),
            Rule::new(Target::Masquerade),
            Rule::new(Target::ClampMss),
        ];
        for rule in rules {
            let problem = only_problem(Table::Filter, "INPUT", rule);
            assert!(problem.starts_with("filter INPUT: "), "{problem}");
        }
        only_problem(Table::Nat, "POSTROUTING", Rule::new(Target::Redirect(1)));
        only_problem(Table::Nat, "POSTROUTING", Rule::new(Target::Reject));
        only_problem(Table::Filter, &"x".repeat(29), Rule::accept());
        let policy = Ruleset::new().policy(Table::Filter, "own", Policy::Drop);
        assert_eq!(policy.problems().len(), 1);
        for line in ["COMMIT", "-A own -j ACCEPT", "-F INPUT", "-A INPUT\n-F"] {
            let ruleset = Ruleset::new().line(Family::V4, Table::Filter, line);
            assert_eq!(ruleset.problems().len(), 1, "{line}");
        }
        let own = Ruleset::new()
            .line(Family::V4, Table::Filter, ":own - [0:0]")
            .line(Family::V4, Table::Filter, "-A own -j ACCEPT")
            .input(Rule::new(Target::Jump("own".to_owned())).only(Family::V4));
        assert_eq!(own.problems(), [""; 0]);
    }
}
