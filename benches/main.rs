//! The pure parts, with nothing of the machine but its processor: `cargo bench`. The whole bot is measured by
//! `cargo xtask bench`.

mod protocol;
mod redact;
mod registry;
mod render;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    pure,
    protocol::protocol,
    redact::redact,
    registry::registry,
    render::render
);
criterion_main!(pure);
