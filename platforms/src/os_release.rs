//! What an image says that it is: to boot menus, to systemd-nspawn (which boots nothing else), to whoever
//! looks (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).

use distill::plan::{Literal, LiteralNode, Mode, RelPath};
use distill::system::Platform;

/// The text of the file.
pub(crate) fn text(platform: &Platform) -> String {
    format!(
        "ID=distill\nNAME=Distill\nPRETTY_NAME=\"Distill ({})\"\nVERSION_ID={}\n",
        platform.name,
        env!("CARGO_PKG_VERSION"),
    )
}

/// The files of a root file system with this one, unless they have their own.
pub(crate) fn beside(platform: &Platform, files: &Literal) -> Literal {
    let mut files = files.clone();
    let path = RelPath::new("etc/os-release").expect("a constant");
    files.0.entry(path).or_insert_with(|| LiteralNode::File {
        mode: Some(Mode::FILE),
        contents: text(platform).into(),
    });
    files
}

#[cfg(test)]
mod tests {
    use distill::plan::Contents;

    use super::*;
    use crate::container_rootfs;

    fn of(files: &Literal) -> String {
        match &files.0[&RelPath::new("etc/os-release").unwrap()] {
            LiteralNode::File {
                contents: Contents::Bytes(bytes),
                ..
            } => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_platform_is_named_unless_the_system_says_otherwise() {
        let platform = Platform {
            name: "web".into(),
            ..container_rootfs()
        };
        let ours = beside(&platform, &Literal::default());
        assert!(of(&ours).contains("PRETTY_NAME=\"Distill (web)\"\n"));

        let own = LiteralNode::File {
            mode: None,
            contents: "ID=mine\n".into(),
        };
        let own = Literal::of(RelPath::new("etc/os-release").unwrap(), own);
        assert_eq!(of(&beside(&platform, &own)), "ID=mine\n");
    }
}
