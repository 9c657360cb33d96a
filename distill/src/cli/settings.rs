//! What is known of this machine and this run, gathered once from options and environment.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{ColorChoice, GlobalOptions};
use super::error::CliError;
use super::host::{Environment, Host};
use crate::fetch::{self, Address, Cache, DirectoryCache, Proxies};
use crate::plan::MirrorFamily;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// What is known of this machine and this run. Nothing of it can reach a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// The store's directory, if anything says where it is.
    store: Option<Utf8PathBuf>,
    /// Whether the place of the store was given as an option.
    store_option: bool,
    pub(super) offline: bool,
    /// Directories with sources and outputs.
    pub(super) caches: Vec<Utf8PathBuf>,
    /// Mirrors of Debian's archive that the environment names.
    pub(super) debian: Vec<Address>,
    /// Proxies of Go's modules that the environment names.
    pub(super) go: Vec<Address>,
    pub(super) proxies: Proxies,
    /// The working directory.
    pub(super) directory: Utf8PathBuf,
    /// Where this machine's configuration lies.
    pub(super) root: Utf8PathBuf,
    /// The program, as it was called.
    pub(super) program: String,
    pub(super) verbosity: Verbosity,
    pub(super) json: bool,
    pub(super) color: bool,
    /// Whether lines on the terminal may change.
    pub(super) live: bool,
}

impl Settings {
    /// Gathers everything.
    pub(super) fn gather(options: &GlobalOptions, host: &Host) -> Settings {
        let (env, directory) = (&host.env, host.directory.clone());
        let absolute = |path: &Utf8PathBuf| directory.join(path);
        Settings {
            store: options
                .store
                .as_ref()
                .map(absolute)
                .or_else(|| store_place(env, &directory)),
            store_option: options.store.is_some(),
            offline: options.offline,
            caches: options.cache.iter().map(absolute).collect(),
            debian: fetch::parse_mirror_list(env.get("DISTILL_DEBIAN_MIRROR").unwrap_or_default()),
            go: fetch::parse_go_proxy(env.get("GOPROXY").unwrap_or_default()),
            proxies: proxies(env),
            root: host.root.clone(),
            program: host.program(),
            verbosity: match (options.quiet, options.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, false) => Verbosity::Normal,
                (_, true) => Verbosity::Verbose,
            },
            json: options.json,
            color: color(options.color, host),
            live: has_cursor(env),
            directory,
        }
    }

    /// Where the store is.
    pub(super) fn store(&self) -> Result<&Utf8Path, CliError> {
        let unknown = "cannot tell where to keep what is built\nhint: say where with `--store \
                       DIRECTORY`, or set `DISTILL_STORE`, `XDG_CACHE_HOME` or `HOME`";
        self.store
            .as_deref()
            .ok_or_else(|| CliError::Usage(unknown.to_owned()))
    }

    /// A command line of this program with the same store, for people to copy.
    pub(super) fn command(&self, words: &[&str]) -> String {
        let mut line = vec![quoted(&self.program)];
        line.extend(words.iter().map(|word| quoted(word)));
        if let Some(store) = self.store.as_ref().filter(|_| self.store_option) {
            line.extend(["--store".to_owned(), quoted(store.as_str())]);
        }
        line.join(" ")
    }

    /// How to fetch, with unfinished downloads in `partial_dir`.
    pub(super) fn fetching(&self, partial_dir: Utf8PathBuf) -> Result<fetch::Settings, CliError> {
        let mut settings = fetch::Settings::new(partial_dir);
        settings.offline = self.offline;
        settings.proxies = self.proxies.clone();
        settings.ca_certificates = self.certificates();
        // A machine without apt, or with one that only root may read, still has public mirrors.
        settings.prefer_debian(fetch::read_apt(&self.root).unwrap_or_default());
        settings.prefer_debian(self.debian.iter().cloned());
        let go = settings.mirrors.entry(MirrorFamily::Go).or_default();
        go.splice(0..0, self.go.iter().cloned());
        for directory in &self.caches {
            let directory = DirectoryCache::open(directory)?;
            settings.caches.push(Cache::new(Arc::new(directory)));
        }
        Ok(settings)
    }

    /// Where certificates of trusted authorities may lie.
    pub(super) fn certificates(&self) -> Vec<Utf8PathBuf> {
        let below = |path: &&str| self.root.join(path.trim_start_matches('/'));
        fetch::CA_CERTIFICATES.iter().map(below).collect()
    }
}

/// The place of the store by the environment. Relative values of `XDG_CACHE_HOME` count as not set
/// (XDG Base Directory Specification).
fn store_place(env: &Environment, directory: &Utf8Path) -> Option<Utf8PathBuf> {
    let absolute = |name| {
        env.get(name)
            .map(Utf8Path::new)
            .filter(|path| path.is_absolute())
    };
    let own = env.get("DISTILL_STORE").map(|path| directory.join(path));
    own.or_else(|| absolute("XDG_CACHE_HOME").map(|cache| cache.join("distill")))
        .or_else(|| absolute("HOME").map(|home| home.join(".cache/distill")))
}

/// As curl reads them: `HTTP_PROXY` in capitals is what a web server passes to its scripts, under
/// the control of strangers, and is not looked at.
fn proxies(env: &Environment) -> Proxies {
    let owned = |names: &[&str]| env.first(names).map(ToOwned::to_owned);
    let address = |names: &[&str]| env.first(names).map(Address::from);
    Proxies {
        http: address(&["http_proxy"]),
        https: address(&["https_proxy", "HTTPS_PROXY"]),
        all: address(&["all_proxy", "ALL_PROXY"]),
        none: owned(&["no_proxy", "NO_PROXY"]),
    }
}

/// <https://no-color.org>: set to anything, it means no colour, unless an option says otherwise.
pub(super) fn color(choice: ColorChoice, host: &Host) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            has_cursor(&host.env) && host.terminal.is_some() && host.env.get("NO_COLOR").is_none()
        }
    }
}

/// Whether the terminal, if there is one, understands control sequences. One without a name may be
/// anything, such as a serial line or an editor's buffer.
fn has_cursor(env: &Environment) -> bool {
    env.get("TERM").is_some_and(|term| term != "dumb")
}

/// A word as a POSIX shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(env: &[(&str, &str)]) -> Option<String> {
        let env = env.iter().copied().collect();
        store_place(&env, "/work".into()).map(Into::into)
    }

    #[test]
    fn the_store_is_where_the_environment_says() {
        let home = ("HOME", "/home/me");
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[("HOME", "")]), None);
        assert_eq!(place(&[home]).unwrap(), "/home/me/.cache/distill");
        assert_eq!(
            place(&[home, ("XDG_CACHE_HOME", "here")]).unwrap(),
            "/home/me/.cache/distill"
        );
        assert_eq!(
            place(&[home, ("XDG_CACHE_HOME", "/c")]).unwrap(),
            "/c/distill"
        );
        assert_eq!(place(&[home, ("DISTILL_STORE", "s")]).unwrap(), "/work/s");
    }

    #[test]
    fn a_web_server_cannot_set_the_proxy() {
        let env = [
            ("HTTP_PROXY", "http://evil"),
            ("HTTPS_PROXY", "http://p"),
            ("no_proxy", "a"),
        ];
        let proxies = proxies(&env.into_iter().collect());
        let (https, none) = (Some("http://p".into()), Some("a".to_owned()));
        assert_eq!(
            proxies,
            Proxies {
                https,
                none,
                ..Proxies::default()
            }
        );
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("target/debug/x"), "target/debug/x");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
