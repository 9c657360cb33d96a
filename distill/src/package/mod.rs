//! Packages: configs, templates, scripts, subpackages.
