//! Roots: what was asked for by name, hence what is worth keeping.

use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::io::{At as _, read_if_there, write_new};
use super::{Store, StoreError};
use crate::plan::{Object, PlanHash};

/// Something that was built because somebody asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// What it was called, such as the image's name.
    pub name: String,
    /// The plan that made it.
    pub plan: PlanHash,
    /// What it is.
    pub output: Object,
    /// When it was asked for last, in seconds since 1970.
    pub time: u64,
    /// Where a copy was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
}

/// A copy of an output outside of the store, as it was when it was made. While a file looks the
/// same, its bytes are taken to be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The file.
    pub path: Utf8PathBuf,
    /// Device and inode.
    pub inode: (u64, u64),
    /// Length in bytes.
    pub size: u64,
    /// The time of the last change of the inode, in seconds and nanoseconds: nobody can set it.
    pub changed: (i64, i64),
}

impl Root {
    /// A root that is asked for now.
    pub fn now(name: impl Into<String>, plan: PlanHash, output: Object) -> Root {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Root {
            name: name.into(),
            plan,
            output,
            time: since.as_secs(),
            placed: None,
        }
    }
}

impl Store {
    /// Notes a root; an earlier note on the same plan is replaced.
    pub fn note_root(&self, root: &Root) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(root).expect("plain data");
        let path = self.root.join("roots").join(root.plan.to_string());
        write_new(&self.run.fresh(), &bytes, &path)?;
        Ok(())
    }

    /// The root that `plan` is. A note that cannot be read, or is on another plan, counts as none.
    pub fn root_of(&self, plan: &PlanHash) -> Result<Option<Root>, StoreError> {
        let bytes = read_if_there(&self.root.join("roots").join(plan.to_string()))?;
        let root = bytes.and_then(|bytes| serde_json::from_slice::<Root>(&bytes).ok());
        Ok(root.filter(|root| root.plan == *plan))
    }

    /// All roots, the newest first. What cannot be read counts as none.
    pub fn roots(&self) -> Result<Vec<Root>, StoreError> {
        let directory = self.root.join("roots");
        let mut roots = Vec::new();
        for entry in directory.read_dir_utf8().at("list", &directory)?.flatten() {
            let bytes = read_if_there(entry.path())?.unwrap_or_default();
            let root = serde_json::from_slice::<Root>(&bytes).ok();
            let name = entry.file_name();
            roots.extend(root.filter(|root| root.plan.to_string() == name));
        }
        roots.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.plan.cmp(&b.plan)));
        Ok(roots)
    }

    /// Forgets a root.
    pub fn drop_root(&self, plan: &PlanHash) -> Result<(), StoreError> {
        let path = self.root.join("roots").join(plan.to_string());
        Ok(super::io::remove_if_there(&path)?)
    }
}
