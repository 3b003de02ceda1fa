//! A tool call that nobody has allowed yet: what a person is shown of it, and the rule that would allow it. Pure.

mod rule;
mod shown;
mod visible;

pub(super) use rule::rule_for;
pub(super) use shown::ShownCall;
pub(super) use visible::visible;
