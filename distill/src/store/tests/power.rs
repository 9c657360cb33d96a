//! A machine that loses power: every state that its disk may be left in is opened, and what is found
//! must be sound.
//!
//! A run is watched at each place where the store waits for the disk, and between them. What is on
//! the disk for certain is what was waited for. Of all else any part may be there: of two names the
//! old one, the new one or none, and behind a new name all bytes, none, or some with zeros for the
//! rest. File systems promise more; what holds here holds on each of them.

mod crash;
mod disk;

use super::*;

#[test]
fn a_run_that_lands_nothing_waits_for_nothing() {
    let (_dir, root) = scratch();
    let store = Store::open(&root).unwrap();
    let object = land(&store, "x");
    let plan = plan_over(object);
    store.write_record(&plan, &record(object)).unwrap();
    drop(store);
    let waits = crash::count_waits(|| {
        let store = Store::open(&root).unwrap();
        assert!(store.record(&plan.hash()).unwrap().is_some());
        store
            .note_root(&Root::now("x", plan.hash(), object))
            .unwrap();
        assert_eq!(land(&store, "x"), object, "it is there already");
    });
    assert_eq!(waits, 0);
}

#[test]
fn a_run_waits_a_few_times_however_much_it_lands() {
    let (_dir, root) = scratch();
    drop(Store::open(&root).unwrap());
    let waits = crash::count_waits(|| {
        let store = Store::open(&root).unwrap();
        for number in 0..100 {
            land(&store, &number.to_string());
        }
    });
    // The mark and its name; at the end everything, and the list of what lasts.
    assert_eq!(waits, 4);
}

#[test]
fn after_another_boot_what_was_not_synced_is_verified_whatever_the_list_says() {
    let (_dir, root) = scratch();
    let store = Store::open_in(&root, Boot::named("first")).unwrap();
    let (old, old_torn) = (land(&store, "old"), land(&store, "old, damaged"));
    drop(store);
    // What was synced is trusted: it is for `fsck` to find damage of other kinds.
    std::fs::write(store_path(&root, old_torn).join("file"), "").unwrap();
    let store = Store::open_in(&root, Boot::named("first")).unwrap();
    let (whole, torn, gone) = (
        land(&store, "whole"),
        land(&store, "torn"),
        land(&store, "gone"),
    );
    for object in [whole, torn, gone] {
        store
            .write_record(&plan_over(object), &record(object))
            .unwrap();
    }
    store.kill();
    // The list, and what it lists.
    for mark in root.join("unsynced").read_dir_utf8().unwrap() {
        std::fs::write(mark.unwrap().path(), "").unwrap();
    }
    std::fs::write(store_path(&root, torn).join("file"), "").unwrap();
    std::fs::remove_dir_all(store_path(&root, gone)).unwrap();
    let store = Store::open_in(&root, Boot::named("second")).unwrap();
    let mut left = vec![old, old_torn, whole];
    left.sort();
    assert_eq!(store.objects().unwrap(), left);
    assert_eq!(store.records().unwrap(), [plan_over(whole).hash()]);
    let report = store.recovered().unwrap();
    assert_eq!((report.objects, report.damages.len()), (2, 2), "{report:?}");
    drop(store);
    let store = Store::open_in(&root, Boot::named("third")).unwrap();
    assert!(store.recovered().is_none());
}

#[test]
fn in_the_same_boot_the_list_of_a_killed_process_is_synced() {
    let (_dir, root) = scratch();
    let boot = || Boot::named("only");
    let store = Store::open_in(&root, boot()).unwrap();
    let object = land(&store, "x");
    store.kill();
    let waits = crash::count_waits(|| {
        let store = Store::open_in(&root, boot()).unwrap();
        assert!(store.recovered().is_none() && store.has(&object));
    });
    assert_eq!(waits, 2, "everything, and the list of what lasts");
    assert!(synced::Synced::read(&root).unwrap().vouches_for(&object));
    assert_eq!(root.join("unsynced").read_dir_utf8().unwrap().count(), 0);
}

#[test]
fn what_was_removed_and_landed_again_is_not_taken_for_the_old() {
    let (_dir, root) = scratch();
    let store = Store::open_in(&root, Boot::named("first")).unwrap();
    let object = land(&store, "x");
    drop(store);
    let vouched = || synced::Synced::read(&root).unwrap().vouches_for(&object);
    assert!(vouched());
    let store = Store::open_in(&root, Boot::named("first")).unwrap();
    store.drop_object(&object).unwrap();
    assert_eq!(land(&store, "x"), object);
    assert!(!vouched());
    drop(store);
    assert!(vouched());
}

/// A run with all that a store does: what it has made at which moment lasts from then on.
struct Course {
    root: Utf8PathBuf,
    lasting: Vec<Lasting>,
}

