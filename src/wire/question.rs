//! Questions in the room, on every wire.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::auction::board::Alias;
use crate::domain::contact;
use crate::domain::ids::QuestionId;
use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// A merchant asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionInput {
    /// 1 to 1000 characters. Contact details are taken out.
    #[schema(min_length = 1)]
    pub question: String,
}

/// The customer answers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// 1 to 1000 characters. Contact details are taken out.
    #[schema(min_length = 1)]
    pub answer: String,
}

/// A text that everybody in the room reads: in one form, without contact details.
///
/// # Errors
/// A problem that names the field where it is empty or too long.
pub fn read(field: &'static str, input: &str) -> Result<String, Problem> {
    let text = contact::mask(&text::tidy(input));
    if (1..=limits::NOTES_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(Problem::field(field, "length", format!("1 to {} characters", limits::NOTES_CHARS_MAX)))
}

/// A question as everybody in the room sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuestionOut {
    /// Its id.
    #[schema(value_type = value::QuestionRef)]
    pub id: value::Id<QuestionId>,
    /// What the merchant is called in the questions of this request. Not the alias of its bid, so that nobody learns from
    /// a question who has bid.
    #[schema(example = "Q7F")]
    pub alias: String,
    /// What is asked.
    pub question: String,
    /// What the customer says; null until it does.
    pub answer: Option<String>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// What was stored of a question.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: QuestionId,
    /// The merchant's alias.
    pub alias: Alias,
    /// What is asked.
    pub question: String,
    /// What the customer says.
    pub answer: Option<String>,
    /// When it was asked.
    pub asked_at: UnixMicros,
    /// When it was answered.
    pub answered_at: Option<UnixMicros>,
}

impl From<Stored> for QuestionOut {
    fn from(stored: Stored) -> Self {
        Self {
            id: value::Id(stored.id),
            alias: format!("Q{}", stored.alias),
            question: stored.question,
            answer: stored.answer,
            asked_at: Timestamp(stored.asked_at),
            answered_at: stored.answered_at.map(Timestamp),
        }
    }
}

/// A question in the live room. It has no `seq`: what was missed is read from the list.
#[derive(Debug, Serialize)]
pub struct QuestionFrame<'a> {
    /// `question.asked` or `question.answered`.
    pub r#type: &'static str,
    /// The server's time.
    pub server_time: Timestamp,
    /// The question.
    pub question: &'a QuestionOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_one_line_without_contacts() {
        assert_eq!(read("question", "  genuine?\n call 0501234567 ").unwrap(), "genuine? call •••");
        for wrong in ["", " \u{200b}\n", &"x".repeat(1_001)] {
            assert_eq!(read("question", wrong).unwrap_err().errors[0].field, "question");
        }
    }
}
