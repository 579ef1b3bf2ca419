//! The engine against its rules.
//!
//! Tables (`*.txt`, read by [`table`]) hold the vectors: one command a line, its expected outcome behind the bar. Every
//! table runs over the fast and the naive book, and every log that it makes is replayed.
//!
//! Where each edge case of rules §8 is:
//!
//! | edge case | where |
//! |---|---|
//! | one bid at deadline − 1 µs, exactly, + 1 µs | `deadline.txt` |
//! | deadline fires while a bid is being committed | `deadline.txt`: a closed log refuses a stamp before the deadline; the commit itself is the actors' |
//! | clock set back | `deadline.txt` |
//! | restart 1 s before and after the deadline, inside finalise | `recovery.txt` |
//! | ack lost, retried with the key · same key, other body | `keys.txt`; the failed commit is the actors' |
//! | two sockets of one merchant revise at once | `ladder.txt` |
//! | merchant suspended while leading | `lifecycle.txt` |
//! | rating changes mid-auction · merchant without ratings | `ties.txt` |
//! | one bid, no bid, all withdrawn | `result.txt` |
//! | leader withdraws at 2 min ± 1 µs | `withdrawal.txt` |
//! | price 0, negative, 1 halala, overflow · quantity 0, 10⁶ lines · unknown item, item twice | `placing.txt` |
//! | delivery 0 h, beyond the horizon, 1441 h | `placing.txt` |
//! | revision that improves price but slows delivery · step at a ladder border | `ladder.txt` |
//! | soft close at the window's edge, at the cap · non-lead bid in the window | `softclose.txt` |
//! | two lead changes in one duel of automatic bids: one extension | `duel.txt` |
//! | pause inside the window | `softclose.txt` |
//! | accept twice, accept a declined bid | `lifecycle.txt` |
//! | the third bid switches the guard on | `placing.txt` (slips), `ties.txt` (score) |
//! | sealed mode: nothing leaks | `secrecy.txt`, [`views`] |
//! | digits and marks of other scripts · phones | not the engine's: `domain::money`, `domain::user` |

mod model;
mod score;
mod table;
mod views;
mod world;
