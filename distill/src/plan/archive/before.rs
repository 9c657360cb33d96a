//! What stands before a member's own header, and describes it.

use super::ambiguity::Ambiguity;
use super::header::Header;
use super::kind::Kind;
use super::pax::{Holes, Pax};
use super::permissions::grants_execution;

/// The headers that were read since the last member.
#[derive(Default)]
pub(super) struct Before {
    pax: Option<Pax>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    /// Solaris's list of who may do what.
    permissions: Option<Vec<u8>>,
    /// The first thing that programs understand differently. It is told when the member is known.
    ambiguity: Option<Ambiguity>,
}

impl Before {
    /// Whether a member must follow.
    pub(super) fn is_any(&self) -> bool {
        self.pax.is_some()
            || self.name.is_some()
            || self.link.is_some()
            || self.permissions.is_some()
    }

    /// An extended header.
    pub(super) fn extended(&mut self, pax: Pax) {
        let ambiguity = pax.ambiguity;
        let twice = self.pax.replace(pax).is_some();
        self.doubt_if(twice, Ambiguity::TwoHeaders("an extended header"));
        self.doubt(ambiguity);
    }

    /// GNU's long name of the member; nothing if it cannot be said where it ends.
    pub(super) fn long_name(&mut self, name: Option<Vec<u8>>) {
        self.doubt_if(name.is_none(), Ambiguity::Padding);
        let name = name.unwrap_or_default();
        self.doubt_if(name.is_empty(), Ambiguity::Empty);
        let twice = self.name.replace(name).is_some();
        self.doubt_if(twice, Ambiguity::TwoHeaders("a long name"));
    }

    /// GNU's long name of what the member links to; nothing if it cannot be said where it ends.
    pub(super) fn long_link(&mut self, link: Option<Vec<u8>>) {
        self.doubt_if(link.is_none(), Ambiguity::Padding);
        let link = link.unwrap_or_default();
        self.doubt_if(link.is_empty(), Ambiguity::Empty);
        let twice = self.link.replace(link).is_some();
        self.doubt_if(twice, Ambiguity::TwoHeaders("a long target"));
    }

    /// A global header, and what is ambiguous in it.
    pub(super) fn global(&mut self, ambiguity: Option<Ambiguity>) {
        self.doubt_if(self.is_any(), Ambiguity::GlobalBetween);
        self.doubt(ambiguity);
    }

    /// Solaris's list of who may do what with the member.
    pub(super) fn permissions(&mut self, list: Vec<u8>) {
        self.permissions = Some(list);
    }

    /// Notes what programs understand differently, if it is the first such thing.
    pub(super) fn doubt(&mut self, ambiguity: Option<Ambiguity>) {
        self.ambiguity = self.ambiguity.or(ambiguity);
    }

    /// The same, if it is so.
    pub(super) fn doubt_if(&mut self, is: bool, ambiguity: Ambiguity) {
        self.doubt(is.then_some(ambiguity));
    }

    /// Whether programs understand differently that something comes which is no member.
    pub(super) fn ambiguity_of_no_member(&self) -> Option<Ambiguity> {
        self.ambiguity
            .or(self.is_any().then_some(Ambiguity::Described))
    }

    /// The member's name.
    pub(super) fn name(&self, header: &Header<'_>) -> Vec<u8> {
        let pax = self.pax.as_ref();
        let of_holes = pax.and_then(|pax| pax.holes.name.as_ref());
        let named = of_holes
            .or(pax.and_then(|pax| pax.path.as_ref()))
            .or(self.name.as_ref());
        named.cloned().unwrap_or_else(|| header.name())
    }

    /// What the member links to.
    pub(super) fn link(&self, header: &Header<'_>) -> Vec<u8> {
        let link = self.pax.as_ref().and_then(|pax| pax.link.as_ref());
        let link = link.or(self.link.as_ref());
        link.cloned().unwrap_or_else(|| header.link().to_vec())
    }

    /// How many bytes follow the header, if an extended header says it.
    pub(super) fn size(&self) -> Option<u64> {
        self.pax.as_ref().and_then(|pax| pax.size)
    }

    /// What is said about the member's holes.
    pub(super) fn holes(&self) -> Holes {
        self.pax
            .as_ref()
            .map(|pax| pax.holes.clone())
            .unwrap_or_default()
    }

    /// What programs understand differently about a member of this header, but for its size.
    pub(super) fn ambiguity(&self, header: &Header<'_>, kind: Kind) -> Option<Ambiguity> {
        let checks = [
            self.ambiguity,
            header.ambiguity(),
            self.ambiguity_of_names(header),
            self.ambiguity_of_links(header, kind),
            self.ambiguity_of_slashes(header, kind),
            self.ambiguity_of_holes(header, kind),
            self.ambiguity_of_permissions(header, kind),
        ];
        checks.into_iter().flatten().next()
    }

    fn ambiguity_of_names(&self, header: &Header<'_>) -> Option<Ambiguity> {
        let in_pax = self.pax.as_ref();
        let in_pax = in_pax.is_some_and(|pax| pax.path.is_some() || pax.holes.name.is_some());
        let of_header = !in_pax && self.name.is_none();
        if in_pax && self.name.is_some() {
            Some(Ambiguity::TwoHeaders("a name"))
        } else if self.name(header).contains(&0) {
            Some(Ambiguity::Nul)
        } else if of_header && header.has_odd_prefix() {
            Some(Ambiguity::Prefix)
        } else {
            None
        }
    }

    fn ambiguity_of_links(&self, header: &Header<'_>, kind: Kind) -> Option<Ambiguity> {
        let in_pax = self.pax.as_ref().is_some_and(|pax| pax.link.is_some());
        if in_pax && self.link.is_some() {
            Some(Ambiguity::TwoHeaders("a target"))
        } else if (in_pax || self.link.is_some()) && !kind.is_link() {
            Some(Ambiguity::LinkOfNoLink)
        } else if (in_pax || self.link.is_some()) && header.link().is_empty() {
            Some(Ambiguity::LinkNotInHeader)
        } else if self.link(header).contains(&0) {
            Some(Ambiguity::Nul)
        } else {
            None
        }
    }

    fn ambiguity_of_holes(&self, header: &Header<'_>, kind: Kind) -> Option<Ambiguity> {
        let may = kind == Kind::File && header.is_ustar();
        (self.holes().is_used() && !may).then_some(Ambiguity::HolesOfNoFile)
    }

    fn ambiguity_of_permissions(&self, header: &Header<'_>, kind: Kind) -> Option<Ambiguity> {
        let in_pax = self.pax.as_ref().and_then(|pax| pax.executable);
        let own = self.permissions.as_deref().and_then(grants_execution);
        let lists = [own, in_pax];
        let executable = header.is_executable().ok()?;
        let differs = lists.into_iter().flatten().any(|list| list != executable);
        (differs && kind == Kind::File).then_some(Ambiguity::Permissions)
    }

    /// A slash at the end of its name makes a directory of a file for some, only if the kind has no flag of
    /// its own for others, and only if it stands in the header for Python's `tarfile`.
    fn ambiguity_of_slashes(&self, header: &Header<'_>, kind: Kind) -> Option<Ambiguity> {
        let name = self.name(header);
        let slash = name.ends_with(b"/");
        let is_odd = match header.kind() {
            0 => slash != header.has_slash(),
            b'0' => slash && name != header.name(),
            _ => slash && kind != Kind::Dir,
        };
        is_odd.then_some(Ambiguity::SlashOfFile)
    }
}
