//! What can be known without building anything.

use chat_server::chat;
use distill::plan::closure;
use distill_platforms::{droplet, qemu_x86_64};

#[test]
fn fits_both_platforms() {
    for platform in [qemu_x86_64(), droplet()] {
        let image = platform.image(&chat("irc.example.org")).expect("a system without mistakes");
        let plans = closure([&image]);
        let mistakes: Vec<_> = plans.iter().filter_map(|plan| plan.action().err()).collect();
        assert!(mistakes.is_empty(), "{mistakes:?}");
        for name in ["zlib", "ngircd", "talkers"] {
            assert!(plans.iter().any(|plan| plan.name().as_str() == name), "{name}");
        }
    }
}
