//! Names that nobody else uses, for what several processes put into one directory.
//!
//! A process's number does not make such a name: it is unique only in its namespace, on its machine,
//! while the process lives, and containers and machines share directories. So a name is random, and
//! whoever makes a file or a directory of that name makes it exclusively and takes another name if
//! there is one already.

use std::fs::File;
use std::io::{self, ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::io::retry_on_intr;
use rustix::rand::{GetRandomFlags, getrandom};

/// A random name: 32 hexadecimal digits.
pub fn name() -> String {
    let mut bytes = [0_u8; 16];
    let read = retry_on_intr(|| getrandom(&mut bytes, GetRandomFlags::empty()));
    // So few bytes come at once, once the kernel has any (getrandom(2)).
    assert_eq!(read, Ok(bytes.len()), "the kernel gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes something in `directory` under a name that begins with `prefix` and that nothing has yet.
/// `make` must fail with [`ErrorKind::AlreadyExists`] where something is.
pub fn create<T>(
    directory: &Utf8Path,
    prefix: &str,
    make: impl Fn(&Utf8Path) -> io::Result<T>,
) -> io::Result<(Utf8PathBuf, T)> {
    create_named(|| directory.join(format!("{prefix}{}", name())), make)
}

/// Makes a file that nothing and nobody else has, open for writing.
pub fn create_file(directory: &Utf8Path, prefix: &str) -> io::Result<(Utf8PathBuf, File)> {
    create(directory, prefix, |path| File::create_new(path))
}

fn create_named<T>(
    name: impl Fn() -> Utf8PathBuf,
    make: impl Fn(&Utf8Path) -> io::Result<T>,
) -> io::Result<(Utf8PathBuf, T)> {
    loop {
        let path = name();
        match make(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (path, made)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_there_is_never_taken() {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap();
        std::fs::write(root.join("0"), "somebody's").unwrap();
        let next = Cell::new(0);
        let name = || root.join(next.replace(next.get() + 1).to_string());
        let (path, _file) = create_named(name, |path| File::create_new(path)).unwrap();
        assert_eq!(path, root.join("1"));
        assert_eq!(std::fs::read(root.join("0")).unwrap(), b"somebody's");
    }

    #[test]
    fn names_differ() {
        let names: std::collections::BTreeSet<String> = (0..1000).map(|_| name()).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.len() == 32));
    }
}
