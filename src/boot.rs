//! Composition root: configuration → database → actors → recovery → HTTP, and the same backwards at the end.

mod errands;
mod membership;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix::Addr;
use actix::Arbiter;
use actix::ArbiterHandle;
use actix_server::ServerHandle;
use actix_web::web::Data;
use anyhow::Context as _;
use futures_util::future;

use crate::actors::admission::Admission;
use crate::actors::bidders::Bidders;
use crate::actors::bidding::Bidding;
use crate::actors::broadcaster::Broadcaster;
use crate::actors::broadcaster::CloseAll;
use crate::actors::changed::Changed;
use crate::actors::directory::Directory;
use crate::actors::feeds::Feeds;
use crate::actors::inbox::Inbox;
use crate::actors::journal::Journal;
use crate::actors::journal::LastCommit;
use crate::actors::loops::Loops;
use crate::actors::registry::Registry;
use crate::actors::scheduler::Scheduler;
use crate::actors::session::Caller;
use crate::actors::session::Surroundings;
use crate::app::App;
use crate::boot::errands::Errands;
use crate::boot::membership::Known;
use crate::boot::membership::Membership;
use crate::boot::membership::Place;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::threads;
use crate::drivers::bus::Bus;
use crate::drivers::collector;
use crate::drivers::email::Email;
use crate::drivers::payment_gateway::Gateway;
use crate::drivers::push::Push;
use crate::drivers::rate_limiter::RateLimiter;
use crate::drivers::sms::Sms;
use crate::flows::analytics::Analytics;
use crate::flows::announcer::Announcer;
use crate::flows::audit_head;
use crate::flows::catalogue;
use crate::flows::catalogue::Catalogue;
use crate::flows::codes::Codes;
use crate::flows::deals::Deals;
use crate::flows::events::EventReader;
use crate::flows::files;
use crate::flows::files::Files;
use crate::flows::keys::Keys;
use crate::flows::moderation::Moderation;
use crate::flows::news::News;
use crate::flows::notifier::Notifier;
use crate::flows::notifier::Ways;
use crate::flows::oidc::Around;
use crate::flows::oidc::Oidc;
use crate::flows::password::Hasher;
use crate::flows::payments::Payments;
use crate::flows::planner::Planner;
use crate::flows::recover;
use crate::flows::revoke::Revoker;
use crate::flows::rollups::Rollups;
use crate::flows::sign_in::SignIn;
use crate::flows::teller::Teller;
use crate::flows::tidy;
use crate::flows::tokens::Tokens;
use crate::flows::work::Work;
use crate::http::server;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::pulse;
use crate::trace::Traces;

/// How long sockets get to be told goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a collector gets to take the last spans.
const LAST_SPANS: Duration = Duration::from_secs(1);
/// How long http requests get to finish before they are cut.
const DRAIN: Duration = Duration::from_secs(limits::SHUTDOWN_SECS_MAX);

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts.
    pub app: Data<App>,
    server: ServerHandle,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
    membership: Membership,
    broadcasters: Vec<Addr<Broadcaster>>,
    errands: Errands,
    /// Its threads besides those that serve HTTP.
    pub arbiters: Vec<Arbiter>,
}

/// Starts everything and returns when the server answers. Must run inside an actix `System`.
///
/// # Errors
/// Says in one line what could not be started and what to do about it.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    start_with(config, Clock::System).await
}

