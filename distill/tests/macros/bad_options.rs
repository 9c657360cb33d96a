//! Options of a kernel.

use distill::kconfig;

fn main() {
    let _ = kconfig! { SMP=y };
    let _ = kconfig! { "x": SMP=yes };
    let _ = kconfig! { "x": SMP };
    let _ = kconfig! { "x": A-B=y };
    let _ = kconfig! { "x": A=-"1" };
    let _ = kconfig! { "x": A=#{'c'} };
}
