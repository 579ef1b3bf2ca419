//! `/metrics`: what the gate and the engine count, for Prometheus.

use std::fs;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::web;
use aws_lc_rs::constant_time;
use futures_util::future;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use secrecy::ExposeSecret as _;

use crate::actors::admission;
use crate::actors::broadcaster;
use crate::actors::feeds;
use crate::actors::journal;
use crate::app::App;
use crate::domain::time::UnixMicros;
use crate::flows::codes;
use crate::http::api::health;
use crate::http::gate::client::Client;
use crate::http::gate::metrics::Metrics;
use crate::persistence::file_of;
use crate::telemetry;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// What the engine says of itself.
struct Seen {
    engine: admission::Observation,
    journal: Option<journal::Observation>,
    rooms: broadcaster::Observation,
    feeds: feeds::Observation,
    buckets: usize,
    /// Calls whose rate this process judged alone though it should not.
    fallbacks: u64,
    /// Whether Redis is there, where one should be, and how often it was asked in vain.
    redis: Option<(bool, u64)>,
    /// Messages to other processes, from them, and those that were not sent.
    bus: (u64, u64, u64),
    codes: codes::Observation,
    process: Process,
    app: web::Data<App>,
}

/// Tells what is counted, in the text format of `OpenMetrics`.
///
/// For callers from this machine, or with the token of `metrics.token` as a bearer token.
#[utoipa::path(tag = "health", responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"), (status = 401), (status = 403)))]
#[get("/metrics")]
pub(crate) async fn get_metrics(
    app: web::Data<App>,
    metrics: web::Data<Metrics>,
    client: Client,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    check(app.config.metrics.token.expose_secret(), client, &request)?;
    let url = app.config.database.url.clone();
    let (engine, journal, rooms, feeds, process) = future::join5(
        app.admission.observe(),
        app.journal.send(journal::Observe),
        future::join_all(app.broadcasters.iter().map(|broadcaster| broadcaster.send(broadcaster::Observe))),
        app.inbox.feeds().send(feeds::Observe),
        web::block(move || Process::read(&url)),
    )
    .await;
    let rooms =
        rooms.into_iter().flatten().fold(broadcaster::Observation::default(), |all, one| broadcaster::Observation {
            rooms: all.rooms + one.rooms,
            sockets: all.sockets + one.sockets,
            slow: all.slow + one.slow,
            evicted: all.evicted + one.evicted,
        });
    let process = process.unwrap_or_default();
    let bus = app.bus.counts();
    let seen = Seen {
        engine,
        journal: journal.ok(),
        rooms,
        feeds: feeds.unwrap_or_default(),
        buckets: app.limiter.len(),
        fallbacks: app.limiter.fallbacks(),
        redis: app.bus.redis().map(|redis| (app.bus.state().is_up(), redis.unanswered())),
        bus: (bus.published, bus.heard, bus.dropped),
        codes: app.sign_in.codes().observe(),
        process,
        app,
    };
    let text = metrics.render(|registry| seen.register(registry)).map_err(|_| Code::Internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, kind)).body(text))
}

fn check(token: &str, client: Client, request: &HttpRequest) -> Result<(), Problem> {
    if token.is_empty() {
        return if client.is_here { Ok(()) } else { Err(Code::MetricsRefused.into()) };
    }
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    constant_time::verify_slices_are_equal(sent.as_bytes(), token.as_bytes()).map_err(|_| Code::Unauthenticated.into())
}

