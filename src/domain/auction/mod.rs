//! One auction: what may happen to a part request once it is published.
//!
//! `decide(command, now)` turns a command into events or a refusal and changes nothing; `apply(event)` changes
//! the state and never refuses. The state is the fold of the events, so a log replays to the same state on any
//! machine. Words: a *lot* is what is asked for, a *bid* is a merchant's live offer (its versions share an id),
//! the *landed total* is goods plus delivery, the *deadline* is exclusive, *soft close* moves it.
//!
//! ```text
//!                    decide                                            apply
//!   command ─▶ place  checks 1–15 of a bid          ─┐
//!              ladder   step, ratchet, slips         │
//!              shape    does the offer make sense    ├─▶ events ─▶ state ─▶ party    one merchant
//!              duel     automatic bids               │                      book     all live bids, ranked
//!              deadline opening, closing, soft close │                      alias    names in a room
//!              ring     who may bid besides           │
//!              host     pause, extend, accept, …     │
//!              finalise the scoreboard              ─┘
//! ```

pub mod alias;
pub mod board;
pub mod book;
pub mod command;
mod deadline;
mod digest;
mod duel;
pub mod event;
mod finalise;
mod host;
mod known;
pub mod ladder;
pub mod naive;
mod party;
mod place;
mod publish;
pub mod ranking;
mod ring;
pub mod score;
mod shape;
pub mod state;
pub mod terms;
pub mod view;
