//! What comes in from Discord: order, duplicates, reconnects, intents, access.
