//! The token counts of one call, in the format of the Messages API. Costs are in `price`.

use std::ops::AddAssign;

use serde::Serialize;

/// The tokens that one call is billed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Prompt tokens that were not cached.
    pub input_tokens: u64,
    /// Prompt tokens written to the five-minute cache.
    pub cache_creation_input_tokens: u64,
    /// Prompt tokens read from the cache.
    pub cache_read_input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

impl Usage {
    /// The default usage of a call.
    pub const DEFAULT: Self = Self::of(10, 20);

    /// No tokens, the usage of a refused call.
    pub const NONE: Self = Self::of(0, 0);

    /// This many input and output tokens, without a cache.
    #[must_use]
    pub const fn of(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens,
        }
    }

    /// The same with `read` tokens from the cache and `written` tokens to it.
    #[must_use]
    pub const fn cached(mut self, read: u64, written: u64) -> Self {
        self.cache_read_input_tokens = read;
        self.cache_creation_input_tokens = written;
        self
    }

    /// The usage in `message_start`: the whole prompt, and at most one token of the answer.
    #[must_use]
    pub(crate) fn opening(mut self) -> Self {
        self.output_tokens = self.output_tokens.min(1);
        self
    }

    /// All tokens of the prompt, cached or not.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.cache_creation_input_tokens += other.cache_creation_input_tokens;
        self.cache_read_input_tokens += other.cache_read_input_tokens;
        self.output_tokens += other.output_tokens;
    }
}
