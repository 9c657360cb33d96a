//! Jobs that run on another machine: their outputs stay there until somebody needs them here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::others::{Scene, made, resolved, text};
use super::*;
use crate::fetch::Cache;
use crate::objects::{
    Backend, BackendError, Content, Contents, Found, Memory, Outgoing, Provenance,
};
use crate::plan::Resolved;
use crate::store::intake::literal_tree;

/// An executor of another machine: it takes inputs from its own contents, and leaves outputs there. What
/// is called `local…` runs here.
struct Remote<'a> {
    scene: &'a Scene,
    contents: Arc<Memory>,
}

impl Remote<'_> {
    fn has(&self, object: &Object) -> bool {
        let head = Content::head(object);
        self.contents.missing(&[head]).unwrap().is_empty()
    }

    /// What a plan is called, by the literal that is among its inputs.
    fn name(plan: &Resolved) -> &'static str {
        let names = ["a", "b", "image", "local", "other"];
        let is = |name: &&str| {
            let literal = literal(name);
            let Artifact::Literal(literal) = &literal else {
                return false;
            };
            let tree = Object::Tree(literal_tree(literal).unwrap().hash());
            plan.action().inputs().contains(&&tree)
        };
        names.into_iter().find(is).expect("one of these tests")
    }
}

impl Executor for Remote<'_> {
    fn check(&self, _: &BuildPlatform) -> Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        let (name, text) = (Remote::name(job.plan), text(job.plan));
        let content = Content::head(&made(job.plan));
        let output = match self.place(job.plan) {
            Place::Elsewhere => {
                let outgoing = Outgoing::bytes(content, text.as_bytes());
                self.contents.write(vec![outgoing]).unwrap();
                Output::elsewhere(made(job.plan))
            }
            Place::Here => {
                let inputs = job.plan.action().inputs();
                assert!(inputs.into_iter().all(|input| self.scene.store.has(input)));
                let outgoing = Outgoing::bytes(content, text.as_bytes());
                Contents::write(&self.scene.store, vec![outgoing]).unwrap();
                Output::here(made(job.plan))
            }
        };
        let inputs = job.plan.action().inputs();
        let is_there = |input: &Object| self.has(input) || self.scene.store.has(input);
        assert!(inputs.into_iter().all(is_there), "`{name}` misses an input");
        self.scene.ran.lock().unwrap().push(name.to_owned());
        Executed {
            output: Ok(output),
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }

    fn place(&self, plan: &Resolved) -> Place {
        match Remote::name(plan) {
            "local" => Place::Here,
            _ => Place::Elsewhere,
        }
    }

    fn contents(&self) -> Option<Arc<dyn Contents>> {
        Some(Arc::clone(&self.contents) as Arc<dyn Contents>)
    }
}

fn over(name: &str, inputs: &[&Plan]) -> Plan {
    let inputs = inputs.iter().map(|plan| Artifact::from(*plan));
    merge(name, inputs.chain([literal(name)]))
}

/// Builds, with the executor's contents among the caches or not; gives what lies in the store then.
fn build_elsewhere(
    scene: &Scene,
    contents: &Arc<Memory>,
    can_be_brought: bool,
    roots: &[Plan],
) -> Result<Vec<Object>, BuildError> {
    let contents = Arc::clone(contents);
    let caches = match can_be_brought {
        true => vec![Cache::of_contents(
            Arc::clone(&contents) as Arc<dyn Contents>
        )],
        false => Vec::new(),
    };
    let executor = Remote { scene, contents };
    scene.with_executor(&executor, caches, |builder| builder.build(roots))
}

fn blobs(scene: &Scene) -> Vec<Object> {
    let objects = scene.store.objects().unwrap();
    let is_blob = |object: &Object| matches!(object, Object::Blob(_));
    objects.into_iter().filter(is_blob).collect()
}