impl Seen {
    fn register(&self, registry: &mut Registry) {
        let of_process = registry;
        let gauge = |registry: &mut Registry, name: &str, help: &str, value: usize| {
            registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        };
        let count = |registry: &mut Registry, name: &str, help: &str, value: u64| {
            registry.register(name, help, ConstCounter::new(value));
        };
        let registry = of_process.sub_registry_with_prefix("mazad");
        gauge(registry, "auctions", "Auctions in memory", self.engine.auctions);
        self.register_health(registry);
        self.register_levels(registry);
        count(registry, "commands_busy", "Commands refused: their auction was busy", self.engine.busy);
        count(registry, "commands_overloaded", "Commands refused: the engine was busy", self.engine.overloaded);
        if let Some(of) = self.engine.registry {
            count(registry, "auction_actors_died", "Actors of auctions that died", of.died);
            count(registry, "auction_actors_started", "Actors of auctions that were started", of.started);
            gauge(registry, "auctions_waking", "Auctions that are read from the journal", of.waking);
        }
        if let Some(of) = self.journal {
            count(registry, "journal_commits", "Transactions that committed", of.groups);
            count(registry, "journal_appends", "Appends in them", of.appends);
            count(registry, "journal_unclear", "Groups of which a part is unclear", of.unclear);
            count(registry, "journal_superseded", "Appends behind which another writer had gone on", of.superseded);
            let sizes = Family::<[(&str, String); 1], Counter>::default();
            for (power, commits) in of.sizes.iter().enumerate() {
                sizes.get_or_create(&[("appends_to", (1_u64 << power).to_string())]).inc_by(*commits);
            }
            registry.register("journal_commits_by_size", "Transactions by the number of their appends", sizes);
        }
        gauge(registry, "rooms", "Live rooms", self.rooms.rooms);
        gauge(registry, "room_sockets", "Sockets in live rooms", self.rooms.sockets);
        count(registry, "room_slow_readers", "Sockets that did not keep up", self.rooms.slow);
        count(registry, "room_evictions", "Accounts whose sockets were closed", self.rooms.evicted);
        gauge(registry, "feed_people", "People with a socket for their notifications", self.feeds.people);
        gauge(registry, "feed_sockets", "Sockets for notifications", self.feeds.sockets);
        count(registry, "feed_slow_readers", "Sockets for notifications that did not keep up", self.feeds.slow);
        gauge(registry, "rate_limit_buckets", "Buckets of rate limits that are remembered", self.buckets);
        if let (Some((is_up, unanswered)), (published, heard, dropped)) = (self.redis, self.bus) {
            gauge(registry, "redis_up", "Whether Redis is there", usize::from(is_up));
            count(registry, "redis_unanswered", "Calls to Redis that this process answered by itself", unanswered);
            let help = "Calls whose rate was judged by this process alone, for want of Redis";
            count(registry, "rate_limit_fallbacks", help, self.fallbacks);
            count(registry, "bus_published", "Messages to other processes", published);
            count(registry, "bus_heard", "Messages from other processes", heard);
            count(registry, "bus_dropped", "Messages to other processes that were not sent", dropped);
        }
        if let Some(of) = self.app.cluster.observe() {
            registry.register(
                "cluster_number",
                "The number of this server among the others",
                ConstGauge::new(of.number),
            );
            gauge(registry, "cluster_servers", "Servers of this database that live, as far as this one knows", of.live);
            gauge(registry, "auctions_followed", "Auctions in memory that another server writes", self.engine.followed);
            count(registry, "auctions_taken_over", "Auctions of other servers that this one took over", of.taken_over);
            count(registry, "commands_handed_on", "Commands that another server was asked to decide", of.handed_on);
        }
        count(registry, "log_lines_dropped", "Lines of the log that nobody took", telemetry::lines_dropped());
        let wishes = Family::<[(&str, &str); 1], Counter>::default();
        for (outcome, times) in [
            ("booked", self.codes.booked),
            ("limited", self.codes.limited),
            ("paused", self.codes.paused),
            ("prefix_paused", self.codes.prefix_paused),
            ("work_needed", self.codes.work_needed),
        ] {
            wishes.get_or_create(&[("outcome", outcome)]).inc_by(times);
        }
        registry.register("one_time_codes", "One-time codes that were asked for", wishes);
        let gauge_of = |registry: &mut Registry, name: &str, help: &str, value: i64| {
            registry.register(name, help, ConstGauge::new(value));
        };
        gauge_of(registry, "one_time_codes_today", "One-time codes booked today, UTC", self.codes.today);
        gauge_of(
            registry,
            "one_time_codes_budget",
            "One-time codes that may be booked in a day",
            self.codes.budget.into(),
        );
        gauge(registry, "database_bytes", "The database file", self.process.database_bytes);
        gauge(registry, "wal_bytes", "The file beside it that is written first", self.process.wal_bytes);
        let process = of_process.sub_registry_with_prefix("process");
        gauge(process, "resident_memory_bytes", "Resident memory", self.process.resident_bytes);
        gauge(process, "open_fds", "Open descriptors", self.process.descriptors);
        gauge(process, "threads", "Threads", self.process.threads);
    }
}

/// A number of each way to people.
type OfChannel = Family<[(&'static str, &'static str); 1], Gauge>;
/// A number of each queue.
type OfQueue = Family<[(&'static str, &'static str); 1], Gauge>;

