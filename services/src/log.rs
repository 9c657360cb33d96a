//! Loggers.

use distill::execline;
use distill::package::{Config, Package, Words, subpackage};
use distill::system::{Directory, Loggers, OVERFLOW, Owner, Service, User};

/// How logs are kept.
///
/// ```
/// use distill_services::LogConfig;
///
/// let small = LogConfig { files: 3, ..LogConfig::default() };
/// # let _ = small;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// The directory that holds one directory for each log.
    pub dir: String,
    /// How many old files are kept of each.
    pub files: u32,
    /// After how many bytes a new file is begun (4096 to 268435455).
    pub bytes: u32,
    /// What old files are compressed with, if they are: a program that reads standard input.
    pub compress: Option<String>,
}

impl Default for LogConfig {
    /// Ten files of a megabyte below `/var/log`, compressed with zstd.
    fn default() -> LogConfig {
        LogConfig {
            dir: "/var/log".to_owned(),
            files: 10,
            bytes: 1_000_000,
            compress: Some("zstd -q".to_owned()),
        }
    }
}

/// The logger of the service `producer`: `PRODUCER-log`, with a user of its own. Lines have a TAI64N
/// time stamp in front; members of the group `log` may read them.
///
/// Whoever writes lines waits for the disk while it is slow. If it takes nothing for some seconds, because it is full
/// or broken, lines are dropped until it does, and the log says how many: a full disk stops no service.
///
/// ```
/// use distill_services::{LogConfig, log};
///
/// let logger = log("memcached", &LogConfig::default());
/// assert_eq!(logger.name, "memcached-log");
/// ```
#[track_caller]
pub fn log(producer: &str, config: &LogConfig) -> Service {
    let LogConfig {
        dir,
        files,
        bytes,
        compress,
    } = config;
    let (path, user) = (format!("{dir}/{producer}"), user_name(producer));
    let compress: Words = compress
        .as_ref()
        .map(|program| format!("!{program}"))
        .into();
    let logger = Service::longrun(
        format!("{producer}-log"),
        execline! {
            fdmove -c 2 1
            setpriv --nnp
            pipeline -d { #{OVERFLOW} }
            s6-log -b -d3 "--" t #{format!("n{files}")} #{format!("s{bytes}")} #{compress} #{&path}
        },
    )
    .after_if_present("var-mount")
    .user(User::system(&user))
    .run_as(&user)
    .directory(
        Directory::new(path)
            .mode(0o2750)
            .owner(Owner::new(user, "log")),
    )
    .package(distill_packages::overflow)
    .notification_fd(3);
    match &config.compress {
        Some(program) if program.starts_with("zstd") => logger.package(zstd),
        _ => logger,
    }
}

/// zstd's program alone.
fn zstd(_: &Config) -> Package {
    subpackage(distill_packages::zstd, "zstd-bin", ["usr/bin"])
}

/// A user's name for the logger of `producer`: letters that a user's name cannot have become `-`.
fn user_name(producer: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = producer.chars().take(28).map(plain).collect();
    format!("{name}-log")
}

/// For each daemon that nobody reads yet a logger, as [`LogConfig::default`] has it.
///
/// ```
/// use distill::system::System;
///
/// let system = System::new().loggers(distill_services::var_log());
/// # let _ = system;
/// ```
#[track_caller]
pub fn var_log() -> Loggers {
    Loggers::new(|service| {
        // What is shown on a terminal is no log.
        let terminal = service.name.starts_with("getty.");
        (!terminal).then(|| log(&service.name, &LogConfig::default()))
    })
}
