//! Tool calls that wait for a person's decision, questions among them. Pure.

use std::{collections::BTreeMap, time::Instant};

use serde::{Deserialize, Serialize};

use super::messages::{
    approvals::{self as texts, Verdict},
    questions,
};
use crate::{
    chat::{PostFile, PostKey, shows_nothing},
    claude::protocol::{self, PermissionRequest, Question},
    external::Speaker,
    snowflake::{ChannelId, UserId},
};

/// How many may wait at a time.
const MOST_OPEN: usize = 10;

/// How many denied calls are remembered.
const MOST_DENIED: usize = 100;

/// More options than these are in a menu.
const MOST_BUTTONS: usize = 4;

/// How many options Discord shows in a menu.
const MOST_IN_MENU: usize = 25;

/// What can be decided about a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApprovalChoice {
    AllowOnce,
    /// Allows it and what the rule allows, for the session or for good.
    Grant {
        rule: String,
        is_permanent: bool,
    },
    Deny,
    /// Opens a form.
    DenyWithReason,
    /// An option of a question.
    Answer {
        label: String,
    },
    /// A menu of a question's options.
    Choose {
        options: Vec<MenuChoice>,
        is_multiple: bool,
    },
    /// Opens a form.
    AnswerFreely,
    ApprovePlan {
        accepts_edits: bool,
    },
    /// Opens a form.
    ChangePlan,
}

/// An option in a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MenuChoice {
    pub(super) label: String,
    #[serde(default)]
    pub(super) description: String,
}

impl ApprovalChoice {
    pub(super) fn opens_form(&self) -> bool {
        matches!(
            self,
            Self::DenyWithReason | Self::AnswerFreely | Self::ChangePlan
        )
    }

    /// Whether this is for the asker and for admins. It lets nothing run.
    pub(super) fn is_for_asker(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. } | Self::Choose { .. } | Self::AnswerFreely | Self::ChangePlan
        )
    }
}

/// What a button decides: about which requests, and how.
pub(super) type Offer = (Vec<String>, ApprovalChoice);

#[derive(Debug, Default)]
pub(super) struct PendingApprovals {
    open: Vec<PendingApproval>,
    /// Calls that were denied after a request, by the tool call's id. The end of the turn need not tell of them.
    denied: Vec<String>,
    /// Cards of an earlier run that may be in the channel or not.
    pub(super) unsure: Vec<PostKey>,
    pub(super) directs: Directs,
}

/// The direct messages with those who decide.
#[derive(Debug, Default)]
pub(super) enum Directs {
    #[default]
    Unknown,
    Awaited,
    Known(Vec<ChannelId>),
}

#[derive(Debug)]
pub(super) struct PendingApproval {
    /// The id of the control request.
    pub(super) id: String,
    pub(super) request: PermissionRequest,
    pub(super) key: PostKey,
    /// What the card shows in any case.
    pub(super) card: String,
    pub(super) files: Vec<PostFile>,
    /// Whether people can see all of the call, so that they can allow it.
    pub(super) can_be_allowed: bool,
    pub(super) subject: Subject,
    /// Whose words Claude works on.
    pub(super) askers: Vec<UserId>,
    pub(super) until: Instant,
    /// The same in seconds since 1970.
    pub(super) until_unix: i64,
}

/// What people decide about.
#[derive(Debug)]
pub(super) enum Subject {
    /// Whether a tool may run.
    Call {
        /// The rule that can be granted with it.
        rule: Option<String>,
    },
    Question(OpenQuestion),
    /// Whether a plan is carried out.
    Plan {
        /// The post that shows it, if Claude has sent it.
        shown_by: Option<PostKey>,
    },
}

/// One question of those that the CLI asks together.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenQuestion {
    /// All of them.
    pub(super) all: Vec<Question>,
    /// Which one is open.
    pub(super) index: usize,
    /// To those before it, by the question's text.
    pub(super) answers: BTreeMap<String, String>,
}

impl OpenQuestion {
    pub(super) fn question(&self) -> Option<&Question> {
        self.all.get(self.index)
    }

