//! All rules, in their chains and tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddrV4;

use super::rule::{Limit, Protocol, Rule, State, Target};
use crate::net::{Cidr, Family};

/// A table of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Which packets connections are not kept in mind for.
    Raw,
    /// What is changed in packets.
    Mangle,
    /// Whose addresses are changed.
    Nat,
    /// What is let through.
    Filter,
}

impl Table {
    /// The kernel's name.
    pub fn name(self) -> &'static str {
        match self {
            Table::Raw => "raw",
            Table::Mangle => "mangle",
            Table::Nat => "nat",
            Table::Filter => "filter",
        }
    }

    /// The chains that the kernel has in it.
    pub fn built_in(self) -> &'static [&'static str] {
        match self {
            Table::Raw => &["PREROUTING", "OUTPUT"],
            Table::Mangle => &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
            Table::Nat => &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
            Table::Filter => &["INPUT", "FORWARD", "OUTPUT"],
        }
    }
}

/// What becomes of a packet that no rule of a built-in chain has decided about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// It is let through.
    #[default]
    Accept,
    /// It is gone.
    Drop,
}

/// Rules in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// What becomes of all other packets; only in built-in chains.
    pub policy: Policy,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// All rules of a machine.
///
/// ```
/// use distill_services::packet_filter::{Family, Rule, Ruleset, Table};
///
/// let ruleset = Ruleset::host()
///     .accept_tcp([80, 443])
///     .rule(Table::Filter, "INPUT", Rule::accept().tcp([22]).from("192.0.2.0/24".parse()?))
///     .line(Family::V4, Table::Filter, "-A INPUT -p udp --dport 33434:33523 -j REJECT");
/// assert!(ruleset.restore(Family::V4).contains("-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT\n"));
/// # Ok::<(), distill_services::net::ParseCidrError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// The chains, by table and name.
    pub chains: BTreeMap<(Table, String), Chain>,
    /// Lines as `iptables-restore` reads them, at the end of their table.
    pub lines: Vec<(Family, Table, String)>,
}

impl Ruleset {
    /// Everything is let through.
    pub fn new() -> Ruleset {
        Ruleset::default()
    }

    /// What a machine without services needs: it may ask everybody and gets the answers, answers pings
    /// and hears of its neighbours and of what went wrong. Everything else is dropped, and nothing is
    /// passed on.
    pub fn host() -> Ruleset {
        let answers = [State::Related, State::Established];
        let echo = Rule {
            protocol: Some(Protocol::Icmp),
            icmp_type: Some("echo-request".to_owned()),
            limit: Some(Limit {
                per_second: 50,
                burst: 100,
            }),
            ..Rule::accept()
        };
        // Who the neighbours and routers are is asked by such messages, which are part of no connection.
        let neighbours = Rule {
            protocol: Some(Protocol::Icmp),
            ..Rule::accept()
        };
        // The server's answer comes from another address than the one that was asked.
        let link = "fe80::/10".parse::<Cidr>().expect("a constant");
        let lease = Rule::accept().udp([546]).from(link);
        Ruleset::new()
            .policy(Table::Filter, "INPUT", Policy::Drop)
            .policy(Table::Filter, "FORWARD", Policy::Drop)
            .input(Rule::accept().input("lo"))
            .input(Rule::accept().states(answers))
            .input(neighbours.only(Family::V6))
            .input(Rule::new(Target::Drop).states([State::Invalid]))
            .input(echo.only(Family::V4))
            .input(lease.comment("DHCPv6"))
    }

    /// The same with another policy of a built-in chain.
    pub fn policy(mut self, table: Table, chain: &str, policy: Policy) -> Ruleset {
        self.chain(table, chain).policy = policy;
        self
    }

    /// The same with a rule at the end of a chain, which is made if it is not there.
    pub fn rule(mut self, table: Table, chain: &str, rule: Rule) -> Ruleset {
        self.chain(table, chain).rules.push(rule);
        self
    }

    /// The same with a rule for packets to the machine itself.
    pub fn input(self, rule: Rule) -> Ruleset {
        self.rule(Table::Filter, "INPUT", rule)
    }

    /// The same with a rule for packets that the machine passes on.
    pub fn forward(self, rule: Rule) -> Ruleset {
        self.rule(Table::Filter, "FORWARD", rule)
    }

    /// The same; everybody may speak TCP with these ports.
    pub fn accept_tcp(self, ports: impl IntoIterator<Item = u16>) -> Ruleset {
        self.input(Rule::accept().tcp(ports))
    }

