//! Platforms: what hardware or cloud an image is for.
