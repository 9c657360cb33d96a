//! A dozen tiny plans of every kind, which take about half a second together.

use distill::package::{Placed, merged};
use distill::plan::{Action, Extract, Mode, PathSet, Pick, Place, Plan};

use crate::shell::{build, build_file, named, path};

/// Four colours, mixed twice, and some operations on what came of it.
pub(crate) fn workshop(shell: &Plan) -> Plan {
    let [red, yellow, blue, green] =
        ["red", "yellow", "blue", "green"].map(|name| color(name, shell));
    let warm = mixed("warm", shell, [&red, &yellow]);
    let cold = mixed("cold", shell, [&blue, &green]);
    let all = mixed("all", shell, [&warm, &cold]);
    let count = build_file(
        "count",
        shell,
        &[&all],
        "count",
        "cat /in/all/* | wc -l > /out/count",
    );
    let count = placed("placed-count", count, "share/count");
    let paint = Plan::named(named("paint")).action(Action::Extract(Extract {
        tree: all.into(),
        path: path("all"),
    }));
    let paint = placed("placed-paint", paint, "share/paint");
    let some = Plan::named(named("some-red")).action(Action::Pick(Pick {
        tree: red.into(),
        include: PathSet::new(["1*"]).expect("a pattern"),
        exclude: PathSet::default(),
    }));
    merged(
        "workshop",
        [count, paint, some].map(|plan| Placed {
            at: None,
            of: plan.into(),
        }),
    )
}

/// Many small files. The process that it leaves behind has to go with the sandbox.
fn color(name: &str, shell: &Plan) -> Plan {
    let script = format!(
        "sleep 1000 &\n\
         for number in $(seq 40); do echo \"{name} $number\" > /out/$number; done\n\
         sleep 0.05"
    );
    build(name, shell, &[], &script)
}

fn mixed(name: &str, shell: &Plan, inputs: [&Plan; 2]) -> Plan {
    let [one, other] = inputs.map(Plan::name);
    let script = format!("cat /in/{one}/* /in/{other}/* > /out/{name}\nsleep 0.05");
    build(name, shell, &inputs, &script)
}

/// A tree with nothing but the file that `blob` makes.
fn placed(name: &str, blob: Plan, at: &str) -> Plan {
    Plan::named(named(name)).action(Action::Place(Place {
        blob: blob.into(),
        path: path(at),
        mode: Mode::FILE,
    }))
}
