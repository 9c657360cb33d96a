//! The bytes of a bootable disk: GPT, FAT, unified kernel images, loaders. Pure data and writers.
