//! Commands over a system; everything a terminal sees is written here.
