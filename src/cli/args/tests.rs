use clap::CommandFactory as _;

use super::*;

#[test]
fn the_arguments_are_consistent() {
    Args::command().debug_assert();
}

#[test]
fn the_help_text() {
    insta::assert_snapshot!(Args::command().render_long_help());
}
