//! A socket of somebody's own notifications. What it sends stands in the database; it goes on behind the last it sent.

use std::sync::Arc;
use std::time::Duration;

use actix::ActorFutureExt as _;
use actix::AsyncContext as _;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::WrapFuture as _;
use serde_json::value::RawValue;

use crate::actors::feeds::Enter;
use crate::actors::inbox::Caught;
use crate::actors::session::Session;
use crate::domain::ids::NoticeId;
use crate::persistence::error::StoreError;
use crate::wire::frame;
use crate::wire::frame::Ask;
use crate::wire::frame::CloseCode;
use crate::wire::frame::FeedFrame;
use crate::wire::problem::Problem;
use crate::wire::value::Id;

/// When the database is asked again that failed.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// There may be something new. Posted by `feeds`; one that is lost to a full mailbox has others before it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookDue;

/// What the peer was told so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The place of the list behind which it goes on; none before it joined.
    place: Option<i64>,
    /// How many it was told that it has not read.
    unread: Option<i64>,
    /// Whether the list is being read …
    reading: bool,
    /// … and something may have come since.
    stale: bool,
}

impl Session {
    pub(super) fn ask_feed(&mut self, ask: &Ask<'_>, id: Option<&RawValue>, ctx: &mut Context<Self>) {
        match ask {
            Ask::Join { since } => {
                let since = since.map(|since| serde_json::from_str::<Id<NoticeId>>(since.get())).transpose();
                match since {
                    Ok(since) => self.join_feed(since.map(|id| id.0), id.map(ToOwned::to_owned), ctx),
                    Err(error) => self.refuse(id, &Problem::field("since", "invalid", error.to_string())),
                }
            }
            // Heard before any topic is asked.
            Ask::Auth { .. } | Ask::Ping { .. } => {}
            Ask::Place { .. } | Ask::Revise { .. } | Ask::Withdraw { .. } => {
                self.refuse(id, &Problem::field("type", "unknown", "one of auth, join, ping"));
            }
        }
    }

    /// Goes on behind a notice, or from now on.
    pub(super) fn join_feed(&mut self, since: Option<NoticeId>, id: Option<Box<RawValue>>, ctx: &mut Context<Self>) {
        let Some(caller) = self.caller else { return };
        self.in_flight += 1;
        self.joined = true;
        let (around, language) = (Arc::clone(&self.around), self.language);
        let (outlet, socket) = (Arc::clone(&self.outlet), ctx.address());
        let joining = async move {
            let enter = Enter { user: caller.user, session: caller.session, outlet, socket };
            around.inbox.feeds().send(enter).await.map_err(|_| CloseCode::Restart)?;
            around.inbox.since(caller.user, since, language).await.map_err(|_| CloseCode::Restart)
        };
        ctx.spawn(joining.into_actor(self).map(move |caught, this, ctx| {
            match caught {
                // Its sign-in ended on the way in, before it was known to be there.
                Ok(_) if !this.may_stay() => this.close(CloseCode::SignIn),
                Ok(caught) => {
                    // What it asks for it gets, whether or not it had it before.
                    this.feed.unread = None;
                    this.tell(caught, i64::MIN);
                    if let Some(id) = id {
                        this.reply(Some(&id), &true);
                    }
                    if this.feed.stale {
                        this.read_on(ctx);
                    }
                }
                Err(code) => this.close(code),
            }
            this.answered(ctx);
        }));
    }

    /// Reads what came behind the last that was sent.
    fn read_on(&mut self, ctx: &mut Context<Self>) {
        self.feed.stale = true;
        let (Some(caller), Some(place)) = (self.caller, self.feed.place) else { return };
        if self.closing || std::mem::replace(&mut self.feed.reading, true) {
            return;
        }
        self.feed.stale = false;
        let (around, language) = (Arc::clone(&self.around), self.language);
        let reading = async move { around.inbox.after(caller.user, place, language).await };
        ctx.spawn(reading.into_actor(self).map(move |caught: Result<Caught, StoreError>, this, ctx| {
            this.feed.reading = false;
            match caught {
                Ok(caught) => {
                    // A join may have been faster.
                    let had = this.feed.place.unwrap_or(place);
                    this.tell(caught, had);
                    if this.feed.stale {
                        this.read_on(ctx);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "what is new to somebody is not known");
                    ctx.run_later(AGAIN_AFTER, Self::read_on);
                }
            }
        }));
    }

    /// Sends what came behind a place.
    fn tell(&mut self, caught: Caught, behind: i64) {
        let Caught { place, notices, missed, unread } = caught;
        for (_, notice) in notices.iter().filter(|(at, _)| *at > behind) {
            self.outlet.send_frame(frame::json(&FeedFrame::Notice { notice }));
        }
        if missed {
            self.outlet.send_frame(frame::json(&FeedFrame::Reload));
        }
        self.feed.place = Some(self.feed.place.unwrap_or(place).max(place));
        if self.feed.unread.replace(unread) != Some(unread) {
            self.outlet.send_frame(frame::json(&FeedFrame::Unread { count: unread }));
        }
    }
}

impl Handler<LookDue> for Session {
    type Result = ();

    fn handle(&mut self, _: LookDue, ctx: &mut Self::Context) {
        self.read_on(ctx);
    }
}
