//! What a cloud tells a machine about itself.

use super::network::Addressing;

/// What a cloud tells a machine about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The number of the machine.
    pub id: u64,
    /// Its name.
    pub hostname: String,
    /// Where it stands.
    pub region: String,
    /// Who may log in, as lines of `authorized_keys`.
    pub public_keys: Vec<String>,
    /// What its user wants it to know.
    pub user_data: String,
    /// Its address, and the way out.
    pub addressing: Addressing,
}

impl Metadata {
    /// Of a machine with this name, on a network with this addressing.
    pub fn new(hostname: impl Into<String>, addressing: Addressing) -> Metadata {
        Metadata {
            id: 1,
            hostname: hostname.into(),
            region: "local".to_owned(),
            public_keys: Vec::new(),
            user_data: String::new(),
            addressing,
        }
    }
}
