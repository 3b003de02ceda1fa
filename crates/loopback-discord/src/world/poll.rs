//! Polls with their votes.

use serde_json::Value;

use crate::Snowflake;

/// A poll on a message.
#[derive(Clone, Debug)]
pub struct Poll {
    /// What is asked.
    pub question: String,
    /// What can be answered, in order. An answer's id is its place, counted from 1.
    pub answers: Vec<PollAnswer>,
    /// Whether a person can choose several answers.
    pub multiselect: bool,
    /// When it ends by itself, in milliseconds since the Unix epoch.
    pub expiry: u64,
    /// Whether its author ended it.
    pub ended: bool,
}

/// An answer of a poll.
#[derive(Clone, Debug)]
pub struct PollAnswer {
    /// Its text.
    pub text: Option<String>,
    /// Its emoji, as Discord sends it; `null` if there is none.
    pub emoji: Value,
    /// Who chose it.
    pub voters: Vec<Snowflake>,
}

/// How long a person's poll lasts.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl Poll {
    /// A poll of a day with one answer for each person.
    pub(crate) fn new(question: &str, answers: &[&str], now: u64) -> Self {
        let answers = answers.iter().map(|&text| PollAnswer {
            text: Some(text.to_owned()),
            emoji: Value::Null,
            voters: Vec::new(),
        });
        Self {
            question: question.to_owned(),
            answers: answers.collect(),
            multiselect: false,
            expiry: now + DAY_MS,
            ended: false,
        }
    }

    /// Whether it takes no votes any more.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        self.ended || now >= self.expiry
    }

    /// The answer with this id.
    pub(crate) fn answer(&self, id: u64) -> Option<&PollAnswer> {
        let place = usize::try_from(id).ok()?.checked_sub(1)?;
        self.answers.get(place)
    }

    /// Adds a user's vote, or removes it. Returns whether that changed anything; an unknown answer does not.
    pub(crate) fn vote(&mut self, user: Snowflake, id: u64, on: bool) -> bool {
        let answer = self.answer(id);
        if answer.is_none_or(|answer| answer.voters.contains(&user) == on) {
            return false;
        }
        for (answer, place) in self.answers.iter_mut().zip(1..) {
            if place == id && on {
                answer.voters.push(user);
            } else if place == id {
                answer.voters.retain(|voter| *voter != user);
            }
        }
        true
    }

    /// The answers that a user chose.
    pub(crate) fn votes_of(&self, user: Snowflake) -> Vec<u64> {
        let numbered = self.answers.iter().zip(1..);
        numbered
            .filter(|(answer, _)| answer.voters.contains(&user))
            .map(|(_, id)| id)
            .collect()
    }
}
