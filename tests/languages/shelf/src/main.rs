//! Uses what programs in Rust are made of: crates, a macro of theirs, a library in C, threads, unwinding.

mod page;

use std::ffi::CStr;
use std::{panic, thread};

fn main() {
    let shelf: page::Shelf = serde_json::from_str(r#"{"books": ["one", "two"]}"#).expect("a shelf");
    println!("books: {}", shelf.books.join(" "));
    let caught = panic::catch_unwind(|| panic!("caught"));
    let joined = thread::spawn(|| panic!("joined")).join();
    println!("unwound: {} {}", caught.is_err(), joined.is_err());
    let text = "Distill";
    // SAFETY: both functions are given what they ask for.
    let (sum, version) = unsafe {
        let sum = libz_sys::crc32(0, text.as_ptr(), 7);
        (sum, CStr::from_ptr(libz_sys::zlibVersion()))
    };
    println!("zlib: {sum:x} {}", version.to_string_lossy());
    println!("for: {}{}", env!("FOR"), if cfg!(feature = "loud") { "!" } else { "" });
}