    /// The next one, once this one is answered.
    pub(super) fn answered(&self, answer: &str) -> Self {
        let mut next = self.clone();
        let question = self.question().map(|open| open.question.clone());
        next.answers
            .extend(question.map(|question| (question, answer.to_owned())));
        next.index += 1;
        next
    }

    /// The options that can be shown.
    pub(super) fn options(&self) -> Vec<&protocol::Choice> {
        let options = self.question().map_or(&[][..], |open| &open.options);
        let options = options.iter().filter(|it| !shows_nothing(&it.label));
        options.take(MOST_IN_MENU).collect()
    }

    pub(super) fn is_multiple(&self) -> bool {
        self.question().is_some_and(|open| open.is_multi_select)
    }

    fn choices(&self) -> Vec<ApprovalChoice> {
        let (options, is_multiple) = (self.options(), self.is_multiple());
        let mut choices = Vec::new();
        if !options.is_empty() && (is_multiple || options.len() > MOST_BUTTONS) {
            let choice = |it: &&protocol::Choice| MenuChoice {
                label: it.label.clone(),
                description: it.description.clone(),
            };
            choices.push(ApprovalChoice::Choose {
                options: options.iter().map(choice).collect(),
                is_multiple,
            });
        } else {
            let answer = |it: &protocol::Choice| ApprovalChoice::Answer {
                label: it.label.clone(),
            };
            choices.extend(options.into_iter().map(answer));
        }
        choices.push(ApprovalChoice::AnswerFreely);
        choices
    }
}

impl PendingApproval {
    fn offers(&self) -> Vec<Offer> {
        let choices = match &self.subject {
            Subject::Call { rule } => self.call_choices(rule.as_ref()),
            Subject::Question(open) => open.choices(),
            Subject::Plan { .. } => self.plan_choices(),
        };
        let about_this = |choice| (vec![self.id.clone()], choice);
        choices.into_iter().map(about_this).collect()
    }

    fn call_choices(&self, rule: Option<&String>) -> Vec<ApprovalChoice> {
        let mut choices = Vec::new();
        if self.can_be_allowed {
            choices.push(ApprovalChoice::AllowOnce);
            for is_permanent in [false, true] {
                let grant = |rule: &String| ApprovalChoice::Grant {
                    rule: rule.clone(),
                    is_permanent,
                };
                choices.extend(rule.map(grant));
            }
        }
        choices.extend([ApprovalChoice::Deny, ApprovalChoice::DenyWithReason]);
        choices
    }

    fn plan_choices(&self) -> Vec<ApprovalChoice> {
        let ways = [false, true].into_iter().filter(|_| self.can_be_allowed);
        let mut choices: Vec<_> = ways
            .map(|accepts_edits| ApprovalChoice::ApprovePlan { accepts_edits })
            .collect();
        choices.push(ApprovalChoice::ChangePlan);
        choices
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.subject, Subject::Call { .. })
    }

    /// Whether this person may answer a question, or have a plan changed.
    pub(super) fn may_answer(&self, speaker: &Speaker) -> bool {
        speaker.role.is_admin() || self.askers.contains(&speaker.id)
    }

    /// The card once it is closed.
    pub(super) fn closed_card(&self, verdict: &Verdict) -> String {
        format!("{}\n{}", self.card, self.closed_line(verdict))
    }

    pub(super) fn closed_line(&self, verdict: &Verdict) -> String {
        match self.subject {
            Subject::Question(_) => questions::line(verdict),
            Subject::Call { .. } | Subject::Plan { .. } => verdict.line(),
        }
    }

    /// The card while it is open. `calls` is how many calls its last buttons decide about.
    pub(super) fn open_card(&self, calls: usize) -> String {
        let end = match self.subject {
            Subject::Call { .. } => texts::approval_open(self.until_unix, calls),
            Subject::Question(_) => questions::question_open(self.until_unix),
            Subject::Plan { .. } => questions::plan_open(self.until_unix),
        };
        format!("{}\n{end}", self.card)
    }

    /// What Claude is told if it gets no permission, or no answer.
    pub(super) fn refusal(&self, verdict: &Verdict) -> String {
        match &self.subject {
            Subject::Question(open) => questions::for_model(verdict, &open.answers),
            Subject::Call { .. } | Subject::Plan { .. } => verdict.for_model(),
        }
    }
}

