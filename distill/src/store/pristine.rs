//! Directories that hand nothing down to what is made in them.
//!
//! A directory inherits from the one that it is made in: access control lists override the umask, the
//! set-group-id bit and some mounts choose the group, and attributes (`chattr`) forbid, compress or
//! fold names. What a build makes would inherit them in turn: one plan would have two outputs, by
//! where the store lies. So whatever lies below a directory that was made here has inherited nothing.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};

use camino::Utf8Path;
use nix::errno::Errno;
use nix::unistd::getegid;
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

use super::io::{At as _, IoError};

/// The access control lists that a directory inherits.
const ACLS: [&str; 2] = ["system.posix_acl_default", "system.posix_acl_access"];

/// `FS_CASEFOLD_FL` and `FS_DAX_FL` of `linux/fs.h`.
const CASEFOLD: IFlags = IFlags::from_bits_retain(0x4000_0000);
const DAX: IFlags = IFlags::from_bits_retain(0x0200_0000);
/// `FS_NOCOMP_FL` of `linux/fs.h`.
const NO_COMPRESSION: IFlags = IFlags::from_bits_retain(0x0400);

/// The attributes that some file system hands down (`EXT4_FL_INHERITED`, `btrfs_inherit_iflags`,
/// `xfs_inode_inherit_flags`), with their letters (chattr(1)). Those marked change what a program
/// can do or see, even if it does not look for them.
const INHERITED: [(IFlags, char, bool); 15] = [
    (IFlags::SECURE_REMOVAL, 's', false),
    (IFlags::UNRM, 'u', false),
    (IFlags::COMPRESSED, 'c', false),
    (NO_COMPRESSION, 'm', false),
    (IFlags::SYNC, 'S', false),
    (IFlags::DIRSYNC, 'D', false),
    (IFlags::NODUMP, 'd', false),
    (IFlags::NOATIME, 'A', false),
    (IFlags::JOURNALING, 'j', false),
    (IFlags::NOTAIL, 't', false),
    (IFlags::NOCOW, 'C', false),
    (DAX, 'x', false),
    (IFlags::APPEND, 'a', true),
    (IFlags::PROJECT_INHERIT, 'P', true),
    (CASEFOLD, 'F', true),
];

/// Makes a directory with exactly this mode, of the caller's own group, from which nothing is
/// inherited.
pub(super) fn make(path: &Utf8Path, mode: u32) -> Result<(), IoError> {
    let made = DirBuilder::new().mode(mode & 0o700).create(path);
    made.at("create", path)?;
    for acl in ACLS {
        drop_acl(path, acl).at("drop the access control list of", path)?;
    }
    // After the lists, which have a say in the mode; it takes the set-group-id bit away, too.
    let changed = std::fs::set_permissions(path, Permissions::from_mode(mode));
    changed.at("change the mode of", path)?;
    let directory = File::open(path).at("open", path)?;
    let group = getegid().as_raw();
    if directory.metadata().at("examine", path)?.gid() != group {
        fchown(&directory, None, Some(group)).at("change the group of", path)?;
    }
    clear_attributes(&directory).at("use", path)
}

fn drop_acl(path: &Utf8Path, acl: &str) -> io::Result<()> {
    match xattr::remove(path, acl) {
        Err(error) => match Errno::from_raw(error.raw_os_error().unwrap_or_default()) {
            // There is none, or the file system knows none.
            Errno::ENODATA | Errno::EOPNOTSUPP | Errno::ENOSYS => Ok(()),
            _ => Err(error),
        },
        removed => removed,
    }
}

/// Clears what was inherited. What stays and would be noticed is an error that names it.
fn clear_attributes(directory: &File) -> io::Result<()> {
    // Where attributes are not known, none are inherited.
    let Ok(flags) = ioctl_getflags(directory) else {
        return Ok(());
    };
    if inherited(flags).next().is_none() {
        return Ok(());
    }
    for (flag, ..) in inherited(flags) {
        // One by one: some may be cleared by the administrator only.
        if let Ok(now) = ioctl_getflags(directory) {
            let _ = ioctl_setflags(directory, now & !flag);
        }
    }
    let left = ioctl_getflags(directory)?;
    match inherited(left).find(|(_, _, noticed)| *noticed) {
        None => Ok(()),
        Some((_, letter, _)) => Err(io::Error::other(format!(
            "it inherits an attribute that builds would notice and that cannot be cleared here \
             (`chattr -{letter}`)"
        ))),
    }
}

