//! The user's SSH keys: whom a machine lets in.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::CliError;
use super::host::Environment;
use crate::store::io::{At as _, read_if_there};

/// The usual names, in the order in which ssh(1) tries them.
const USUAL: [&str; 3] = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"];

/// Public keys, and how `ssh` finds the private ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Lines of `authorized_keys`.
    pub(super) public: Vec<String>,
    /// Private keys that `ssh` has to be told of.
    pub(super) private: Vec<Utf8PathBuf>,
}

impl Keys {
    /// The keys in `files`, or else the user's own.
    pub(super) fn gather(files: &[Utf8PathBuf], env: &Environment) -> Result<Keys, CliError> {
        let mut keys = Keys::default();
        for file in files {
            keys.add(file)?;
        }
        if let Some(home) = env.get("HOME").filter(|_| files.is_empty()) {
            let directory = Utf8Path::new(home).join(".ssh");
            for name in USUAL {
                let text = read_if_there(&directory.join(name))?.unwrap_or_default();
                keys.public.extend(lines(&String::from_utf8_lossy(&text)));
            }
        }
        Ok(keys)
    }

    fn add(&mut self, file: &Utf8Path) -> Result<(), CliError> {
        let (public, private) = pair(file);
        let text = std::fs::read_to_string(&public).at("read", &public)?;
        let found = lines(&text);
        if found.is_empty() {
            return Err(CliError::Usage(format!(
                "cannot find a public key in `{public}`"
            )));
        }
        self.public.extend(found);
        if private.exists() {
            self.private.push(private);
        }
        Ok(())
    }
}

/// The files of a pair of keys, of which `file` is one.
fn pair(file: &Utf8Path) -> (Utf8PathBuf, Utf8PathBuf) {
    let public = Utf8PathBuf::from(format!("{file}.pub"));
    match file.as_str().strip_suffix(".pub") {
        Some(private) => (file.to_owned(), private.into()),
        None if public.exists() => (public, file.to_owned()),
        // A public key of another name.
        None => (file.to_owned(), Utf8PathBuf::new()),
    }
}

/// The lines with keys. A private key's lines are none: they must not leave this machine.
fn lines(text: &str) -> Vec<String> {
    let key = |line: &&str| {
        ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|kind| line.starts_with(kind))
    };
    text.lines()
        .map(str::trim)
        .filter(key)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Utf8Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = directory.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_users_own_keys_or_those_that_are_named() {
        let temp = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(temp.path()).unwrap();
        write(
            home,
            &[
                (".ssh/id_rsa.pub", "ssh-rsa AAAA me\n"),
                (".ssh/id_ed25519.pub", "# mine\nssh-ed25519 BBBB me\n\n"),
                ("other", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
                ("other.pub", "ecdsa-sha2-nistp256 CCCC"),
                ("lone", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
            ],
        );
        let env = [("HOME", home.as_str())].into_iter().collect();
        let own = Keys::gather(&[], &env).unwrap();
        assert_eq!(own.public, ["ssh-ed25519 BBBB me", "ssh-rsa AAAA me"]);
        assert!(own.private.is_empty());
        for name in ["other", "other.pub"] {
            let named = Keys::gather(&[home.join(name)], &env).unwrap();
            assert_eq!(named.public, ["ecdsa-sha2-nistp256 CCCC"]);
            assert_eq!(named.private, [home.join("other")]);
        }
        assert!(Keys::gather(&[home.join("lone")], &env).is_err());
        assert!(Keys::gather(&[home.join("absent")], &env).is_err());
        assert_eq!(
            Keys::gather(&[], &Environment::default()).unwrap(),
            Keys::default()
        );
    }
}
