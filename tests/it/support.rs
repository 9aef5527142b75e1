//! What the integration tests share.

pub mod smtp_server;
