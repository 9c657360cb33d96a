use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::Go;
use crate::package::source::{local, sha256, url};
use crate::package::testing::{config, here, mistakes, text};
use crate::plan::{Plan, closure};

/// A program beside the recipe.
struct Shop {
    _temp: tempfile::TempDir,
    directory: Utf8PathBuf,
}

impl Shop {
    fn new() -> Shop {
        let temp = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temp.path()).unwrap().join("shop");
        fs::create_dir(&directory).unwrap();
        let shop = Shop {
            _temp: temp,
            directory,
        };
        shop.write("go.mod", "module shop\n");
        shop
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.directory.join(file), text).unwrap();
    }

    fn recipe(&self) -> Go {
        recipe(local(self.directory.clone()))
    }

    fn plan(&self) -> Plan {
        self.recipe().plan()
    }
}

fn recipe(source: crate::package::Pin) -> Go {
    Go {
        name: "shop".into(),
        version: "1".into(),
        source: Some(source),
        packages: vec!["./cmd/shop".into()],
        tags: vec!["net".into()],
        ldflags: vec!["-X main.version=1".into()],
        ..Go::new(&here())
    }
}

fn pins() -> String {
    let hash = "a".repeat(64);
    format!("a.example/Text v1.0.0 mod {hash}\na.example/Text v1.0.0 zip {hash}\n")
}

#[test]
fn modules_are_sources_where_go_looks_for_them() {
    let shop = Shop::new();
    shop.write("go.sum", "a.example/Text v1.0.0 h1:x=\n");
    shop.write("go.pins", &pins());
    let plan = shop.plan();
    assert_eq!(mistakes(&plan), [""; 0]);
    let all = closure([&plan]);
    let purls: Vec<_> = all
        .iter()
        .filter_map(|plan| plan.meta().purl.clone())
        .collect();
    assert_eq!(purls, ["pkg:golang/a.example/Text@v1.0.0"]);
    let modules = all
        .iter()
        .find(|plan| plan.name().to_string() == "shop-modules")
        .unwrap();
    let shown = format!("{:?}", modules.action().unwrap());
    assert!(shown.contains("a.example/!text/@v/v1.0.0.info"), "{shown}");
    assert!(text(&plan, "build").contains("-mod=readonly"));
}

#[test]
fn go_is_told_what_to_build() {
    let program = text(&Shop::new().plan(), "build");
    let told = |line: &&str| {
        ["GO", "go build", "CGO"]
            .iter()
            .any(|word| line.contains(word))
    };
    let told: Vec<_> = program.lines().filter(told).map(str::trim).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    export CGO_ENABLED 0
    export GOARCH amd64
    export GOCACHE /tmp/go-build
    export GOENV off
    export GOFLAGS "-trimpath -buildvcs=false -modcacherw"
    export GOOS linux
    export GOPATH /tmp/go
    export GOPROXY file:///goproxy
    export GOSUMDB off
    export GOTOOLCHAIN local
    if { go build -o /out/usr/bin/ "-ldflags=-s -w -buildid= -X main.version=1" -tags net ./cmd/shop }
    "#);
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let shop = Shop::new();
    let told = |go: Go| mistakes(&go.plan()).concat();
    assert_eq!(told(shop.recipe()), "");
    shop.write("go.sum", "a.example/Text v1.0.0 h1:x=\n");
    assert!(told(shop.recipe()).contains("sum --go"));
    let given = Go {
        pins: Some(pins()),
        ..shop.recipe()
    };
    assert!(told(given).contains("`pins` is for sources from outside"));
    let other = Go {
        subdir: "cmd".into(),
        ..shop.recipe()
    };
    assert!(told(other).contains("no `go.mod`"));
    let without = Go {
        config: config(),
        ..shop.recipe()
    };
    assert!(told(without).contains("`Target::go`"));
    shop.write("go.pins", &pins().repeat(2));
    assert!(told(shop.recipe()).contains("twice"));
    let pinned = recipe(url("https://a.example/shop.tar.gz", sha256("b".repeat(64))));
    assert_eq!(told(pinned), "");
}
