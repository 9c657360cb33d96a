//! What can be known without building anything.

use cache_server::{cache, sizes};
use distill::plan::closure;
use distill_platforms::{droplet, qemu_x86_64};

#[test]
fn fits_both_platforms() {
    for platform in [qemu_x86_64(), droplet()] {
        let image = platform.image(&cache(sizes::SMALL)).expect("a system without mistakes");
        let plans = closure([&image]);
        let mistakes: Vec<_> = plans.iter().filter_map(|plan| plan.action().err()).collect();
        assert!(mistakes.is_empty(), "{mistakes:?}");
        for name in ["libevent", "memcached"] {
            assert!(plans.iter().any(|plan| plan.name().as_str() == name), "{name}");
        }
    }
}