/// The same with a clock of the caller's choice.
///
/// # Errors
/// As [`start`].
pub async fn start_with(config: Config, clock: Clock) -> anyhow::Result<Running> {
    let config = Arc::new(config);
    // The port first: whoever starts a second server should learn it before the database is touched.
    let listener = server::bind(config.http.address)?;
    let options = StoreOptions { url: config.database.url.clone(), readers: config.database.readers };
    let db = Db::open(&options).await.context("the database cannot be used")?;
    catalogue::load(&db, clock.now()).await.context("the catalogue cannot be taken over")?;
    let keys = Keys::open(&config.auth, config.environment).context("the signing key cannot be used")?;
    let (bus, link) = Bus::open(&config.redis).context("redis.url cannot be used")?;
    let bidders = Bidders::new(db.clone(), bus.clone());
    let place = Place::take(&config, &db, &clock, &keys, Known { bidders: &bidders, bus: &bus }).await?;
    let cluster = place.cluster.clone();
    let ids = IdMint::new(clock.clone(), u16::try_from(cluster.number()).unwrap_or(0));

    let traces = collector::open(&config.telemetry).context("traces cannot be told (section [telemetry])")?;
    let traces = traces.map(Traces::to).unwrap_or_default();
    let (loops, mut arbiters, mut errands) = (Loops::default(), Vec::new(), Errands::default());
    let mut arbiter = |name: &str| {
        let new = Arbiter::new();
        let handle = new.handle();
        new.spawn(loops.watch(&format!("{name} {}", arbiters.len())));
        arbiters.push(new);
        handle
    };
    if let Some(link) = link {
        arbiter("bus").spawn(link.run());
    }
    let (control, notices) = (arbiter("control"), arbiter("notices"));
    let feeds = {
        let db = db.clone();
        start_on(&notices, move || Feeds::new(db))
    };
    let inbox = Inbox::new(db.clone(), feeds.clone(), bus.clone());
    let broadcasters: Vec<Addr<Broadcaster>> = (0..threads(0, 2))
        .map(|_| {
            let (clock, names) = (clock.clone(), Arc::new(bidders.clone()));
            start_on(&arbiter("rooms"), move || Broadcaster::new(clock, names))
        })
        .collect();
    let revoker = Revoker::open(db.clone(), clock.clone(), broadcasters.clone(), Some(feeds), bus.clone());
    let revoker = revoker.await.context("the ended sessions cannot be read")?;
    let tokens = Tokens::new(&config.auth, keys, db.clone(), clock.clone(), revoker.clone(), ids.clone(), bus.redis());
    let last_commit = LastCommit::default();
    let journal = {
        let (db, clock, last_commit) = (db.clone(), clock.clone(), last_commit.clone());
        start_on(&arbiter("journal"), move || Journal::new(db, clock, last_commit))
    };
    let auction_arbiters: Vec<ArbiterHandle> =
        (0..threads(config.auction.arbiters, 2)).map(|_| arbiter("auctions")).collect();
    let directory = Arc::new(Directory::default());
    let changed = Changed::default();
    let registry = {
        let (directory, db, clock, journal) = (Arc::clone(&directory), db.clone(), clock.clone(), journal.clone());
        let rooms = broadcasters.iter().map(|addr| addr.clone().recipient()).collect();
        let (cluster, changed) = (cluster.clone(), changed.clone());
        let make = move || {
            let registry = Registry::new(directory, db, clock, journal, rooms, auction_arbiters);
            registry.within(cluster).noting(changed)
        };
        start_on(&control, make)
    };
    let admission = Admission::new(Arc::clone(&directory), registry, last_commit.clone());
    let admission = admission.within(cluster.clone(), db.clone(), clock.clone());
    let recovered = match &place.fleet {
        Some(fleet) => fleet.recover(&admission).await,
        None => recover::recover(&db, &admission, &clock).await,
    };
    let recovered = recovered.context("the open auctions cannot be brought back")?;
    tracing::info!(auctions = recovered.auctions, due = recovered.due, "recovered");
    // Who says that it runs is ready: the scheduler's first sign of life may be a moment away.
    pulse::beat(&db, cluster.number().max(1), clock.now()).await.context("nothing can be written to the database")?;
    last_commit.set(clock.now().0);
    {
        let (db, clock, last_commit) = (db.clone(), clock.clone(), last_commit.clone());
        let node = cluster.number();
        start_on(&control, move || Scheduler::new(directory, db, clock, last_commit).numbered(node));
    }

    let told = {
        let (db, clock, ids) = (db.clone(), clock.clone(), ids.clone());
        let teller = Teller::new(db, clock, ids, admission.clone(), cluster.clone(), changed);
        let last = teller.last_round();
        errands.run(&notices, teller.keep());
        last
    };
    let announcer = Announcer::new(db.clone(), clock.clone(), ids.clone());
    errands.run(&notices, announcer.keep(cluster.clone()));
    let planner = Planner::new(db.clone(), clock.clone(), ids.clone(), inbox.clone());
    errands.run(&notices, planner.keep_planning(cluster.clone()));
    let news = News::new(db.clone(), clock.clone(), revoker.clone(), bidders.clone(), inbox.clone());
    errands.run(&control, news.follow(bus.listen()));
    let audited = audit_head::say(&db, None).await.context("the audit log cannot be read")?;
    errands.run(&control, audit_head::keep_saying(db.clone(), audited));

    let base = match config.auth.public_url.as_str() {
        "" => format!("http://{}", listener.local_addr()?),
        public => public.to_owned(),
    };
    let files = {
        let secret = tokens.keys().secret_for("upload addresses");
        let (db, clock, ids, base) = (db.clone(), clock.clone(), ids.clone(), base.clone());
        let around = files::Around { db, clock, ids, secret, base };
        Files::open(&config.files, around).context("the file store cannot be used (section [files])")?
    };
    let gateway = Gateway::open(&config.payments, clock.clone()).context("payments.moyasar_endpoint cannot be used")?;
    let payments = Payments::new(db.clone(), clock.clone(), ids.clone(), gateway, &base);
    errands.run(&control, payments.clone().keep_reconciled(cluster.clone()));
    errands.run(&control, tidy::keep_tidy(db.clone(), clock.clone(), files.clone(), cluster.clone()));
    // On a thread of its own: it reads journals, and nobody waits for it.
    let rollups = Rollups::new(&db, clock.clone());
    let counted = rollups.last_round();
    errands.run(&arbiter("rollups"), rollups.keep(cluster.clone()));
    let sms = Sms::open(&config.sms).context("sms.endpoint cannot be used")?;
    let notifier = {
        let email = Email::open(&config.email)?;
        let push = Push::open(&config.push, &base, clock.clone())?;
        Notifier::new(db.clone(), clock.clone(), Ways { sms: sms.clone(), email, push }, &base)
    };
    errands.run(&notices, notifier.clone().keep());
    let pepper = tokens.keys().secret_for("one-time codes");
    let work = Work::new(&tokens.keys().secret_for("work"), config.otp.work_bits);
    let codes = Codes::new(&config.otp, db.clone(), clock.clone(), ids.clone(), sms, &pepper, work);
    let hasher = Hasher::new();
    let oidc = {
        let (db, clock, ids, tokens) = (db.clone(), clock.clone(), ids.clone(), tokens.clone());
        let around = Around { db, clock, ids, tokens, codes: codes.clone(), hasher: hasher.clone() };
        Oidc::new(&config.oidc, &base, around).context("an entry of [[oidc]] cannot be used")?
    };
    let deals = Deals::new(db.clone(), clock.clone(), ids.clone(), admission.clone(), bidders.clone());
    errands.run(&control, deals.clone().keep(cluster.clone()));
    let bidding = Bidding::new(admission.clone(), bidders, ids.clone(), clock.clone());
    let moderation = {
        let (db, clock, ids, bidders) = (db.clone(), clock.clone(), ids.clone(), bidding.bidders().clone());
        Moderation::new(db, clock, ids, bidders, revoker.clone(), admission.clone())
    };
    moderation.strike(None).await.context("the bids of suspended merchants cannot be struck")?;
    let rooms = Arc::new(Surroundings {
        bidding: bidding.clone(),
        inbox: inbox.clone(),
        broadcasters: broadcasters.clone(),
        authenticate: {
            let tokens = tokens.clone();
            Box::new(move |token| tokens.verify(token).ok().map(Caller::from))
        },
        may_stay: {
            let revoker = revoker.clone();
            Box::new(move |caller| !revoker.is_revoked(caller.session, caller.since))
        },
    });
    let app = Data::new(App {
        bidding,
        deals,
        events: EventReader::new(db.clone()),
        inbox,
        rooms,
        moderation,
        analytics: Analytics::new(&db),
        rollups: counted,
        told,
        catalogue: Catalogue::new(db.clone()),
        sign_in: {
            let (db, clock, ids, tokens) = (db.clone(), clock.clone(), ids.clone(), tokens.clone());
            SignIn::new(db, clock, ids, tokens, revoker.clone(), codes, hasher)
        },
        oidc,
        ids,
        files,
        payments,
        notifier,
        limiter: RateLimiter::new(&config.limits, &clock, bus.redis().cloned()),
        bus,
        config: Arc::clone(&config),
        clock,
        db,
        admission,
        tokens,
        revoker,
        journal,
        cluster,
        last_commit,
        loops,
        traces,
        broadcasters: broadcasters.clone(),
    });
    let membership = place.open(&app)?;
    let (address, running) = server::serve(listener, Data::clone(&app), threads(config.http.workers, 1))?;
    let server = running.handle();
    let served = tokio::spawn(running);
    Ok(Running { address, app, server, served, membership, broadcasters, errands, arbiters })
}

