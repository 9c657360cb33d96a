//! Systems: services, users, platforms, images.
