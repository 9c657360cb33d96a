//! Sources into the store: caches, origins, mirrors, retries, verification.
//!
//! A [`Fetcher`] brings what a pin names to a [`Destination`]. It asks the [`Cache`]s first, then
//! the origins of the source in their order. The hash decides, so any of them will do, and none of
//! them is trusted. What is wrong with one place is remembered and the next one is tried; only when
//! all have failed is there a [`FetchError`], and it tells of each.
//!
//! Nothing here reads the environment: everything about this machine stands in [`Settings`].

mod address;
mod apt;
mod arrival;
mod cache;
mod download;
mod error;
mod fetcher;
mod flight;
mod http;
mod lock;
mod mirror;
mod opened;
mod partial;
mod place;
mod progress;
mod retry;
mod settings;
mod shared;
mod stale;
mod stop;
mod tls;

pub use address::{Address, Shown};
pub use apt::{AptError, AptSource, parse_apt_list, parse_apt_sources, read_apt};
pub use arrival::{Arrival, Destination};
pub use cache::{Cache, CachedTree, DirectoryCache, Key, Lent, LookupCache};
pub use error::{Attempt, FetchError, FetchErrorKind, Reason, THREADS_HINT};
pub use fetcher::Fetcher;
pub use mirror::{
    DEBIAN_MIRRORS, DEBIAN_SNAPSHOT, default_mirrors, parse_go_proxy, parse_mirror_list,
};
pub use progress::{Progress, Waiting};
pub use settings::{CA_CERTIFICATES, Proxies, Retry, Settings};
pub use stale::{StaleDownload, stale_downloads};

#[cfg(test)]
mod tests;
