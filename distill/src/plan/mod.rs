//! Data: hashes, artifacts, sources, plans, tree manifests, archives. No I/O beyond bytes.
