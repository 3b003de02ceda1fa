//! The registry survives anything.
//!
//! * [`kills`]: a writer killed at any moment, with readers at work.
//! * [`booking`]: a writer killed at every system call of a booking; the ledger and the registry agree.
//! * [`faults`]: every system call that can fail, failing; while writing and while starting.
//! * [`full`]: a disk that is full for a while, a limit on file sizes.
//! * [`power`]: power cuts, with a control that loses data.
//! * [`corpus`]: files spoilt in every way, unknown fields, a later version.
//! * [`order`]: what the real bot asks of the system, in which order; two bots at once.
//!
//! What is killed and disturbed is [`writer`]: the product's own writer in a process of its own.

mod booking;
mod corpus;
mod faults;
mod full;
mod kills;
mod order;
mod power;
mod state;
mod strace;
mod writer;