fn inherited(flags: IFlags) -> impl Iterator<Item = (IFlags, char, bool)> {
    let is_set = move |(flag, ..): &(IFlags, char, bool)| flags.contains(*flag);
    INHERITED.into_iter().filter(is_set)
}

#[cfg(test)]
#[allow(clippy::print_stderr, reason = "a test says why it is skipped")]
mod tests {
    use super::*;

    /// A list as the kernel keeps it (`linux/posix_acl_xattr.h`): all may do everything, and so may
    /// user 12345.
    fn permissive() -> Vec<u8> {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        let entries = [
            (0x01_u16, u32::MAX),
            (0x02, 12345),
            (0x04, u32::MAX),
            (0x10, u32::MAX),
            (0x20, u32::MAX),
        ];
        for (tag, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(7_u16.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    fn mode(path: &Utf8Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    fn lists(path: &Utf8Path) -> Vec<String> {
        let names = xattr::list(path).unwrap();
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name.contains("acl")).collect()
    }

    #[test]
    fn no_list_and_no_group_is_inherited() {
        let scratch = tempfile::tempdir().unwrap();
        let parent = Utf8Path::from_path(scratch.path()).unwrap();
        if let Err(error) = xattr::set(parent, ACLS[0], &permissive()) {
            eprintln!("skipped: no access control lists here: {error}");
            return;
        }
        std::fs::set_permissions(parent, Permissions::from_mode(0o2777)).unwrap();
        // What this file system does of itself, or the test would prove nothing.
        std::fs::create_dir(parent.join("plain")).unwrap();
        assert_eq!(lists(&parent.join("plain")).len(), 2);
        assert_eq!(mode(&parent.join("plain")) & 0o2020, 0o2020);
        let made = parent.join("made");
        make(&made, 0o700).unwrap();
        assert_eq!((mode(&made), lists(&made)), (0o700, Vec::new()));
        std::fs::create_dir(made.join("below")).unwrap();
        assert_eq!(lists(&made.join("below")), Vec::<String>::new());
        assert_eq!(mode(&made.join("below")) & 0o7022, 0, "the umask counts");
    }

    #[test]
    fn no_attribute_is_inherited() {
        let scratch = tempfile::tempdir().unwrap();
        let parent = Utf8Path::from_path(scratch.path()).unwrap();
        let directory = File::open(parent).unwrap();
        let wanted = IFlags::NOATIME | IFlags::NODUMP | IFlags::SYNC;
        let set =
            ioctl_getflags(&directory).and_then(|flags| ioctl_setflags(&directory, flags | wanted));
        std::fs::create_dir(parent.join("plain")).unwrap();
        let flags = |path: &Utf8Path| ioctl_getflags(File::open(path).unwrap());
        if set.is_err() || !flags(&parent.join("plain")).unwrap().contains(wanted) {
            eprintln!("skipped: no inherited attributes here: {set:?}");
            return;
        }
        make(&parent.join("made"), 0o700).unwrap();
        let left = flags(&parent.join("made")).unwrap();
        assert_eq!(inherited(left).count(), 0, "{left:?}");
    }

    #[test]
    fn another_group_is_not_inherited() {
        let scratch = tempfile::tempdir().unwrap();
        let parent = Utf8Path::from_path(scratch.path()).unwrap();
        let other = getegid().as_raw() + 1;
        if std::os::unix::fs::chown(parent, None, Some(other)).is_err() {
            eprintln!("skipped: only root can give a directory to any group");
            return;
        }
        std::fs::set_permissions(parent, Permissions::from_mode(0o2777)).unwrap();
        let made = parent.join("made");
        make(&made, 0o700).unwrap();
        let meta = made.metadata().unwrap();
        assert_eq!((meta.gid(), mode(&made)), (getegid().as_raw(), 0o700));
    }
}