/// What must be there at all moments since the first of so many, until the next of these.
#[derive(Clone, Default)]
struct Lasting {
    since: usize,
    objects: Vec<Object>,
    records: Vec<PlanHash>,
}

impl Course {
    fn open(&self) -> Store {
        Store::open_in(&self.root, Boot::named("first")).unwrap()
    }

    /// Lands a tree or a blob, and records what made it.
    fn make(store: &Store, text: &str, look: &dyn Fn() -> usize) -> Object {
        let object = if text.len().is_multiple_of(2) {
            land(store, text)
        } else {
            land_file(store, text)
        };
        look();
        let plan = plan_over(object);
        store.write_plan(&plan).unwrap();
        if store.record(&plan.hash()).unwrap().is_none() {
            store.write_record(&plan, &record(object)).unwrap();
        }
        look();
        object
    }

    /// From now on what is there is expected to last.
    fn expect(&mut self, store: &Store, since: usize) {
        self.lasting.push(Lasting {
            since,
            objects: store.objects().unwrap(),
            records: store.records().unwrap(),
        });
    }

    fn run(&mut self, look: &dyn Fn() -> usize) {
        let store = self.open();
        for text in ["a", "bb", "ccc", "dddd"] {
            Course::make(&store, text, look);
        }
        drop(store);
        let store = self.open();
        self.expect(&store, look());
        // Two at once, the first of which does not come to its end.
        let other = self.open();
        Course::make(&store, "eeeee", look);
        Course::make(&other, "ffffff", look);
        Course::make(&store, "gggggggg", look);
        drop(other);
        store.kill();
        look();
        let store = self.open();
        self.expect(&store, look());
        Course::make(&store, "hh hh", look);
        drop(store);
        // Something is removed, and comes back.
        let store = self.open();
        let keep = ["bb", "ccc", "ffffff"].map(|text| Object::Blob(Hash::of(text).into()));
        let kept: Vec<Object> = store
            .objects()
            .unwrap()
            .into_iter()
            .filter(|object| matches!(object, Object::Tree(_)) == keep.contains(object))
            .collect();
        let plans: Vec<PlanHash> = kept
            .iter()
            .map(|object| plan_over(*object).hash())
            .collect();
        self.lasting.push(Lasting {
            since: look(),
            objects: kept.clone(),
            records: plans.clone(),
        });
        let keep = gc::Keep {
            plans: plans.into_iter().collect(),
            objects: kept.into_iter().collect(),
        };
        store.collect(&store.garbage(&keep).unwrap()).unwrap();
        look();
        for text in ["a", "bb", "ccc", "dddd"] {
            Course::make(&store, text, look);
        }
        drop(store);
        let store = self.open();
        self.expect(&store, look());
    }

    /// Opens the store in `root` after a power cut at this moment, and says what is wrong.
    fn examine(&self, root: &Utf8Path, moment: usize) {
        let lasting = self
            .lasting
            .iter()
            .rev()
            .find(|lasting| lasting.since <= moment);
        let store = Store::open_in(root, Boot::named("second")).unwrap();
        let report = store.verify(&|_| {}).unwrap();
        assert_eq!(report.damages, [], "moment {moment}");
        let Lasting {
            objects, records, ..
        } = lasting.cloned().unwrap_or_default();
        for object in &objects {
            assert!(store.has(object), "{object} is lost at moment {moment}");
        }
        for plan in &records {
            let record = store.record(plan).unwrap();
            assert!(record.is_some(), "{plan} is lost at moment {moment}");
        }
        // What was dropped can be made again.
        let again = land(&store, "bb");
        assert!(store.is_sound(&again));
    }
}

/// A directory in memory, where waiting for the disk takes no time, if there is one.
fn fast_directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

#[test]
fn whatever_a_power_cut_leaves_is_sound_or_dropped() {
    const STATES: u64 = 5;
    let directory = fast_directory();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let before = top.join("before");
    std::fs::create_dir(&before).unwrap();
    let mut course = Course {
        root: before.join("store"),
        lasting: Vec::new(),
    };
    let moments = crash::Recorder::watch(&before, |look| course.run(look));
    assert!(moments.len() > 50 && course.lasting.len() == 4);
    for (number, moment) in moments.iter().enumerate() {
        for state in 0..STATES {
            let after = top.join("after");
            let seed = number as u64 * STATES + state;
            moment.write(&after, &mut crash::Dice::new(seed));
            course.examine(&after.join("store"), number + 1);
            intake::remove_tree(&after).unwrap();
        }
    }
}

fn store_path(root: &Utf8Path, object: Object) -> Utf8PathBuf {
    object_path(root, &object)
}