    /// The same; everybody may speak UDP with these ports.
    pub fn accept_udp(self, ports: impl IntoIterator<Item = u16>) -> Ruleset {
        self.input(Rule::accept().udp(ports))
    }

    /// The same; what comes in by the interface `inside` may go out by `outside`, and the answers may
    /// come back. (`net.ipv4.ip_forward` and its sibling have to be set as well.)
    pub fn pass(self, inside: &str, outside: &str) -> Ruleset {
        let answers = Rule::accept()
            .states([State::Related, State::Established])
            .input(outside)
            .output(inside);
        self.forward(Rule::accept().input(inside).output(outside))
            .forward(answers)
    }

    /// The same; what leaves by the interface `outside` has the machine's own IPv4 address there.
    pub fn masquerade(self, outside: &str) -> Ruleset {
        let rule = Rule::new(Target::Masquerade).output(outside);
        self.rule(Table::Nat, "POSTROUTING", rule.only(Family::V4))
    }

    /// The same; what comes in by the interface `outside` for TCP port `port` goes to `to`.
    pub fn pass_port(self, outside: &str, port: u16, to: SocketAddrV4) -> Ruleset {
        let there = Cidr::new(*to.ip(), 32);
        let answers = Rule::accept()
            .states([State::Related, State::Established])
            .output(outside)
            .from(there);
        let change = Rule::new(Target::Dnat(to.into()))
            .input(outside)
            .tcp([port]);
        self.rule(Table::Nat, "PREROUTING", change)
            .forward(Rule::accept().input(outside).to(there).tcp([to.port()]))
            .forward(answers)
    }

    /// The same with a line as `iptables-restore` reads it, at the end of its table.
    pub fn line(mut self, family: Family, table: Table, line: impl Into<String>) -> Ruleset {
        self.lines.push((family, table, line.into()));
        self
    }

    fn chain(&mut self, table: Table, name: &str) -> &mut Chain {
        self.chains.entry((table, name.to_owned())).or_default()
    }

    /// The rules of one family, as `iptables-restore` or `ip6tables-restore` reads them. Tables that
    /// are not named here keep what they have.
    pub fn restore(&self, family: Family) -> String {
        let mut text = String::new();
        for table in [Table::Raw, Table::Mangle, Table::Nat, Table::Filter] {
            self.restore_table(family, table, &mut text);
        }
        text
    }

    fn restore_table(&self, family: Family, table: Table, text: &mut String) {
        let chains = || {
            let own = self.chains.iter().filter(move |((of, _), _)| *of == table);
            own.map(|((_, name), chain)| (name, chain))
        };
        let lines: Vec<&String> = self
            .lines
            .iter()
            .filter(|(f, t, _)| (*f, *t) == (family, table))
            .map(|(_, _, line)| line)
            .collect();
        if chains().next().is_none() && lines.is_empty() {
            return;
        }
        let _ = writeln!(text, "*{}", table.name());
        for (name, chain) in chains() {
            let policy = match (table.built_in().contains(&name.as_str()), chain.policy) {
                (false, _) => "-",
                (true, Policy::Accept) => "ACCEPT",
                (true, Policy::Drop) => "DROP",
            };
            let _ = writeln!(text, ":{name} {policy} [0:0]");
        }
        for (name, chain) in chains() {
            for rule in chain.rules.iter().filter_map(|rule| rule.text(family)) {
                let _ = writeln!(text, "-A {name} {rule}");
            }
        }
        lines.iter().for_each(|line| text.extend([line, "\n"]));
        text.push_str("COMMIT\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_iptables_restore_reads() {
        let log = Rule {
            limit: Some(Limit {
                per_second: 1,
                burst: 5,
            }),
            destination_ports: vec![1..=1023, 8000..=8080],
            protocol: Some(Protocol::Tcp),
            extra: vec!["-m mark --mark 7".to_owned()],
            ..Rule::new(Target::Log("odd: ".to_owned()))
        };
        let ruleset = Ruleset::host()
            .accept_tcp([22])
            .pass("eth1", "eth0")
            .masquerade("eth0")
            .pass_port("eth0", 8080, "10.0.0.9:80".parse().unwrap())
            .input(Rule::new(Target::Jump("odd".to_owned())))
            .rule(Table::Filter, "odd", log)
            .line(Family::V6, Table::Filter, "-A odd -j RETURN");
        assert_eq!(ruleset.problems(), [""; 0]);
        insta::assert_snapshot!(ruleset.restore(Family::V4));
        insta::assert_snapshot!(ruleset.restore(Family::V6));
    }
}
