//! What the kernel has to have for a set of rules.

use distill::kconfig;
use distill::package::kconfig::Fragment;

use super::rule::{Rule, Target};
use super::ruleset::{Ruleset, Table};

impl Ruleset {
    /// The options, as far as tables and typed parts of rules tell.
    pub(super) fn kernel(&self) -> Vec<Fragment> {
        let mut needed = vec![kconfig! { "packet-filter": IP_NF_IPTABLES=y IP6_NF_IPTABLES=y }];
        let chains = self.chains.keys().map(|(table, _)| *table);
        let mut tables: Vec<Table> = chains.chain(self.lines.iter().map(|line| line.1)).collect();
        tables.sort_unstable();
        tables.dedup();
        needed.extend(tables.into_iter().map(of_table));
        let rules = self.chains.values().flat_map(|chain| &chain.rules);
        needed.extend(rules.flat_map(of_rule));
        needed
    }
}

fn of_table(table: Table) -> Fragment {
    match table {
        Table::Raw => kconfig! { "packet-filter": IP_NF_RAW=y IP6_NF_RAW=y },
        Table::Mangle => kconfig! { "packet-filter": IP_NF_MANGLE=y IP6_NF_MANGLE=y },
        Table::Nat => kconfig! { "packet-filter": IP_NF_NAT=y IP6_NF_NAT=y },
        Table::Filter => kconfig! { "packet-filter": IP_NF_FILTER=y IP6_NF_FILTER=y },
    }
}

fn of_rule(rule: &Rule) -> Vec<Fragment> {
    let several = |ports: &[_]| ports.len() > 1;
    let conditions = [
        (
            !rule.states.is_empty(),
            kconfig! { "packet-filter": NETFILTER_XT_MATCH_CONNTRACK=y },
        ),
        (
            rule.limit.is_some(),
            kconfig! { "packet-filter": NETFILTER_XT_MATCH_LIMIT=y },
        ),
        (
            rule.comment.is_some(),
            kconfig! { "packet-filter": NETFILTER_XT_MATCH_COMMENT=y },
        ),
        (
            several(&rule.source_ports) || several(&rule.destination_ports),
            kconfig! { "packet-filter": NETFILTER_XT_MATCH_MULTIPORT=y },
        ),
    ];
    let conditions = conditions
        .into_iter()
        .filter_map(|(used, option)| used.then_some(option));
    conditions.chain(of_target(&rule.target)).collect()
}

fn of_target(target: &Target) -> Option<Fragment> {
    Some(match target {
        Target::Reject => {
            kconfig! { "packet-filter": IP_NF_TARGET_REJECT=y IP6_NF_TARGET_REJECT=y }
        }
        Target::Masquerade => kconfig! { "packet-filter": NETFILTER_XT_TARGET_MASQUERADE=y },
        Target::Snat(_) | Target::Dnat(_) => kconfig! { "packet-filter": NETFILTER_XT_NAT=y },
        Target::Redirect(_) => kconfig! { "packet-filter": NETFILTER_XT_TARGET_REDIRECT=y },
        Target::Log(_) => kconfig! { "packet-filter": NETFILTER_XT_TARGET_LOG=y },
        Target::ClampMss => kconfig! { "packet-filter": NETFILTER_XT_TARGET_TCPMSS=y },
        Target::Accept | Target::Drop | Target::Return | Target::Jump(_) | Target::Other(_) => {
            return None;
        }
    })
}
