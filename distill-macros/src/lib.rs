//! The macros of Distill: `cmmi_package!`, `cc_package!`, `package!`, `execline!`.
