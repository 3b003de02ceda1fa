//! What reaches Discord, and how: order, limits, retries, mentions, typing.
