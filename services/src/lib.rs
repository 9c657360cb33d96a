//! Services: what a system starts at boot.
