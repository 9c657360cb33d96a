//! Which members are taken, and whether they are sound.

use std::collections::HashMap;

use super::super::glob::PathSet;
use super::super::path::RelPath;
use super::error::{ArchiveError, NameFault, shown};
use super::kind::Kind;
use super::options::Options;
use super::reader::Member;

/// What to do about a member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is there already, or is the root.
    Nothing,
    Dir(RelPath),
    File(RelPath),
    Symlink(RelPath, String),
    HardLink(RelPath, RelPath),
    /// A file of that name is there; its bytes must be the same as those of this one.
    Compare(RelPath, RelPath),
}

/// What an archive held so far.
pub(super) struct Judge<'a> {
    options: &'a Options,
    /// Patterns that matched nothing yet, one in each set.
    unmatched: Vec<PathSet>,
    seen: HashMap<RelPath, Seen>,
    bytes: u64,
}

enum Seen {
    Dir,
    File {
        executable: bool,
        size: u64,
    },
    Symlink(String),
    /// A hard link, to the first name of the file.
    HardLink(RelPath),
}

impl<'a> Judge<'a> {
    pub(super) fn new(options: &'a Options) -> Judge<'a> {
        let patterns = options.include.patterns();
        let alone = |pattern| PathSet::new([pattern]).expect("a pattern of a set");
        Judge {
            options,
            unmatched: patterns.map(alone).collect(),
            seen: HashMap::new(),
            bytes: 0,
        }
    }

    /// Whether a member is taken at all.
    pub(super) fn takes(&mut self, name: &[u8]) -> bool {
        let Some(path) = matched_name(name) else {
            return true;
        };
        self.unmatched.retain(|pattern| !pattern.contains(&path));
        self.is_wanted(&path)
    }

    fn is_wanted(&self, path: &RelPath) -> bool {
        let Options {
            include, exclude, ..
        } = self.options;
        (include.is_empty() || include.contains(path)) && !exclude.contains(path)
    }

    /// Judges a member that is taken: the directories above it that are missing, outermost first,
    /// and what to do about itself.
    pub(super) fn judge(&mut self, member: &Member) -> Result<(Vec<RelPath>, Step), ArchiveError> {
        let fault = |fault| ArchiveError::Name {
            member: shown(&member.name),
            fault,
        };
        let Some(path) = tree_name(&member.name).map_err(fault)? else {
            let is_dir = member.kind == Kind::Dir;
            let root = is_dir.then(|| (Vec::new(), Step::Nothing));
            return root.ok_or_else(|| fault(NameFault::Empty));
        };
        let above = self.make_above(&path)?;
        let step = match member.kind {
            Kind::Dir => self.dir(path),
            Kind::File => self.file(path, member),
            Kind::Symlink => self.symlink(path, target(member)?),
            Kind::HardLink => self.hard_link(path, member),
            Kind::Other(kind) => Err(ArchiveError::Kind {
                member: shown(&member.name),
                kind,
            }),
        };
        Ok((above, step?))
    }

    /// At the end: every pattern must have matched.
    pub(super) fn finish(self) -> Result<(), ArchiveError> {
        match self.unmatched.first().and_then(|set| set.patterns().next()) {
            Some(pattern) => Err(ArchiveError::Unmatched {
                pattern: pattern.to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn make_above(&mut self, path: &RelPath) -> Result<Vec<RelPath>, ArchiveError> {
        let mut missing = Vec::new();
        for above in path.ancestors() {
            let there = self.seen.get(above);
            if let Some(Seen::Dir) = there {
                continue;
            }
            let is_link = matches!(there, Some(Seen::Symlink(_)));
            let (member, above) = (path.clone(), RelPath::new(above).expect("part of a path"));
            match there {
                None => {
                    self.seen.insert(above.clone(), Seen::Dir);
                    missing.push(above);
                }
                Some(_) if is_link => {
                    return Err(ArchiveError::ThroughLink {
                        member,
                        link: above,
                    });
                }
                Some(_) => return Err(ArchiveError::BelowFile { member, above }),
            }
        }
        Ok(missing)
    }

    fn dir(&mut self, path: RelPath) -> Result<Step, ArchiveError> {
        match self.seen.get(&path) {
            None => {
                self.seen.insert(path.clone(), Seen::Dir);
                Ok(Step::Dir(path))
            }
            Some(Seen::Dir) => Ok(Step::Nothing),
            Some(_) => Err(ArchiveError::Twice { member: path }),
        }
    }

    fn file(&mut self, path: RelPath, member: &Member) -> Result<Step, ArchiveError> {
        self.count(member, member.size)?;
        let Some(first) = self.first_name(&path) else {
            let (executable, size) = (member.executable, member.size);
            self.seen
                .insert(path.clone(), Seen::File { executable, size });
            return Ok(Step::File(path));
        };
        match self.seen.get(&first) {
            Some(Seen::File { executable, size })
                if (*executable, *size) == (member.executable, member.size) =>
            {
                Ok(Step::Compare(path, first))
            }
            _ => Err(ArchiveError::Twice { member: path }),
        }
    }

    fn count(&mut self, member: &Member, size: u64) -> Result<(), ArchiveError> {
        let limit = self.options.limits.bytes;
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > limit {
            let member = shown(&member.name);
            return Err(ArchiveError::TooLarge { member, limit });
        }
        Ok(())
    }

    fn symlink(&mut self, path: RelPath, target: String) -> Result<Step, ArchiveError> {
        match self.seen.get(&path) {
            None => {
                self.seen
                    .insert(path.clone(), Seen::Symlink(target.clone()));
                Ok(Step::Symlink(path, target))
            }
            Some(Seen::Symlink(there)) if *there == target => Ok(Step::Nothing),
            Some(_) => Err(ArchiveError::Twice { member: path }),
        }
    }

    /// A hard link to a symbolic link is another symbolic link.
    fn hard_link(&mut self, path: RelPath, member: &Member) -> Result<Step, ArchiveError> {
        let to = linked(&path, member)?;
        let first = self.first_name(&to);
        let size = match first.as_ref().and_then(|first| self.seen.get(first)) {
            Some(Seen::Symlink(target)) => {
                let target = target.clone();
                return self.symlink(path, target);
            }
            Some(Seen::File { size, .. }) => *size,
            _ => return Err(self.nowhere(path, to)),
        };
        // It becomes a file of its own.
        self.count(member, size)?;
        let first = first.expect("a file was found");
        match self.first_name(&path) {
            None => {
                self.seen
                    .insert(path.clone(), Seen::HardLink(first.clone()));
                Ok(Step::HardLink(path, first))
            }
            Some(there) if there == first => Ok(Step::Nothing),
            Some(_) => Err(ArchiveError::Twice { member: path }),
        }
    }

    fn nowhere(&self, member: RelPath, to: RelPath) -> ArchiveError {
        let hint = if self.is_wanted(&to) {
            "hint: `exclude` leaves members out"
        } else {
            "hint: it is left out; take both or neither"
        };
        ArchiveError::HardLinkNowhere { member, to, hint }
    }

    /// The name under which what lies at `path` came first.
    fn first_name(&self, path: &RelPath) -> Option<RelPath> {
        match self.seen.get(path)? {
            Seen::HardLink(first) => Some(first.clone()),
            _ => Some(path.clone()),
        }
    }
}

fn linked(path: &RelPath, member: &Member) -> Result<RelPath, ArchiveError> {
    tree_name(&member.link)
        .and_then(|to| to.ok_or(NameFault::Empty))
        .map_err(|fault| ArchiveError::HardLinkOutside {
            member: path.to_string(),
            to: shown(&member.link),
            fault,
        })
}

fn target(member: &Member) -> Result<String, ArchiveError> {
    let fault = |fault| ArchiveError::Target {
        member: shown(&member.name),
        fault,
    };
    match std::str::from_utf8(&member.link) {
        Ok("") => Err(fault(NameFault::Empty)),
        Ok(target) => Ok(target.to_owned()),
        Err(_) => Err(fault(NameFault::NotUtf8)),
    }
}

/// The path that a name in an archive means; nothing for the root. Empty components and `.` say
/// nothing, and a slash at the end neither.
fn tree_name(name: &[u8]) -> Result<Option<RelPath>, NameFault> {
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    if name.starts_with(b"/") {
        return Err(NameFault::Absolute);
    }
    let text = std::str::from_utf8(name).map_err(|_| NameFault::NotUtf8)?;
    let text = normal(text);
    if text.is_empty() {
        return Ok(None);
    }
    if text.split('/').any(|part| part == "..") {
        return Err(NameFault::Parent);
    }
    RelPath::new(text).map(Some).map_err(|_| NameFault::TooLong)
}

/// The path that patterns see; nothing for the root and for what no pattern can name.
fn matched_name(name: &[u8]) -> Option<RelPath> {
    RelPath::new(normal(&String::from_utf8_lossy(name))).ok()
}

fn normal(text: &str) -> String {
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}
