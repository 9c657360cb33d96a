//! Tests of the archive reader and writer.
