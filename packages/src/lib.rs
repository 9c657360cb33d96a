//! Recipes: one module a package or a family that is released together.
