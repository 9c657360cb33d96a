//! Which system calls the kernel refuses to a program, as a seccomp filter (seccomp(2)).
//!
//! Namespaces keep a program from most of the machine. What they do not cover is refused here: keys of
//! the user, sockets that lead to the hypervisor, the kernel's log, further namespaces. So is what some
//! kernels have and others lack, or allow only to some users: where a build sees the same everywhere,
//! its output is the same everywhere. A call that is refused for that answers as a kernel without it.

use std::ffi::{c_int, c_long, c_ulong};
use std::mem::offset_of;
use std::sync::LazyLock;

use libc::sock_filter;

/// The filter, made once.
pub(super) static PROGRAM: LazyLock<Vec<sock_filter>> = LazyLock::new(|| assemble(&rules()));

/// What the filter answers to one system call. All other calls are allowed.
struct Rule {
    call: c_long,
    when: When,
    /// The error that the program sees; 0 is success with the result 0.
    errno: c_int,
}

/// For which arguments the rule holds. Only the lower 32 bits of an argument are looked at: those that
/// the kernel looks at, too, in the calls below.
enum When {
    Always,
    /// The argument of this index is none of these.
    IsNone(u32, Vec<u32>),
    /// It is one of these.
    IsOne(u32, Vec<u32>),
    /// It has one of these bits.
    HasBit(u32, u32),
}

