//! scratch
#![allow(clippy::print_stderr, clippy::print_stdout, missing_docs)]
use distill::build::*;
use distill::fetch;
use distill::package::*;
use distill::plan::*;
use distill::store::Store;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let store = Store::open(args[1].as_str().into()).unwrap();
    let config = distill_packages::quick();
    let package: Package = match args[2].as_str() {
        "zlib" => distill_packages::zlib.into(),
        "musl" => distill_packages::musl.into(),
        "seed" => distill_packages::seed::core.into(),
        "xz" => distill_packages::xz.into(),
        "zstd" => distill_packages::zstd.into(),
        "headers" => distill_packages::linux_headers.into(),
        "squashfs" => distill_packages::squashfs_tools.into(),
        "busybox" => distill_packages::busybox.into(),
        "linux" => distill_packages::linux_virt.into(),
        _ => panic!(),
    };
    let plans: Vec<Plan> = config
        .expand(&package)
        .into_iter()
        .map(|p| match p.of {
            Artifact::Plan(p) => p,
            _ => panic!(),
        })
        .collect();
    let mut settings = fetch::Settings::new(store.partial_dir());
    settings.prefer_debian(
        fetch::read_apt("/".into())
            .unwrap()
            .into_iter()
            .filter_map(|s| s.mirrors().next().map(str::to_owned)),
    );
    let fetcher = fetch::Fetcher::new(settings);
    let cancel = Cancel::default();
    let supplier = Sources {
        store: &store,
        fetcher: &fetcher,
        cancel: &cancel,
    };
    let executor = Local::new(&store, 2, sandbox::Method::Overlay).unwrap();
    let start = std::time::Instant::now();
    let options = Options {
        check: args.get(3).is_some(),
        ..Options::default()
    };
    let events = |event: Event| match event {
        Event::Line { .. } | Event::Downloaded { .. } => {}
        event => eprintln!("{:7.3} {event:?}", start.elapsed().as_secs_f32()),
    };
    let builder = Builder {
        store: &store,
        executor: &executor,
        supplier: &supplier,
        options: &options,
        events: &events,
        cancel: &cancel,
    };
    match builder.build(&plans) {
        Ok(outputs) => println!("{outputs:?} {}", store.path(&outputs[0])),
        Err(BuildError::Failed { failures, skipped }) => {
            for f in failures {
                eprintln!(
                    "{} {:?} {}\n{}\n{:?}",
                    f.label,
                    f.location,
                    f.error,
                    f.tail.join("\n"),
                    f.log
                );
                let mut e: &dyn std::error::Error = &f.error;
                while let Some(s) = e.source() {
                    eprintln!("  because {s}");
                    e = s;
                }
            }
            eprintln!("{skipped} skipped");
        }
        Err(e) => eprintln!("{e:?}"),
    }
}
