//! The other jobs of the command line.
