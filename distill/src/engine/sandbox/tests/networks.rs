//! Network namespaces that are used again: nobody can tell.

use std::fs;

use super::fixture::{Trial, skipped};
use crate::engine::sandbox::job::Caller;
use crate::engine::sandbox::network::Network;

/// The name of an idle one, if there is one. Other tests, beside this one, take and leave some.
fn name_of_idle() -> Option<String> {
    let network = Network::take(Caller::current())?;
    let [_, net] = network.descriptors();
    let name = fs::read_link(format!("/proc/self/fd/{net}")).unwrap();
    let counters = network.counters().unwrap();
    network.keep(counters);
    Some(name.to_str().unwrap().to_owned())
}

#[test]
fn an_untouched_one_is_kept_and_used_again() {
    let mut idle = None;
    for _ in 0..100 {
        let Some(trial) = Trial::sh("ls -l /proc/self/ns/net") else {
            return;
        };
        let printed = trial.succeed();
        if idle
            .as_ref()
            .is_some_and(|name: &String| printed.trim_end().ends_with(name.as_str()))
        {
            return;
        }
        if idle.is_none() {
            idle = name_of_idle();
        }
    }
    panic!("{idle:?} was not seen");
}

#[test]
fn one_of_another_caller_is_not_taken() {
    let Some(trial) = Trial::sh("") else { return };
    trial.succeed();
    let mut other = Caller::current();
    other.gid += 1;
    assert!(Network::take(other).is_none());
}

/// Each sandbox begins with the same counters, whatever those before it sent or only tried to send.
#[test]
fn a_used_one_is_not_seen_again() {
    let attempts = [
        "echo packet > /dev/udp/127.0.0.1/9",
        "echo packet > /dev/udp/192.0.2.1/9",
        "echo packet > /dev/tcp/127.0.0.1/9",
    ];
    for attempt in attempts {
        let script = format!(
            "cd /proc/self/net
             cat dev snmp snmp6 netstat sockstat6 arp unix
             echo ---
             bash -c '{attempt}' 2>/dev/null || true
             cat dev snmp snmp6 netstat"
        );
        let mut first = None;
        for _ in 0..5 {
            let Some(trial) = Trial::sh(&script) else {
                return;
            };
            let trial = trial.with_programs(&["bash"]);
            if !trial.spec.root[0].layers[1].join("bin/bash").exists() {
                return skipped("the host has no bash to send a packet with");
            }
            let printed = trial.succeed();
            let (before, after) = printed.split_once("---").unwrap();
            assert!(!before.contains(after.trim()), "{attempt} counts nothing");
            let first = first.get_or_insert_with(|| before.to_owned());
            assert_eq!(before, first, "{attempt}");
        }
    }
}

#[test]
fn loopback_works_in_new_ones_and_in_used_ones() {
    for _ in 0..3 {
        let Some(trial) = Trial::sh("cat /proc/self/net/fib_trie /proc/self/uid_map") else {
            return;
        };
        let printed = trial.succeed();
        assert!(printed.contains("127.0.0.1"), "{printed}");
        assert!(
            printed
                .lines()
                .any(|line| line.split_whitespace().next() == Some("0"))
        );
    }
}
