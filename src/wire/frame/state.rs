//! How things stand: the whole room, its board, the viewer's own side.

use serde::Serialize;

use crate::domain::auction::board::Board;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::wire::board::BoardOut;
use crate::wire::board::Names;
use crate::wire::board::RowOut;
use crate::wire::board::You;
use crate::wire::frame::event::Stamp;
use crate::wire::frame::event::class_seq;
use crate::wire::value::CURRENCY;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::StateWord;
use crate::wire::value::Timestamp;
use crate::wire::value::VisibilityWord;

/// All that a client needs to show a room.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot<'a> {
    /// Always `snapshot`.
    pub r#type: &'static str,
    /// Epoch, seq, time. Contains everything up to `seq`.
    #[serde(flatten)]
    pub at: Stamp<'a>,
    /// The request.
    pub request_id: Id<RequestId>,
    /// The state.
    pub state: StateWord,
    /// Whether bidding is paused.
    pub paused: bool,
    /// Who sees what.
    pub visibility: VisibilityWord,
    /// When bidding opens.
    pub opens_at: Timestamp,
    /// The deadline in force, exclusive.
    pub closes_at: Timestamp,
    /// When the review ends, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_until: Option<Timestamp>,
    /// The currency of every amount in this room.
    pub currency: &'static str,
    /// The best bids.
    pub board: Vec<RowOut>,
    /// Live bids, where they may be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_bids: Option<u32>,
    /// The lowest landed total, where it may be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_landed: Option<Money>,
    /// The viewer's own side.
    pub you: You,
    /// As [`watchers`] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchers: Option<usize>,
}

/// Sockets in the room, where that tells nothing about the others.
#[must_use]
pub fn watchers(class: Class, visibility: Visibility, count: usize) -> Option<usize> {
    (class == Class::Host || visibility == Visibility::Open).then_some(count)
}

impl<'a> Snapshot<'a> {
    /// The board as this viewer may see it.
    #[must_use]
    pub fn new(
        board: &Board,
        class: Class,
        viewer: UserId,
        sockets: usize,
        names: &dyn Names,
        epoch: &'a str,
        now: UnixMicros,
    ) -> Self {
        let visibility = board.terms.rules.visibility;
        let shown = BoardOut::new(board, class, names);
        Self {
            r#type: "snapshot",
            at: Stamp { epoch: Some(epoch), seq: class_seq(class, board.class_seqs), server_time: Timestamp(now) },
            request_id: Id(board.terms.request),
            state: StateWord(board.state),
            paused: board.paused,
            visibility: VisibilityWord(visibility),
            opens_at: Timestamp(board.terms.opens_at),
            closes_at: Timestamp(board.closes_at),
            review_until: board.review_until.map(Timestamp),
            currency: CURRENCY,
            board: shown.top,
            live_bids: shown.live_bids,
            best_landed: shown.best_landed,
            you: You::new(board, class, viewer),
            watchers: watchers(class, visibility, sockets),
        }
    }
}

/// The board after a pass. State, not an event: a newer one replaces it, and its `seq` is that of the last event in it.
#[derive(Clone, Debug, Serialize)]
pub struct BoardFrame<'a> {
    /// Always `board`.
    pub r#type: &'static str,
    /// Epoch, seq, time.
    #[serde(flatten)]
    pub at: Stamp<'a>,
    /// The board.
    #[serde(flatten)]
    pub board: &'a BoardOut,
    /// As [`watchers`] says. Who comes or goes makes no board by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchers: Option<usize>,
}

/// The viewer's own side, sent when it changed. State: it has no `seq`.
#[derive(Clone, Debug, Serialize)]
pub struct YouFrame {
    /// Always `you`.
    pub r#type: &'static str,
    /// The viewer's own side.
    #[serde(flatten)]
    pub you: You,
}
