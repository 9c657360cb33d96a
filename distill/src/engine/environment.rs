//! What every build finds, beside its inputs. A change of anything here is a new version of `build`
//! (`plan/version.rs`).

/// The whole environment of a build, sorted by name. Beside it there is only `MAKEFLAGS`, which names
/// the job server; it decides how fast a build is, not what it makes.
pub const ENVIRONMENT: [(&str, &str); 6] = [
    ("HOME", "/tmp"),
    ("LC_ALL", "C.UTF-8"),
    ("PATH", "/usr/bin:/usr/sbin:/bin:/sbin"),
    ("SOURCE_DATE_EPOCH", "0"),
    ("TMPDIR", "/tmp"),
    ("TZ", "UTC"),
];

/// The name of the build machine, as builds see it.
pub const HOSTNAME: &str = "builder";

/// The program that a build runs.
pub const PROGRAM: &str = "/build";

/// Where a build leaves its output.
pub const OUT: &str = "/out";

/// What inputs put at these places or below is a build's own copy, which it may change: sources, and
/// what programs write to on a machine whose root is read-only. All other inputs are read-only: they are
/// shared by all builds, and a file system that copies on the first write would show that (a directory
/// cannot be renamed, a file changes its inode).
pub const OWN: [&str; 3] = ["/run", "/src", "/var"];

/// Makes every `make` below the build take its tokens from the job server, however many there are.
/// (With a job server, the number after `-j` means nothing.)
pub(super) const MAKEFLAGS: &str = "-j999 --jobserver-auth=fifo:/dev/jobserver";
