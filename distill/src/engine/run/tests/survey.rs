//! Looking at what is missing.

use super::*;
use crate::plan::Literal;
use crate::store::intake::write_literal;

/// Lands what a plan of this kind makes in these tests: an empty tree would be the same for all.
fn made(store: &Store, job: &Job<'_>) -> Object {
    let name = RelPath::new(job.plan.hash().to_string()).unwrap();
    let Artifact::Literal(literal) = Artifact::file(name, Mode::FILE, "made") else {
        unreachable!("it is a literal");
    };
    let temp = store.temp_dir().unwrap();
    let tree = write_literal(temp.path(), &Literal::clone(&literal)).unwrap();
    store.land_tree(&tree).unwrap()
}

/// A run that has nothing to do finds that out without resolving anything; what it relies on ends with any record.
#[test]
fn nothing_to_do_is_remembered_until_a_record_goes() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(Utf8Path::from_path(directory.path()).unwrap()).unwrap();
    let executor = Does(|job: &Job<'_>, _: &str| Ok(made(&store, job)));
    let (options, cancel) = (Options::default(), Cancel::default());
    let builder = Builder {
        store: &store,
        executor: &executor,
        supplier: &Brings(nothing),
        options: &options,
        events: &|_| {},
        cancel: &cancel,
    };
    let below = plan("below");
    let roots = [merge("top", [below.clone().into()]), plan("other")];
    let missing = || builder.survey(&roots).unwrap().missing;
    assert!(missing().contains(&"below".to_owned()));
    let outputs: Vec<_> = builder.build(&roots).unwrap();
    let known = || builder.survey(&roots).unwrap().outputs;
    let all: Vec<_> = outputs.iter().copied().map(Some).collect();
    assert_eq!((missing(), known()), (Vec::new(), all.clone()));

    // The record in the middle is not read any more.
    let middle = builder.build(&[below]).unwrap()[0];
    let [maker] = store
        .makers(&middle)
        .unwrap()
        .into_iter()
        .collect::<Vec<_>>()[..]
    else {
        panic!("one plan made it");
    };
    let record = directory.path().join("records").join(maker.to_string());
    let bytes = std::fs::read(&record).unwrap();
    std::fs::write(&record, "torn").unwrap();
    assert_eq!((missing(), known()), (Vec::new(), all.clone()));
    // It counts again as soon as the store has taken anything away.
    store.drop_record(&maker).unwrap();
    assert!(missing().contains(&"below".to_owned()));
    std::fs::write(&record, bytes).unwrap();
    assert_eq!((missing(), known()), (Vec::new(), all));

    // An output that is gone is missing, whatever is remembered.
    std::fs::remove_dir_all(store.path(&outputs[1])).unwrap();
    assert_eq!(missing(), ["other"]);
}
