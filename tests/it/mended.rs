//! A campaign can be called off, paused by its file, frozen anew, and sent again to some.

mod again;
mod called_off;
mod paused;
mod readers;
