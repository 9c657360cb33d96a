//! Sources into the store: origins, mirrors, retries, verification.
