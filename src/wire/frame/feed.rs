//! What the feed of somebody's notifications says.

use serde::Serialize;

use crate::wire::notification::NotificationBody;

/// A frame of the feed.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FeedFrame<'a> {
    /// Something new, or missed.
    Notice {
        /// As the list shows it.
        notice: &'a NotificationBody,
    },
    /// How many are not read.
    Unread {
        /// That many.
        count: i64,
    },
    /// More was missed than is repeated here: the list has it.
    Reload,
}