/// Families of sockets that a network namespace contains wholly.
const FAMILIES: [c_int; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// Flags of clone(2) and unshare(2) that make namespaces.
const NAMESPACES: c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Calls that came after Linux 5.3 have one number on all architectures (arch/*/syscall.tbl).
mod recent {
    use std::ffi::c_long;

    pub(super) const QUOTACTL_FD: c_long = 443;
    pub(super) const LANDLOCK_CREATE_RULESET: c_long = 444;
    pub(super) const LANDLOCK_ADD_RULE: c_long = 445;
    pub(super) const LANDLOCK_RESTRICT_SELF: c_long = 446;
    pub(super) const MEMFD_SECRET: c_long = 447;
    pub(super) const STATMOUNT: c_long = 457;
    pub(super) const LISTMOUNT: c_long = 458;
    pub(super) const LSM_GET_SELF_ATTR: c_long = 459;
    pub(super) const LSM_SET_SELF_ATTR: c_long = 460;
    pub(super) const LSM_LIST_MODULES: c_long = 461;
}

fn rules() -> Vec<Rule> {
    let mut rules = vec![
        rule(libc::SYS_socket, no_family(), libc::EAFNOSUPPORT),
        rule(libc::SYS_socketpair, no_family(), libc::EAFNOSUPPORT),
        // In a namespace of its own a program could do what it may not in ours: mount a `/proc` to which
        // root may write, as far as the caller is root.
        rule(libc::SYS_clone, namespaces(0), libc::EPERM),
        rule(
            libc::SYS_unshare,
            namespaces(libc::CLONE_NEWTIME),
            libc::EPERM,
        ),
        rule(libc::SYS_setns, When::Always, libc::EPERM),
        // Its flags lie in memory, where no filter can look. C libraries then use `clone`.
        rule(libc::SYS_clone3, When::Always, libc::ENOSYS),
        // Typing into a terminal, and pasting into a console.
        rule(libc::SYS_ioctl, terminal_input(), libc::EPERM),
        // How many groups the caller is in besides its own cannot be changed without privileges, and
        // is none of a build's business: it is in none.
        rule(libc::SYS_getgroups, When::Always, 0),
        rule(libc::SYS_syslog, When::Always, libc::EPERM),
    ];
    rules.extend(ABSENT.map(|call| rule(call, When::Always, libc::ENOSYS)));
    rules
}

/// What a program is told that the kernel lacks.
const ABSENT: [c_long; 22] = [
    // The user's keys, and those of processes before and after.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // It makes sockets and opens files where no filter looks.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Allowed to users on some machines only, by settings of theirs.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    recent::MEMFD_SECRET,
    // They tell of the host: its mounts, its quotas, its security modules.
    recent::STATMOUNT,
    recent::LISTMOUNT,
    libc::SYS_quotactl,
    recent::QUOTACTL_FD,
    recent::LSM_GET_SELF_ATTR,
    recent::LSM_SET_SELF_ATTR,
    recent::LSM_LIST_MODULES,
    recent::LANDLOCK_CREATE_RULESET,
    recent::LANDLOCK_ADD_RULE,
    recent::LANDLOCK_RESTRICT_SELF,
    libc::SYS_kcmp,
];

fn rule(call: c_long, when: When, errno: c_int) -> Rule {
    Rule { call, when, errno }
}

fn no_family() -> When {
    When::IsNone(0, FAMILIES.map(c_int::cast_unsigned).to_vec())
}

fn namespaces(more: c_int) -> When {
    When::HasBit(0, (NAMESPACES | more).cast_unsigned())
}

fn terminal_input() -> When {
    let requests = [libc::TIOCSTI as c_ulong, libc::TIOCLINUX as c_ulong];
    When::IsOne(1, requests.map(low).to_vec())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel truncates it, too"
)]
fn low(value: c_ulong) -> u32 {
    value as u32
}

/// This architecture in linux/audit.h: its number in ELF files, and bits for little-endian and for
/// 64 bits.
const ARCHITECTURE: u32 = 0xC000_0000
    | if cfg!(target_arch = "x86_64") {
        62
    } else if cfg!(target_arch = "aarch64") {
        183
    } else if cfg!(target_arch = "riscv64") {
        243
    } else if cfg!(all(target_arch = "powerpc64", target_endian = "little")) {
        21
    } else {
        panic!("sandboxes are not made on this architecture")
    };

/// A bit of the numbers of x86-64's calls with short pointers, which not every kernel knows.
const SHORT_POINTERS: u32 = 0x4000_0000;

/// The instructions: a few comparisons lead to the rule of a call, if it has one. When a filter is put on,
/// the kernel tries it on every call there is, to know which it need not be asked about again; so a chain of
/// comparisons would cost each sandbox a tenth of a millisecond.
///
/// Programs of another architecture (such as i386 on x86-64), which not every kernel executes, are
/// killed by their first call: nobody's build depends on them by accident.
fn assemble(rules: &[Rule]) -> Vec<sock_filter> {
    let mut program = vec![
        load(offset_of!(libc::seccomp_data, arch)),
        unless(libc::BPF_JEQ, ARCHITECTURE, 1),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(offset_of!(libc::seccomp_data, nr)),
    ];
    // The kill above is what a mismatch runs into: `unless` jumps over it where the value is right.
    if cfg!(target_arch = "x86_64") {
        program.push(jump(libc::BPF_JSET, SHORT_POINTERS, 0, 1));
        program.push(refuse(libc::ENOSYS));
    }
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by_key(|rule| rule.call);
    program.extend(search(&sorted));
    program
}

/// Finds the rule of a call among some that are sorted by call, and allows the call if it has none.
fn search(rules: &[&Rule]) -> Vec<sock_filter> {
    match rules {
        [] => vec![answer(libc::SECCOMP_RET_ALLOW)],
        [rule] => {
            let block = block(rule);
            let mut program = vec![jump(libc::BPF_JEQ, number(rule), 0, length(&block))];
            program.extend(block);
            program.push(answer(libc::SECCOMP_RET_ALLOW));
            program
        }
        _ => {
            let (low, high) = rules.split_at(rules.len() / 2);
            let below = search(low);
            let mut program = vec![jump(libc::BPF_JGE, number(high[0]), length(&below), 0)];
            program.extend(below);
            program.extend(search(high));
            program
        }
    }
}

fn number(rule: &Rule) -> u32 {
    u32::try_from(rule.call).expect("a number of a system call")
}

/// What happens once the call is known. Each way through it ends with an answer.
fn block(rule: &Rule) -> Vec<sock_filter> {
    let (yes, no) = (refuse(rule.errno), answer(libc::SECCOMP_RET_ALLOW));
    match &rule.when {
        When::Always => vec![yes],
        When::HasBit(index, bits) => {
            vec![argument(*index), jump(libc::BPF_JSET, *bits, 0, 1), yes, no]
        }
        When::IsOne(index, values) => among(*index, values, yes, no),
        When::IsNone(index, values) => among(*index, values, no, yes),
    }
}

/// The first answer if the argument is one of these, else the second.
fn among(index: u32, values: &[u32], found: sock_filter, other: sock_filter) -> Vec<sock_filter> {
    let mut block = vec![argument(index)];
    for value in values {
        block.extend([jump(libc::BPF_JEQ, *value, 0, 1), found]);
    }
    block.push(other);
    block
}

fn argument(index: u32) -> sock_filter {
    // All architectures here are little-endian: the lower half comes first.
    load(offset_of!(libc::seccomp_data, args) + 8 * index as usize)
}

fn load(offset: usize) -> sock_filter {
    let offset = u32::try_from(offset).expect("within the structure");
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

/// Jump over so many instructions if the comparison holds, and over others if not.
fn jump(comparison: u32, value: u32, yes: u8, no: u8) -> sock_filter {
    instruction(libc::BPF_JMP | comparison | libc::BPF_K, value, yes, no)
}

/// Jump over so many instructions if the comparison holds.
fn unless(comparison: u32, value: u32, over: u8) -> sock_filter {
    jump(comparison, value, over, 0)
}

fn refuse(errno: c_int) -> sock_filter {
    answer(libc::SECCOMP_RET_ERRNO | errno.cast_unsigned())
}

fn answer(value: u32) -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, value, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    let code = u16::try_from(code).expect("an instruction's code");
    sock_filter { code, jt, jf, k }
}

fn length(block: &[sock_filter]) -> u8 {
    u8::try_from(block.len()).expect("a short block")
}