impl Seen {
    /// Whether bids are taken, how fast they become durable, and what became of them.
    fn register_health(&self, registry: &mut Registry) {
        let app = &*self.app;
        let ready = i64::from(health::failing_here(app).is_empty());
        registry.register(
            "ready",
            "Whether bids are taken, as far as the process itself knows",
            ConstGauge::new(ready),
        );
        let age = app.last_commit.age().map_or(f64::INFINITY, |age| age.as_secs_f64());
        registry.register("last_commit_age_seconds", "Since the last commit", ConstGauge::new(age));
        let loops = Family::<[(&str, String); 1], Gauge<f64, AtomicU64>>::default();
        for (name, age) in app.loops.ages() {
            loops.get_or_create(&[("loop", name)]).set(age.as_secs_f64());
        }
        registry.register("loop_age_seconds", "Since a thread's event loop came round", loops);
        let (took, lateness) = app.last_commit.histograms();
        registry.register("journal_commit_seconds", "How long transactions of the journal took", took);
        registry.register("closing_late_seconds", "From a deadline to the decision that it has come", lateness);
        // Of the process that counts; in the others it means nothing.
        let counted = app.rollups.load(Ordering::Relaxed);
        if app.cluster.leads() && counted > 0 {
            let age = app.clock.now().since(UnixMicros(counted)).whole_secs();
            registry.register("rollups_age_seconds", "Since analytics was last counted", ConstGauge::new(age));
        }
        self.register_notices(registry);
        registry.register("bids", "Bids and revisions by what became of them", app.bidding.outcomes().clone());
        let build = Family::<[(&str, &str); 1], Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("build", "The program that runs", build);
    }

    /// What goes out to people, what waits for it, what was given up.
    fn register_notices(&self, registry: &mut Registry) {
        let notifier = &self.app.notifier;
        let help = "Deliveries of notices, by what became of them";
        registry.register("notice_deliveries", help, notifier.outcomes().clone());
        let (waiting, overdue) = (OfChannel::default(), OfChannel::default());
        let backlog = notifier.backlog();
        for of in backlog.ways {
            let labels = [("channel", of.channel.word())];
            waiting.get_or_create(&labels).set(of.deliveries);
            overdue.get_or_create(&labels).set(of.overdue.whole_secs());
        }
        registry.register("notice_deliveries_waiting", "Deliveries that wait to be sent", waiting);
        registry.register("notice_deliveries_overdue_seconds", "For how long the first of them has been due", overdue);
        registry.register("notice_deliveries_dead", "Deliveries that were given up", ConstGauge::new(backlog.dead));
        let help = "For how long the first notice waits of which nobody decided by which ways it goes";
        registry.register("notices_unplanned_seconds", help, ConstGauge::new(backlog.unplanned.whole_secs()));
        let age = self.app.clock.now().since(UnixMicros(self.app.told.load(Ordering::Relaxed))).whole_secs();
        registry.register(
            "notices_told_age_seconds",
            "Since it was looked whom auctions concern",
            ConstGauge::new(age),
        );
    }

    /// Everything that has a bound: how full it is, was at most, may be.
    fn register_levels(&self, registry: &mut Registry) {
        let app = &*self.app;
        let levels = [
            ("commands", self.engine.in_flight),
            ("commands_of_one_auction", self.engine.of_one),
            ("journal", self.journal.map(|of| of.waiting).unwrap_or_default()),
            ("hashes", app.sign_in.hashing()),
            ("short_messages", app.sign_in.codes().sms().level()),
            ("upload_bytes", app.files.memory()),
            ("images", app.files.cleaning()),
            ("analytics", app.analytics.level()),
        ];
        let (used, most, bound) = (OfQueue::default(), OfQueue::default(), OfQueue::default());
        for (name, level) in levels {
            for (family, value) in [(&used, level.used), (&most, level.most), (&bound, level.bound)] {
                family.get_or_create(&[("queue", name)]).set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
        registry.register("queue_used", "What is in a queue", used);
        registry.register("queue_high_water", "The most that was in a queue since the start", most);
        registry.register("queue_bound", "What a queue takes at most", bound);
    }
}

/// What the operating system says of this process; zeroes where it says nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Process {
    resident_bytes: usize,
    descriptors: usize,
    threads: usize,
    database_bytes: usize,
    wal_bytes: usize,
}

impl Process {
    /// Reads `/proc`; with ten thousand descriptors that takes a few milliseconds, so not on a worker.
    fn read(url: &str) -> Self {
        let bytes = |ending: &str| {
            let file = file_of(url).map(|path| format!("{}{ending}", path.display()));
            let length = file.and_then(|file| fs::metadata(file).ok()).map_or(0, |of| of.len());
            usize::try_from(length).unwrap_or(usize::MAX)
        };
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        Self {
            resident_bytes: field("VmRSS:") * 1_024,
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            threads: field("Threads:"),
            database_bytes: bytes(""),
            wal_bytes: bytes("-wal"),
        }
    }
}