/// Starts an actor on an arbiter of its own choosing.
fn start_on<A>(arbiter: &ArbiterHandle, make: impl FnOnce() -> A + Send + 'static) -> Addr<A>
where
    A: Actor<Context = actix::Context<A>>,
{
    A::start_in_arbiter(arbiter, move |_| make())
}

impl Running {
    /// Waits until the server ends by itself, which it does only on an error.
    ///
    /// # Errors
    /// What ended it.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            served = &mut self.served => served.context("the server's task died")?.context("the server ended"),
            lost = self.membership.lost() => Err(lost),
        }
    }

    /// Stops in order: readiness ends and nothing new is decided; the other servers get the auctions; what was begun is committed and answered; rooms say
    /// goodbye (1012: come back); http requests finish; threads end. Takes at most about ten seconds.
    pub async fn stop(self) {
        let admission = &self.app.admission;
        admission.stop();
        // Now, not after the rest: the other servers can take bids in the meantime.
        self.membership.leave(admission).await;
        tokio::time::sleep(Duration::from_secs(self.app.config.http.linger_seconds)).await;
        if tokio::time::timeout(Duration::from_secs(limits::FLUSH_SECS_MAX), admission.settled()).await.is_err() {
            tracing::warn!("commands are still without an answer; their keys will tell what became of them");
        }
        // From here on this process writes no auction any more.
        let goodbyes = future::join_all(self.broadcasters.iter().map(|broadcaster| broadcaster.send(CloseAll)));
        let goodbyes = future::join(goodbyes, self.app.inbox.feeds().send(CloseAll));
        // Who does not answer in time has its sockets cut by the server below.
        let _ = tokio::time::timeout(GOODBYE, goodbyes).await;
        let _ = tokio::time::timeout(DRAIN, self.server.stop(true)).await;
        if let Err(error) = audit_head::say(&self.app.db.afresh(), None).await {
            tracing::warn!(%error, "where the audit log ends is not known");
        }
        self.app.traces.end(LAST_SPANS).await;
        self.errands.end().await;
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}
