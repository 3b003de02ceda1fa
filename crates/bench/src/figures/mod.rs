//! What is measured: a module a figure, in the order of the page.

mod build;
mod channels;
mod first_turn;
mod live;
mod memory;
mod message_size;
mod saves;
mod start;
mod streaming;
mod throughput;
mod turn;

use std::pin::Pin;

use crate::{Result, Scale, report::Report};

/// A report, or `None` where a quick run leaves the figure out.
type Measured = Pin<Box<dyn Future<Output = Result<Option<Report>>>>>;

type Figure = (&'static str, fn(Scale) -> Measured);

/// The figures by name.
pub(crate) const ALL: &[Figure] = &[
    ("turn", |scale| Box::pin(turn::measure(scale))),
    ("first_turn", |scale| Box::pin(first_turn::measure(scale))),
    ("throughput", |scale| Box::pin(throughput::measure(scale))),
    ("streaming", |scale| Box::pin(streaming::measure(scale))),
    ("message_size", |scale| {
        Box::pin(message_size::measure(scale))
    }),
    ("saves", |scale| Box::pin(saves::measure(scale))),
    ("channels", |scale| Box::pin(channels::measure(scale))),
    ("start", |scale| Box::pin(start::measure(scale))),
    ("memory", |scale| Box::pin(memory::measure(scale))),
    ("live", |scale| Box::pin(live::measure(scale))),
    ("build", |scale| Box::pin(build::measure(scale))),
];
