//! Which of the bot's open files its children get: none but the three that are made for them.

/// The first descriptor that is not a standard stream.
const FIRST: i32 = 3;

/// Keeps what is open from all children that are started from now on: what the bot opens itself is kept from them
/// anyway, but whoever started the bot may have left files open to it.
pub fn keep_from_children() {
    close_fds::set_fds_cloexec_threadsafe(FIRST, &[]);
}
