//! Which start of a machine this is.

/// What tells one boot of a machine from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boot(Option<String>);

impl Boot {
    /// That of this machine. Where `/proc` does not tell, it is like no other, not even itself.
    pub(super) fn current() -> Boot {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let id = id.map(|id| id.trim().to_owned());
        Boot(id.filter(|id| !id.is_empty()))
    }

    /// One of this name, for tests: a test cannot start its machine anew.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Boot {
        Boot(Some(name.to_owned()))
    }

    /// What is written down of it.
    pub(super) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or("unknown")
    }

    /// Whether `text` was written down in this very boot.
    pub(super) fn is(&self, text: &str) -> bool {
        self.0.as_deref() == Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_boot_is_like_no_other() {
        let (one, unknown) = (Boot::named("one"), Boot(None));
        assert!(one.is(one.text()) && !one.is("two") && !one.is(""));
        assert!(!unknown.is(unknown.text()) && !unknown.is(""));
    }
}
