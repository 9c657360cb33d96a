//! What daemons may do while they run: who they are, and which of root's rights they have.

use std::collections::{BTreeMap, BTreeSet};

use distill_testing::{LabError, Machine};

/// `SERVICE PROGRAM USER CAPABILITIES`, and `for good` if no program that it starts can have more
/// (`PR_SET_NO_NEW_PRIVS`). Capabilities are as the kernel shows them; loggers have a rule of their own.
const RIGHTS: &[&str] = &[
    // Process 1 takes orders from root alone.
    "acpid acpid root all",
    "ballot ballot ballot none",
    // To set the clock, and to bind to its port.
    "chronyd chronyd chrony 2000400 for good",
    // Jobs become their users.
    "cron crond root all",
    // All in one process: the network and the interface's settings.
    "dhcp.eth0 udhcpc root all",
    // Ports below 1024, raw packets and the neighbours' table, to give addresses.
    "dnsmasq dnsmasq dnsmasq 3400 for good",
    "guestbook guestbook guestbook none",
    "kmsg cat kmsg none for good",
    "memcached memcached memcached none for good",
    // The part that changes interfaces; what speaks with the network is the other one.
    "net.dhcpcd dhcpcd root all",
    "net.dhcpcd dhcpcd dhcpcd none for good",
    // Notes the time now and then, for a machine without a clock.
    "note-time sh clock none for good",
    "note-time sleep clock none for good",
    // The part that opens ports and logs.
    "nginx nginx root all for good",
    "nginx nginx nginx none for good",
    // The part that sets the clock.
    "ntpd ntpd root all for good",
    "ntpd ntpd ntpd none for good",
    // The part that sets kernel parameters.
    "radvd radvd root all for good",
    "radvd radvd radvd none for good",
    // The catch-all logger.
    "s6-svscan-log s6-log catchlog none",
    // Who logs in becomes who he is.
    "sshd sshd root all",
    "tor tor tor none for good",
    "unbound unbound unbound none for good",
];

/// Two lists: the processes (name, id, parent, user, effective capabilities, whether for good), and what each
/// supervisor supervises.
const SHOW: &str = "cat /proc/[0-9]*/status 2>/dev/null | awk '/^Name:/ { print \"\" }
      /^(Name|Pid|PPid|Uid|CapEff|NoNewPrivs):/ { printf \"%s \", $2 }'
    echo; echo ---
    ps -o pid,args | grep '[s]6-supervise'; echo ---
    cut -d : -f 1,3 /etc/passwd";

/// Asserts that `services` run, and that no service has other rights than it is known to have.
pub(crate) fn check(machine: &Machine, services: &[&str]) -> Result<(), LabError> {
    // What is there but for a moment is no daemon.
    let shown = machine.succeed(SHOW)?;
    let found = &rights(&shown) & &rights(&machine.succeed(&format!("sleep 2\n{SHOW}"))?);
    let known = |line: &&String| RIGHTS.contains(&line.as_str()) || is_logger(line);
    let unknown: Vec<&String> = found.iter().filter(|line| !known(line)).collect();
    assert!(unknown.is_empty(), "{unknown:#?} of\n{shown}");
    for service in services {
        let expected = RIGHTS.iter().filter(|line| service_of(line) == *service);
        for line in expected {
            assert!(found.contains(*line), "{line}: {found:#?}");
        }
    }
    Ok(())
}

/// Asserts that all that `user` can write, beside what everybody can, are these directories and what lies
/// below them.
pub(crate) fn check_ground(
    machine: &Machine,
    user: &str,
    directories: &[&str],
) -> Result<(), LabError> {
    let show = "find / -type d ! -path \"/proc/*\" ! -path \"/sys/*\" 2>/dev/null |
        while read -r path; do test ! -w \"$path\" || echo \"$path\"; done";
    let shown = machine.succeed(&format!("s6-setuidgid {user} sh -c '{show}'"))?;
    let everybody = ["/tmp", "/dev/shm", "/var/tmp"];
    let found = shown.lines().filter(|path| !everybody.contains(path));
    assert_eq!(outermost(found), directories, "{user}");
    Ok(())
}

/// The paths that lie below no other one.
fn outermost<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
    let sorted: BTreeSet<&str> = paths.collect();
    let mut outer: Vec<&str> = Vec::new();
    for path in sorted {
        let below = |base: &&str| {
            path.strip_prefix(*base)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if !outer.iter().any(below) {
            outer.push(path);
        }
    }
    outer
}

fn service_of(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// A logger is a user of its own, without any rights.
fn is_logger(line: &str) -> bool {
    let service = service_of(line);
    let user = service.replace('.', "-");
    service.ends_with("-log") && line == format!("{service} s6-log {user} none for good")
}

/// The lines of all supervised processes, but for terminals and scripts that have done their work.
fn rights(shown: &str) -> BTreeSet<String> {
    let mut parts = shown.split("---\n");
    let mut part = || parts.next().unwrap_or_default().lines();
    let processes: BTreeMap<u32, Vec<&str>> = part()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter_map(|fields| Some((number(fields.get(1)?)?, fields)))
        .collect();
    let supervised: BTreeMap<u32, &str> = part()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((number(words.next()?)?, words.last()?))
        })
        .collect();
    let users: BTreeMap<&str, &str> = part()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, id)| (id, name))
        .collect();

    let service = |process: &[&str]| {
        let mut parent = number(process[2])?;
        loop {
            if let Some(service) = supervised.get(&parent) {
                return Some(*service);
            }
            let process = processes.get(&parent)?;
            // What cron starts is no daemon, and has the rights of whoever it is for.
            (process[0] != "crond").then_some(())?;
            parent = number(process[2])?;
        }
    };
    let line = |process: &Vec<&str>| {
        let [name, _, _, uid, capabilities, good] = process[..] else {
            return None;
        };
        let service = service(process)?;
        let waits = name == "sleep" && uid == "0";
        let own = service.starts_with("getty.") || service == "test-agent";
        let user = users.get(uid).copied().unwrap_or(uid);
        let good = if good == "1" { " for good" } else { "" };
        let capabilities = match capabilities.trim_start_matches('0') {
            "" => "none",
            "1ffffffffff" => "all",
            some => some,
        };
        (!own && !waits).then(|| format!("{service} {name} {user} {capabilities}{good}"))
    };
    processes.values().filter_map(line).collect()
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[test]
fn processes_are_those_of_their_services() {
    let shown = "\ns6-svscan 1 0 0 000001ffffffffff 0 \ns6-supervise 5 1 0 000001ffffffffff 0 \n\
        ntpd 8 5 0 000001ffffffffff 1 \nntpd 9 8 77 0000000000000000 1 \nsh 12 1 0 000001ffffffffff 0 \n\
        ---\n    5 s6-supervise ntpd\n---\nroot:0\nntpd:77\n";
    let lines: Vec<String> = rights(shown).into_iter().collect();
    assert_eq!(
        lines,
        [
            "ntpd ntpd ntpd none for good",
            "ntpd ntpd root all for good"
        ]
    );
    assert!(is_logger(
        "net.dhcpcd-log s6-log net-dhcpcd-log none for good"
    ));
    assert_eq!(outermost(["/a/b", "/a", "/ab"].into_iter()), ["/a", "/ab"]);
    assert!(!is_logger("kmsg-log s6-log kmsg none for good"));
}
