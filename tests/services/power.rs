//! Power cuts at random moments, while a disk is made and written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use distill::execline;
use distill::system::Service;
use distill_platforms::qemu_x86_64;
use distill_systems::minimal;
use distill_testing::{Lab, LabError};

/// How many cuts, if `DISTILL_POWER_CUTS` does not say.
const CUTS: u32 = 6;

/// Every other cut comes in so many milliseconds of a first boot, and the others in so many after the
/// first file.
const BOOT: u64 = 12_000;
const WRITING: u64 = 4_000;

/// Writes one file after the other, and tells the console of each that is on the disk.
const WRITER: &str = "mkdir -p /var/lib/files && cd /var/lib/files || exit
    number=0
    while :; do
      number=$((number + 1))
      yes $number | head -c 20000 >new
      fsync new && mv new $number && fsync . && echo committed:$number: >/dev/console
      sleep 0.05
    done";

/// Whether all files that are there are whole.
const WHOLE: &str = "cd /var/lib/files 2>/dev/null || exit 0
    for file in [0-9]*; do
      test -e $file || continue
      yes $file | head -c 20000 | cmp -s - $file || { echo $file is damaged; exit 1; }
    done";

/// The same numbers every time, for one seed (an xorshift generator).
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
#[ignore = "builds an image and boots it many times"]
#[allow(clippy::print_stderr, reason = "a seed is there to be seen")]
fn var_survives_cuts_at_any_moment() -> Result<(), LabError> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cuts = number("DISTILL_POWER_CUTS").unwrap_or(u64::from(CUTS));
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later");
    let seed = number("DISTILL_SEED").unwrap_or(u64::from(since.subsec_nanos()) | 1);
    eprintln!("{cuts} power cuts; again: DISTILL_SEED={seed}");
    let mut state = seed;

    let writer = Service::longrun("writer", execline! { sh -c #{WRITER} }).after("var-mount");
    let system = minimal().service(writer);
    let lab = Lab::new()?;
    let machine = lab
        .machine("box", &qemu_x86_64(), &system)
        .memory(256)
        .start()?;
    for cut in 1..=cuts {
        let writing = cut % 2 == 0;
        if writing {
            machine.wait_console("committed:1:")?;
        }
        let limit = if writing { WRITING } else { BOOT };
        std::thread::sleep(Duration::from_millis(random(&mut state) % limit));
        let age = machine.age()?;
        machine.crash()?;
        let said = machine.console();
        let committed = said.matches("committed:").count();
        eprintln!("cut {cut} after {age:?}, {committed} files were on the disk");
        machine.boot()?;
        machine.wait_ready("var-mount")?;
        machine.succeed("s6-svc -wd -T 10000 -d /run/service/writer; mountpoint -q /var")?;
        machine.succeed(WHOLE)?;
        // The last line may have been cut off itself.
        let numbers = said
            .split("committed:")
            .skip(1)
            .filter_map(|rest| rest.split_once(':'));
        for (number, _) in numbers {
            machine.succeed(&format!("test -s /var/lib/files/{number}"))?;
        }
        let console = machine.console();
        assert!(!console.contains("EXT4-fs error"), "{console}");
        machine.crash()?;
        machine.wipe()?;
        machine.boot()?;
    }
    Ok(())
}
