//! `sessions/`: what stands there, who may write it, and what a broken file does.
