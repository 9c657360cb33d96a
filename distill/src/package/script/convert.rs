//! What can stand where words are wanted.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};

use super::word::Word;
use super::words::{Item, Script, Words};
use crate::package::Config;
use crate::plan::{AbsPath, Name, RelPath, Version};

impl From<Word> for Words {
    fn from(word: Word) -> Words {
        Words(vec![Item::Word(word)])
    }
}

/// No words.
impl From<()> for Words {
    fn from((): ()) -> Words {
        Words::new()
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Words {
        Word::from(text).into()
    }
}

impl From<String> for Words {
    fn from(text: String) -> Words {
        Word::from(text).into()
    }
}

impl From<Cow<'_, str>> for Words {
    fn from(text: Cow<'_, str>) -> Words {
        text.into_owned().into()
    }
}

macro_rules! from_display {
    ($($type:ty)*) => {$(
        impl From<$type> for Words {
            fn from(value: $type) -> Words {
                value.to_string().into()
            }
        }
    )*};
}

from_display! {
    u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize
    Name Version RelPath AbsPath Utf8PathBuf &Utf8Path
}

macro_rules! from_reference {
    ($($type:ty)*) => {$(
        impl From<&$type> for Words {
            fn from(value: &$type) -> Words {
                value.clone().into()
            }
        }
    )*};
}

from_reference! { String Word Words Script Name Version RelPath AbsPath Utf8PathBuf &str }

impl From<Script> for Words {
    fn from(script: Script) -> Words {
        Words(vec![Item::Script(script)])
    }
}

impl<F, R> From<F> for Words
where
    F: Fn(&Config) -> R + Send + Sync + 'static,
    R: Into<Words>,
{
    fn from(function: F) -> Words {
        Words::computed(move |config| Ok(function(config).into()))
    }
}

impl<T: Into<Words>> FromIterator<T> for Words {
    fn from_iter<I: IntoIterator<Item = T>>(list: I) -> Words {
        list.into_iter().fold(Words::new(), Words::with)
    }
}

impl<T: Into<Words>> Extend<T> for Words {
    fn extend<I: IntoIterator<Item = T>>(&mut self, list: I) {
        self.0
            .extend(list.into_iter().flat_map(|words| words.into().0));
    }
}

impl<T: Into<Words>> From<Vec<T>> for Words {
    fn from(list: Vec<T>) -> Words {
        list.into_iter().collect()
    }
}

impl<T: Into<Words>, const N: usize> From<[T; N]> for Words {
    fn from(list: [T; N]) -> Words {
        list.into_iter().collect()
    }
}

impl<T: Into<Words> + Clone> From<&[T]> for Words {
    fn from(list: &[T]) -> Words {
        list.iter().cloned().collect()
    }
}

impl<T: Into<Words>> From<Option<T>> for Words {
    fn from(list: Option<T>) -> Words {
        list.into_iter().collect()
    }
}

macro_rules! from_tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Into<Words>, $($rest: Into<Words>),*> From<($first, $($rest,)*)> for Words {
            #[allow(non_snake_case, reason = "the types' names serve for the values")]
            fn from(($first, $($rest,)*): ($first, $($rest,)*)) -> Words {
                Words::new().with($first)$(.with($rest))*
            }
        }
        from_tuples! { $($rest)* }
    };
    () => {};
}

from_tuples! { A B C D E F G H I J K L }

/// One command.
impl From<Words> for Script {
    fn from(words: Words) -> Script {
        Script::new().command(words)
    }
}

impl From<&Script> for Script {
    fn from(script: &Script) -> Script {
        script.clone()
    }
}

/// A script that is known when the config is.
impl<F, R> From<F> for Script
where
    F: Fn(&Config) -> R + Send + Sync + 'static,
    R: Into<Words>,
{
    fn from(function: F) -> Script {
        Words::from(function).into()
    }
}

/// The scripts' commands one after the other; each script ends by running the next.
impl<S: Into<Script>> FromIterator<S> for Script {
    fn from_iter<I: IntoIterator<Item = S>>(scripts: I) -> Script {
        scripts.into_iter().fold(Script::new(), Script::then)
    }
}

/// Words, each of which may be anything that [`Words`] can be made of: `words!["-O2", cflags]`.
#[macro_export]
macro_rules! words {
    ($($words:expr),* $(,)?) => {
        $crate::package::Words::new()$(.with($words))*
    };
}
