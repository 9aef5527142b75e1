//! Providers take a whole campaign at once.
