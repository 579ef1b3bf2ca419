//! One auction: what may happen to a part request once it is published.
//!
//! `decide(command, now)` turns a command into events or a refusal and changes nothing; `apply(event)` changes
//! the state and never refuses. The state is the fold of the events, so a log replays to the same state on any
//! machine. Words: a *lot* is what is asked for, a *bid* is a merchant's live offer (its versions share an id),
//! the *landed total* is goods plus delivery, the *deadline* is exclusive, *soft close* moves it.

pub mod board;
pub mod command;
pub mod event;
pub mod state;
pub mod terms;
pub mod view;
