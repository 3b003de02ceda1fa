//! The registry survives crashes, faults and damage.
//!
//! * [`kills`]: the writer is killed at random moments under load, with concurrent readers.
//! * [`booking`]: the writer is killed at every system call of a booking; the ledger and the registry agree.
//! * [`faults`]: every system call that can fail fails, while writing and while starting.
//! * [`full`]: a full disk, a limit on file sizes.
//! * [`power`]: power cuts, with a control that loses data.
//! * [`corpus`]: damaged files, unknown fields, other versions.
//! * [`order`]: the system calls of the real bot and their order; two bots at once.
//!
//! The target is [`writer`]: the product's own writer in a separate process.

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
