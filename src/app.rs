//! What every handler may reach.

use std::sync::Arc;

use actix::Addr;

use crate::actors::admission::Admission;
use crate::actors::bidding::Bidding;
use crate::actors::broadcaster::Broadcaster;
use crate::actors::cluster::Cluster;
use crate::actors::inbox::Inbox;
use crate::actors::journal::Journal;
use crate::actors::journal::LastCommit;
use crate::actors::loops::Loops;
use crate::actors::session::Surroundings;
use crate::clock::Clock;
use crate::config::Config;
use crate::drivers::bus::Bus;
use crate::drivers::rate_limiter::RateLimiter;
pub use crate::drivers::rate_limiter::Verdicts;
use crate::flows::analytics::Analytics;
use crate::flows::catalogue::Catalogue;
use crate::flows::deals::Deals;
use crate::flows::events::EventReader;
use crate::flows::files::Files;
use crate::flows::moderation::Moderation;
use crate::flows::notifier::Notifier;
use crate::flows::oidc::Oidc;
use crate::flows::payments::Payments;
use crate::flows::revoke::Revoker;
use crate::flows::rollups::LastRound;
use crate::flows::sign_in::SignIn;
use crate::flows::tokens::Tokens;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::trace::Traces;

/// The parts of a running server. Built once by `boot`, handed to handlers as `web::Data<App>`.
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// The way to other processes.
    pub bus: Bus,
    /// Ids for new things.
    pub ids: IdMint,
    /// The front door of the auctions.
    pub admission: Admission,
    /// What happened in a request.
    pub events: EventReader,
    /// Bidding, over any wire.
    pub bidding: Bidding,
    /// Orders and their steps.
    pub deals: Deals,
    /// What people were told.
    pub inbox: Inbox,
    /// What the sockets' sessions need.
    pub rooms: Arc<Surroundings>,
    /// Access tokens, refresh tokens and tickets.
    pub tokens: Tokens,
    /// Signing in with somebody else's word.
    pub oidc: Oidc,
    /// Ends sign-ins before their time.
    pub revoker: Revoker,
    /// The administrators' hand, and the end of accounts.
    pub moderation: Moderation,
    /// The catalogue of vehicles, to be searched.
    pub catalogue: Catalogue,
    /// The figures of analytics.
    pub analytics: Analytics,
    /// When this process last counted them.
    pub rollups: LastRound,
    /// When this process last looked what there is to tell of auctions.
    pub told: LastRound,
    /// Paying for orders.
    pub payments: Payments,
    /// Uploads.
    pub files: Files,
    /// What goes out to people.
    pub notifier: Notifier,
    /// How often calls are taken.
    pub limiter: RateLimiter,
    /// Registration, one-time codes, passwords.
    pub sign_in: SignIn,
    /// The journal.
    pub journal: Addr<Journal>,
    /// This process among those that share its database.
    pub cluster: Cluster,
    /// When the journal last committed.
    pub last_commit: LastCommit,
    /// Who is told of requests as traces.
    pub traces: Traces,
    /// Whether every thread comes round.
    pub loops: Loops,
    /// The rooms' broadcasters; an auction's is chosen by its id.
    pub broadcasters: Vec<Addr<Broadcaster>>,
}