#[test]
fn what_is_made_elsewhere_comes_here_only_for_who_needs_it_here() {
    let (scene, contents) = (Scene::new(), Arc::new(Memory::default()));
    let a = over("a", &[]);
    let b = over("b", &[&a]);
    let image = over("image", &[&b]);
    let output = build_elsewhere(&scene, &contents, true, std::slice::from_ref(&image)).unwrap()[0];
    assert_eq!(scene.ran(), ["a", "b", "image"]);
    // The image, and nothing of what it is made from.
    assert_eq!(blobs(&scene), [output]);
    assert_eq!((scene.told("Built"), scene.told("Brought")), (3, 1));
    let plan = resolved(&a, &BTreeMap::new());
    let record = scene.store.record(&plan.hash()).unwrap().unwrap();
    assert_eq!(
        record.provenance,
        Provenance::Elsewhere("memory".to_owned())
    );
    // Another image of the same runs elsewhere, with what lies there.
    let other = over("other", &[&b]);
    build_elsewhere(&scene, &contents, true, &[other]).unwrap();
    assert_eq!(scene.ran(), ["a", "b", "image", "other"]);
    assert_eq!(blobs(&scene).len(), 2);
    // What runs here needs its inputs here, and no others.
    let local = over("local", &[&b]);
    build_elsewhere(&scene, &contents, true, &[local]).unwrap();
    assert_eq!(scene.ran(), ["a", "b", "image", "local", "other"]);
    assert_eq!(blobs(&scene).len(), 4, "the output, and `b`");
    assert!(!scene.store.has(&made(&plan)));
}

#[test]
fn what_is_gone_elsewhere_is_made_again_if_something_needs_it() {
    let (scene, contents) = (Scene::new(), Arc::new(Memory::default()));
    let a = over("a", &[]);
    let b = over("b", &[&a]);
    build_elsewhere(&scene, &contents, true, &[over("image", &[&b])]).unwrap();
    contents.digests().iter().for_each(|of| contents.lose(of));
    build_elsewhere(&scene, &contents, true, &[over("other", &[&b])]).unwrap();
    assert_eq!(scene.ran(), ["a", "a", "b", "b", "image", "other"]);
}

#[test]
fn what_was_made_elsewhere_and_cannot_be_brought_is_an_error() {
    let (scene, contents) = (Scene::new(), Arc::new(Memory::default()));
    let a = over("a", &[]);
    let error = build_elsewhere(&scene, &contents, false, &[over("image", &[&a])]).unwrap_err();
    let BuildError::Failed { failures, .. } = error else {
        panic!("{error:?}");
    };
    assert!(matches!(
        failures[0].error,
        ExecuteError::LeftElsewhere { .. }
    ));
    assert_eq!(scene.ran(), ["a", "image"], "each once");
}

/// Contents that hang, and whose name has a password in it.
#[derive(Debug)]
struct Hangs;

impl Backend for Hangs {
    fn name(&self) -> String {
        "https://hugo:pass@cluster.example/cas".to_owned()
    }
}

impl Contents for Hangs {
    fn missing(&self, _: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }

    fn read(&self, _: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        Ok(BTreeMap::new())
    }
}

/// Runs everything here, though it could run elsewhere.
struct Undecided;

impl Executor for Undecided {
    fn check(&self, _: &BuildPlatform) -> Result<(), WrongMachine> {
        Ok(())
    }

    fn execute(&self, job: &Job<'_>) -> Executed {
        Executed {
            output: Ok(Output::here(made(job.plan))),
            usage: Usage::default(),
            log: None,
            tail: Vec::new(),
        }
    }

    fn contents(&self) -> Option<Arc<dyn Contents>> {
        Some(Arc::new(Hangs))
    }
}

#[test]
fn contents_of_an_executor_that_hang_are_named_once_and_without_secrets() {
    let scene = in_time(|| {
        let scene = Scene::new();
        let source = |name: &str| {
            let path = scene.store.temp_path();
            std::fs::write(&path, name).unwrap();
            Artifact::Source(Source::new(Hash::of(name), Origin::File(path)))
        };
        let first = merge("first", [literal("first"), source("x")]);
        let second = merge("second", [Artifact::from(&first), source("y")]);
        let result =
            scene.with_executor(&Undecided, Vec::new(), |builder| builder.build(&[second]));
        result.unwrap();
        scene
    });
    let said =
        "remark `https://cluster.example/cas` sent nothing for 0.3 s, and is not asked again";
    assert_eq!((scene.told(said), scene.told("remark")), (1, 1));
}
