use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{INSTALLED, Python};
use crate::package::source::{local, sha256, url};
use crate::package::testing::{config, here, mistakes, text};
use crate::package::{Config, Pin};
use crate::plan::{Action, Artifact, Plan, closure};

/// One wheel, and one source.
fn list() -> String {
    let hash = "a".repeat(64);
    format!("--no-binary kit\nidna==3.10 --hash=sha256:{hash}\nkit==2.1 --hash=sha256:{hash}\n")
}

/// A program beside the recipe.
struct Shop {
    _temp: tempfile::TempDir,
    directory: Utf8PathBuf,
}

impl Shop {
    fn new() -> Shop {
        let temp = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temp.path()).unwrap().join("shop");
        let shop = Shop {
            _temp: temp,
            directory,
        };
        shop.write(
            "pyproject.toml",
            "[project]\nname = \"shop\"\nversion = \"1\"\n",
        );
        shop.write("requirements.txt", &list());
        shop.write("shop.py", "");
        shop
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn recipe(&self) -> Python {
        recipe(&here(), Some(local(self.directory.clone())))
    }
}

fn recipe(config: &Config, source: Option<Pin>) -> Python {
    Python {
        name: "shop".into(),
        version: "1".into(),
        source,
        ..Python::new(config)
    }
}

/// The plan of this name that `plan` needs.
fn of<'p>(plan: &'p Plan, name: &str) -> Option<&'p Plan> {
    closure([plan])
        .into_iter()
        .find(|plan| plan.name().to_string() == name)
}

/// The commands of a plan that install.
fn installs(plan: &Plan) -> Vec<String> {
    let text = text(plan, "build");
    let lines = text.lines().map(|line| {
        let command = line.trim().trim_start_matches("if { ");
        command.trim_end_matches(" }")
    });
    lines
        .filter(|line| line.contains("install.py") || line.starts_with("cp "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_program_of_a_directory_has_its_requirements_installed_before() {
    let plan = Shop::new().recipe().plan();
    assert_eq!(mistakes(&plan), [""; 0]);
    assert_eq!(
        installs(&plan),
        [
            format!("cp -a {INSTALLED}/. /out"),
            "python3.13 /python/install.py --check 3.13 .".into()
        ]
    );
    let requirements = of(&plan, "shop-requirements").unwrap();
    let words: Vec<_> = installs(requirements)[0]
        .split(' ')
        .map(str::to_owned)
        .collect();
    let program = text(requirements, "build");
    let installed: Vec<_> = program
        .split_whitespace()
        .filter(|word| word.starts_with("/src/requirements/"))
        .collect();
    assert_eq!(words[..3], ["python3.13", "/python/install.py", "3.13"]);
    assert_eq!(
        installed,
        [
            "/src/requirements/idna-3.10-py3-none-any.whl",
            "/src/requirements/kit-2.1"
        ]
    );
}

#[test]
fn a_change_of_the_program_is_none_of_its_requirements() {
    let shop = Shop::new();
    let plans = || {
        let plan = shop.recipe().plan();
        (
            text(of(&plan, "shop-requirements").unwrap(), "build"),
            of(&plan, "shop-wheels").unwrap().clone(),
        )
    };
    let (before, wheels) = plans();
    shop.write("shop.py", "changed = True");
    let (after, same) = plans();
    assert_eq!(before, after);
    assert_eq!(
        format!("{:?}", wheels.action()),
        format!("{:?}", same.action())
    );
}

#[test]
fn each_requirement_is_a_source_with_its_hash_and_address() {
    let plan = Shop::new().recipe().plan();
    let idna = of(&plan, "idna").unwrap();
    assert_eq!(idna.meta().purl.as_deref(), Some("pkg:pypi/idna@3.10"));
    assert_eq!(idna.label(), "idna-3.10");
    let Action::Place(place) = idna.action().unwrap() else {
        panic!("{idna:?}");
    };
    let Artifact::Source(source) = &place.blob else {
        panic!("{place:?}");
    };
    assert_eq!(
        source.digest.to_string(),
        format!("sha256:{}", "a".repeat(64))
    );
    assert_eq!(source.origins.len(), 2);
    assert!(matches!(
        of(&plan, "kit").unwrap().action(),
        Ok(Action::Unpack(_))
    ));
}

#[test]
fn a_lock_is_taken_before_a_list_and_the_recipe_s_own_before_both() {
    let shop = Shop::new();
    shop.write("pylock.toml", "lock-version = \"1.0\"\n");
    assert!(of(&shop.recipe().plan(), "shop-requirements").is_none());
    let plan = Python {
        requirements: Some(list()),
        ..shop.recipe()
    }
    .plan();
    assert!(of(&plan, "shop-requirements").is_some());
    // What comes from outside is installed as well, and so is nothing but a list.
    let outside = url("https://a.example/shop-1.tar.gz", sha256("b".repeat(64)));
    let plan = Python {
        requirements: Some(list()),
        ..recipe(&here(), Some(outside))
    }
    .plan();
    assert!(of(&plan, "shop-requirements").is_some() && installs(&plan).len() == 2);
    let plan = Python {
        requirements: Some(list()),
        ..recipe(&here(), None)
    }
    .plan();
    assert_eq!(
        installs(&plan)[1],
        "python3.13 /python/install.py --check 3.13"
    );
}

#[test]
fn a_project_may_lie_below_its_source() {
    let shop = Shop::new();
    shop.write("server/setup.py", "");
    let plan = Python {
        subdir: "server".into(),
        ..shop.recipe()
    }
    .plan();
    assert_eq!(mistakes(&plan), [""; 0]);
    assert!(of(&plan, "shop-requirements").is_none());
    assert!(text(&plan, "build").contains("cd server"));
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let shop = Shop::new();
    let told = |python: Python| mistakes(&python.plan()).concat();
    assert!(told(recipe(&config(), None)).contains("`Target::python`"));
    shop.write("requirements.txt", "idna==3.10\n");
    assert!(told(shop.recipe()).contains("pip hash idna-3.10-py3-none-any.whl"));
    shop.write(
        "requirements.txt",
        "kit @ https://a.example/kit-1.zip --hash=sha256:00\n",
    );
    assert!(told(shop.recipe()).contains("neither a wheel nor a source"));
    fs::remove_file(shop.directory.join("pyproject.toml")).unwrap();
    assert!(told(shop.recipe()).contains("[project.scripts]"));
}