impl PendingApprovals {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MOST_OPEN
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.until).min()
    }

    pub(super) fn push(&mut self, approval: PendingApproval) {
        self.open.push(approval);
    }

    /// The open requests, each with what its buttons decide. With the last call, all calls can be decided about if there
    /// are several.
    pub(super) fn cards(&self) -> impl Iterator<Item = (&PendingApproval, Vec<Offer>)> {
        let calls = self.calls().count();
        let last = self.calls().last().map(|call| &call.id);
        self.open.iter().map(move |approval| {
            let mut offers = approval.offers();
            if calls > 1 && last == Some(&approval.id) {
                offers.extend(self.offers_for_all());
            }
            (approval, offers)
        })
    }

    pub(super) fn has_calls(&self) -> bool {
        self.calls().next().is_some()
    }

    fn calls(&self) -> impl Iterator<Item = &PendingApproval> {
        self.open.iter().filter(|open| open.is_call())
    }

    fn offers_for_all(&self) -> Vec<Offer> {
        let ids = self.calls().map(|open| open.id.clone());
        let ids: Vec<_> = ids.collect();
        let mut choices = vec![ApprovalChoice::Deny];
        if self.calls().all(|open| open.can_be_allowed) {
            choices.insert(0, ApprovalChoice::AllowOnce);
        }
        let about_all = |choice| (ids.clone(), choice);
        choices.into_iter().map(about_all).collect()
    }

    /// Whether all of these requests are open and, if they are to be allowed, can be.
    pub(super) fn are_open(&self, ids: &[String], allows: bool) -> bool {
        let is_open = |id: &String| {
            let mut open = self.open.iter();
            open.any(|open| open.id == *id && (open.can_be_allowed || !allows))
        };
        !ids.is_empty() && ids.iter().all(is_open)
    }

    pub(super) fn get(&self, id: &str) -> Option<&PendingApproval> {
        self.open.iter().find(|open| open.id == id)
    }

    /// The question that a request asks now.
    pub(super) fn question(&self, id: &str) -> Option<&OpenQuestion> {
        match &self.get(id)?.subject {
            Subject::Question(open) => Some(open),
            Subject::Call { .. } | Subject::Plan { .. } => None,
        }
    }

    /// The oldest question that this person may answer because they are the asker.
    pub(super) fn question_for(&self, asker: UserId) -> Option<&PendingApproval> {
        let is_question = |open: &&PendingApproval| matches!(open.subject, Subject::Question(_));
        let mut questions = self.open.iter().filter(is_question);
        questions.find(|open| open.askers.contains(&asker))
    }

    pub(super) fn may_answer_all(&self, speaker: &Speaker) -> bool {
        self.open.iter().all(|open| open.may_answer(speaker))
    }

    /// The plan that this post shows.
    pub(super) fn plan_of(&self, key: &PostKey) -> Option<&PendingApproval> {
        let is_it = |open: &&PendingApproval| matches!(&open.subject, Subject::Plan { shown_by } if shown_by.as_ref() == Some(key));
        self.open.iter().find(is_it)
    }

    pub(super) fn of_key(&mut self, key: &PostKey) -> Option<&mut PendingApproval> {
        self.open.iter_mut().find(|open| open.key == *key)
    }

    pub(super) fn take(&mut self, id: &str) -> Option<PendingApproval> {
        self.take_first(|open| open.id == id)
    }

    pub(super) fn take_first(
        &mut self,
        which: impl Fn(&PendingApproval) -> bool,
    ) -> Option<PendingApproval> {
        let position = self.open.iter().position(which)?;
        Some(self.open.remove(position))
    }

    pub(super) fn take_all(&mut self) -> Vec<PendingApproval> {
        std::mem::take(&mut self.open)
    }

    pub(super) fn note_denied(&mut self, tool_use_id: &str) {
        if self.denied.len() >= MOST_DENIED {
            self.denied.remove(0);
        }
        self.denied.push(tool_use_id.to_owned());
    }

    /// Whether somebody has decided against this call, or nobody for it.
    pub(super) fn was_denied(&self, tool_use_id: &str) -> bool {
        self.denied.iter().any(|denied| denied == tool_use_id)
    }
}
