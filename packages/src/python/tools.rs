//! What installs packages of Python during a build: the seed's Python, with Debian's packages of what it needs.

use distill::package::source::{debian, sha256};
use distill::package::{Config, Item, Items, Package, Placed, merged};
use distill::plan::AbsPath;

use crate::seed;

/// Debian's packages: names, paths below `pool/main/`, and hashes. `installer`, `packaging` and `pyproject-hooks` are
/// what installs; setuptools, hatchling, flit and poetry-core make wheels of sources, and the others belong to them.
const PACKAGES: [(&str, &str, &str); 20] = [
    (
        "flit",
        "f/flit/flit_3.12.0-1_all.deb",
        "8a38d4fd0fb0a7c7283042f6f26dfe81e39f5efae45cff5f096843585f734fb6",
    ),
    (
        "python3-autocommand",
        "p/python-autocommand/python3-autocommand_2.2.2-3_all.deb",
        "1e62ac22ff83466228c051c6c2402a40f521646e15b5aa54cf2391206a848bad",
    ),
    (
        "python3-hatchling",
        "h/hatchling/python3-hatchling_1.27.0-1_all.deb",
        "3cae864c83fc459a03da884419bffe5f8cea1175778a0a9c52a1c6bf28000e22",
    ),
    (
        "python3-inflect",
        "p/python-inflect/python3-inflect_7.3.1-2_all.deb",
        "6c10dca4d4aa0eb0b4e16e8b62b74a073a8d22be8809c3f61c56b06fdd1451f8",
    ),
    (
        "python3-installer",
        "p/python-installer/python3-installer_0.7.0+dfsg1-3_all.deb",
        "0fb5d2cc9a2f26e86b20ad3f84628791ed12000c833eeb927074d2ced7f2406e",
    ),
    (
        "python3-jaraco.context",
        "j/jaraco.context/python3-jaraco.context_6.0.1-1+deb13u1_all.deb",
        "f909ec7b00dd96a1905322acba7cdd2df09747ceddeef6e426a97b33ab227f80",
    ),
    (
        "python3-jaraco.functools",
        "p/python-jaraco.functools/python3-jaraco.functools_4.1.0-1_all.deb",
        "f5ac3e5f79b6394191d76ea7cde9255d8bae98f639886cb981444128f6545796",
    ),
    (
        "python3-jaraco.text",
        "j/jaraco.text/python3-jaraco.text_4.0.0-1_all.deb",
        "d5e060c9ba9d5206b53670cf2473681b45030cc6a55d18a8c6d87419a924e502",
    ),
    (
        "python3-more-itertools",
        "m/more-itertools/python3-more-itertools_10.7.0-1_all.deb",
        "385d785fa84261838732ec97627b4e95ec7399fc449d8a2aaaef66fb5f961c25",
    ),
    (
        "python3-packaging",
        "p/python-packaging/python3-packaging_25.0-1_all.deb",
        "d70c8469f6e9c6105e1ebcd3ebdc963f11dadbeddd89d2d1a2a3cb1c97d2ecbc",
    ),
    (
        "python3-pathspec",
        "p/python-pathspec/python3-pathspec_0.12.1-1_all.deb",
        "e90dfd6e9e988df606197427607735f1055f9996a3c237bca1105d7427713817",
    ),
    (
        "python3-pkg-resources",
        "s/setuptools/python3-pkg-resources_78.1.1-0.1_all.deb",
        "cf8749251172abc945216cf878367f614cf91d3d9a1043ba3bacc5a74e8cc1a8",
    ),
    (
        "python3-pluggy",
        "p/python-pluggy/python3-pluggy_1.5.0-1_all.deb",
        "d762a370c7c54046d991b3caa9095facbee5c54792e306b5f9e32455326f82bc",
    ),
    (
        "python3-poetry-core",
        "p/poetry-core/python3-poetry-core_2.1.2-2_all.deb",
        "84e1d1e2a6d36119e1d1c2550b64d3ef9c6d92a1b9a1b61712ffc026a9b9a2db",
    ),
    (
        "python3-pyproject-hooks",
        "p/python-pyproject-hooks/python3-pyproject-hooks_1.2.0-1_all.deb",
        "c31cbf03858dbbc8000f528fa785ba6c04bf9410f38270354df3537eef2ccffc",
    ),
    (
        "python3-setuptools",
        "s/setuptools/python3-setuptools_78.1.1-0.1_all.deb",
        "90c4bc8e311873e5b571b407ce6b1fd38195dff77f9de056301a0f950e6df5a5",
    ),
    (
        "python3-trove-classifiers",
        "t/trove-classifiers/python3-trove-classifiers_2025.4.28.22-1_all.deb",
        "874162ed71f249a2694d192473a419d6ada0284a8428d9c705f1fcac6b3b2875",
    ),
    (
        "python3-typeguard",
        "p/python-typeguard/python3-typeguard_4.4.2-1_all.deb",
        "81e512101d7ab94e73646b9a8e4fb9b948836e3172dc5719ad3acbcde65bca01",
    ),
    (
        "python3-typing-extensions",
        "p/python-typing-extensions/python3-typing-extensions_4.13.2-1_all.deb",
        "b67662f211c35c17c74a0725bc7c8ffc3b126c650e2a2525593adee06f2bbf69",
    ),
    (
        "python3-zipp",
        "p/python-zipp/python3-zipp_3.21.0-1_all.deb",
        "6cd0f768a5e5c574c7ae4b9d56603f8399b31de732167007e42fc17decc5cc6a",
    ),
];

/// The seed's Python, and what it installs packages with, made wheels of by any of the usual build systems.
pub fn tools(_: &Config) -> Items {
    let root = AbsPath::root();
    let unpacked = PACKAGES.iter().map(|(name, path, hash)| {
        // Of flit, only what other projects name as their build system.
        let pin = debian(*path, sha256(hash))
            .keep_top()
            .include(["usr/lib/python3/dist-packages"]);
        let pin = pin.exclude([
            "usr/lib/python3/dist-packages/flit",
            "usr/lib/python3/dist-packages/flit-*",
        ]);
        let of = pin.tree(name, "").expect("the list is checked by a test");
        Placed {
            at: Some(root.clone()),
            of,
        }
    });
    let together = merged("python-tools", unpacked.collect::<Vec<_>>());
    Items(vec![
        Item::Package(Package::from(seed::python)),
        Item::Artifact(together.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quick;

    #[test]
    fn all_rows_are_pins() {
        assert_eq!(tools(&quick()).0.len(), 2);
    }
}
