//! What holds of every sandbox. The programs in it are the host's `sh` and a few others.
//!
//! Most of these tests need namespaces. Where they cannot run they print `skipped: why`, and fail
//! if the environment has `CI=true`.

mod errors;
pub(in crate::engine) mod fixture;
mod inside;
mod layers;
mod life;
mod networks;
mod probing;
mod steps;
