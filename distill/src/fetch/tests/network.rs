//! Tests that need the network. Where there is none they say so.

use std::io::Write as _;

use super::*;
use crate::plan::RelPath;

/// A small file of Debian's pool, the same in bookworm and trixie.
const PATH: &str = "pool/main/e/efibootmgr/efibootmgr_18.orig.tar.gz";
const PIN: &str = "sha256:442867d12f8525034a404fc8af3036dba8e1fc970998af2486c3b940dfad0874";

fn skip(why: &str) {
    // Not `eprintln!`: the test harness would hide it.
    writeln!(io::stderr(), "skipped: {why}").unwrap();
}

fn fetch_from(mirrors: Vec<Address>) {
    let scene = Scene::with(|settings| {
        settings.debian = mirrors;
        settings.stall_timeout = Duration::from_secs(20);
    });
    let digest: Digest = PIN.parse().unwrap();
    let source = Source::new(digest, Origin::Debian(RelPath::new(PATH).unwrap()));
    match scene.fetch(&source) {
        Ok(arrival) => assert!(matches!(arrival, Arrival::Fetched { .. })),
        Err(error) if error.kind() == FetchErrorKind::Unreachable => skip(&error.to_string()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn needs_network_a_file_of_debians_pool_by_apts_configuration() {
    match read_apt("/".into()).unwrap() {
        mirrors if mirrors.is_empty() => skip("apt is not configured here"),
        mirrors => fetch_from(mirrors),
    }
}

#[test]
fn needs_network_the_same_over_tls() {
    let mirrors = read_apt("/".into()).unwrap();
    let plain = mirrors
        .iter()
        .filter_map(|mirror| mirror.exposed().strip_prefix("http://"));
    let mirrors: Vec<Address> = plain.map(|rest| format!("https://{rest}").into()).collect();
    if mirrors.is_empty() {
        return skip("apt has no mirror over plain HTTP here");
    }
    fetch_from(mirrors);
}
