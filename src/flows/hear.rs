//! What other processes say over the bus of the auctions that are shown here: hints, and frames that are no events.

use actix::Addr;

use crate::actors::admission::Admission;
use crate::actors::broadcaster;
use crate::actors::broadcaster::Broadcaster;
use crate::actors::broadcaster::Tell;
use crate::actors::cluster::news;
use crate::actors::cluster::news::News;
use crate::actors::supervision::post;
use crate::drivers::bus::Heard;
use crate::drivers::bus::Listener;
use crate::flows::fleet;
use crate::persistence::Db;

/// Hears for as long as it is polled. A hint that is lost costs a second, see `fleet`.
pub async fn hear(mut bus: Listener, db: Db, admission: Admission, rooms: Vec<Addr<Broadcaster>>) {
    loop {
        match bus.next().await {
            Heard::Room { request, bytes } => match news::read(&bytes) {
                Some(News::Behind(seq)) => {
                    if let Some(handle) = admission.directory().find(request) {
                        handle.hint(seq);
                    }
                }
                Some(News::Aside(frame)) => post(broadcaster::of(&rooms, request), Tell { request, frame }),
                None => {}
            },
            // What was said before was not heard: the journal has it.
            Heard::Following { request } => {
                if let Some(handle) = admission.directory().find(request) {
                    handle.hint(i64::MAX);
                }
            }
            Heard::Doubtful => {
                if let Err(error) = fleet::check(&db, &admission, false).await {
                    tracing::warn!(%error, "what other processes did in the meantime is not known yet");
                }
            }
            // Accounts and sessions have a listener of their own.
            Heard::Fleet { .. } => {}
        }
    }
}
