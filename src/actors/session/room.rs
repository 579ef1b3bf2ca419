//! A socket of a live room: coming in, and bidding.

use std::sync::Arc;

use actix::ActorFutureExt as _;
use actix::AsyncContext as _;
use actix::Context;
use actix::WrapFuture as _;
use serde_json::value::RawValue;

use crate::actors::bidding::Bidding;
use crate::actors::bidding::Sender;
use crate::actors::broadcaster;
use crate::actors::broadcaster::Join;
use crate::actors::session::Session;
use crate::domain::auction::view::Class;
use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::wire::bid::BidAnswer;
use crate::wire::bid::WithdrawBody;
use crate::wire::frame::Ask;
use crate::wire::frame::CloseCode;
use crate::wire::frame::Since;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::read;

impl Session {
    pub(super) fn ask_room(
        &mut self,
        request: RequestId,
        ask: &Ask<'_>,
        id: Option<&RawValue>,
        ctx: &mut Context<Self>,
    ) {
        match ask {
            Ask::Join { since } => match since.map(|since| serde_json::from_str::<Since>(since.get())).transpose() {
                Ok(since) => self.join_room(request, since, id.map(ToOwned::to_owned), ctx),
                Err(error) => self.refuse(id, &Problem::field("since", "invalid", error.to_string())),
            },
            Ask::Place { key, bid } => self.bid((request, Wish::Place), id, key, bid.get().as_bytes(), ctx),
            Ask::Revise { key, bid_id, bid } => {
                self.bid((request, Wish::Revise(*bid_id)), id, key, bid.get().as_bytes(), ctx);
            }
            Ask::Withdraw { key, bid_id, reason } => {
                // As REST would be sent it, so that one key means the same on both wires.
                let body = serde_json::json!({ "reason": reason }).to_string();
                self.bid((request, Wish::Withdraw(*bid_id)), id, key, body.as_bytes(), ctx);
            }
            // Heard before any topic is asked.
            Ask::Auth { .. } | Ask::Ping { .. } => {}
        }
    }

    /// Looks up what the caller may see and has the broadcaster let it in.
    pub(super) fn join_room(
        &mut self,
        request: RequestId,
        since: Option<Since>,
        id: Option<Box<RawValue>>,
        ctx: &mut Context<Self>,
    ) {
        let Some(caller) = self.caller else { return };
        self.in_flight += 1;
        let (around, outlet) = (Arc::clone(&self.around), Arc::clone(&self.outlet));
        let again = std::mem::replace(&mut self.joined, true);
        let joining = async move {
            let seat = around.bidding.seat(request, caller.user, caller.kind).await;
            let (class, source) = seat.map_err(|problem| door_code(&problem))?;
            // From here on boards are made with every commit; the one before may have to be made now.
            source.set_watched(true);
            let board = source.board().await.map_err(|_| CloseCode::Restart)?;
            if class == Class::Host {
                // The room shows them and waits for nothing.
                let merchants = board.rows.iter().map(|row| row.merchant);
                around.bidding.bidders().learn_names(merchants).await.map_err(|_| CloseCode::Restart)?;
            }
            let (viewer, session) = (caller.user, caller.session);
            let join = Join { request, class, viewer, session, outlet, since, again, source };
            // As many as may be in flight of a session wait in the broadcaster's mailbox.
            let sent = broadcaster::of(&around.broadcasters, request).send(join).await;
            sent.map_err(|_| CloseCode::Restart)?;
            // Blocked on the way in, before the room knew of it: what was remembered is forgotten by now.
            let still = around.bidding.seat(request, caller.user, caller.kind).await;
            let shown_out = |code| if code == CloseCode::Unknown { CloseCode::NotYours } else { code };
            still.map(drop).map_err(|problem| shown_out(door_code(&problem)))
        };
        ctx.spawn(joining.into_actor(self).map(move |outcome, this, ctx| {
            match (outcome, id) {
                // Its sign-in ended on the way in, before the room knew of it.
                (Ok(()), _) if !this.may_stay() => this.close(CloseCode::SignIn),
                (Ok(()), Some(id)) => this.reply(Some(&id), &true),
                (Ok(()), None) => {}
                (Err(code), _) => this.close(code),
            }
            this.answered(ctx);
        }));
    }

    fn bid(
        &mut self,
        (request, wish): (RequestId, Wish),
        id: Option<&RawValue>,
        key: &str,
        body: &[u8],
        ctx: &mut Context<Self>,
    ) {
        let Some(caller) = self.caller else { return };
        self.in_flight += 1;
        let around = Arc::clone(&self.around);
        let stamp = around.bidding.clock().now();
        let (key, body) = (key.to_owned(), body.to_owned());
        let id = id.map(ToOwned::to_owned);
        let bidding = async move {
            let sender = Sender { user: caller.user, key: &key, body: &body, stamp };
            wish.fulfil(&around.bidding, request, sender).await
        };
        ctx.spawn(bidding.into_actor(self).map(move |outcome, this, ctx| {
            match outcome {
                Ok(answer) => this.reply(id.as_deref(), &answer),
                Err(problem) => this.refuse(id.as_deref(), &problem),
            }
            this.answered(ctx);
        }));
    }
}

/// What a bidder wants.
#[derive(Clone, Copy)]
enum Wish {
    Place,
    Revise(BidId),
    Withdraw(BidId),
}

impl Wish {
    async fn fulfil(self, bidding: &Bidding, request: RequestId, from: Sender<'_>) -> Result<BidAnswer, Problem> {
        match self {
            Self::Place => bidding.place(from, request, read::json(from.body)?).await,
            Self::Revise(bid) => bidding.revise(from, bid, read::json(from.body)?).await,
            Self::Withdraw(bid) => bidding.withdraw(from, bid, read::json::<WithdrawBody>(from.body)?).await,
        }
    }
}

/// How a problem at the door of a room is told to a socket.
const fn door_code(problem: &Problem) -> CloseCode {
    if matches!(problem.code, Code::UnknownRequest) {
        // Another customer's request looks like one that is not there.
        CloseCode::Unknown
    } else if matches!(problem.code, Code::NotAMerchant | Code::NotVerified | Code::NotEligible | Code::Suspended) {
        CloseCode::NotYours
    } else {
        // Everything else is our trouble and passes.
        CloseCode::Restart
    }
}
