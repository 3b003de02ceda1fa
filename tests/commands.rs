//! Commands, typed and slash, over the stand-in.
