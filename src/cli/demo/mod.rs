//! `mazad demo`: the server with a market that is alive. People are seeded, requests are published again whenever they
//! have closed, and simulated merchants bid through the public API like everybody else.

pub mod bidder;
pub mod cast;
pub mod character;
pub mod deal;
pub mod photo;

use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use serde_json::json;
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::boot;
use crate::cli::api_client::ApiClient;
use crate::cli::api_client::text;
use crate::cli::demo::bidder::Bidder;
use crate::cli::demo::bidder::Dice;
use crate::cli::demo::cast::CUSTOMERS;
use crate::cli::demo::cast::MERCHANTS;
use crate::cli::demo::cast::SCENES;
use crate::cli::demo::cast::Scene;
use crate::cli::demo::cast::VISITOR;
use crate::cli::market;
use crate::cli::market::Market;
use crate::cli::market::Part;
use crate::cli::market::Person;
use crate::cli::market::Published;
use crate::cli::market::RequestSpec;
use crate::cli::market::Wanted;
use crate::cli::serve::stop_signal;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::user::UserKind;
use crate::telemetry;

/// How often the stage manager looks whether a room has closed.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long a result stands before the customer accepts it and asks for something new.
const RESULT_STANDS: Duration = Duration::from_secs(25);
/// When a merchant asks about a request that was just published.
const TALK_AFTER: Duration = Duration::from_secs(8);
/// How long it waits after something went wrong.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);

/// What the demonstration can be told.
#[derive(Args, Clone, Debug)]
pub struct DemoOptions {
    /// Simulated merchants, at most eight.
    #[arg(long, default_value_t = 6)]
    merchants: usize,
    /// How long bids are taken in every request, in seconds, at least 60; left out: 4 to 30 minutes.
    #[arg(long, value_parser = clap::value_parser!(u64).range(60..))]
    bidding_secs: Option<u64>,
}

/// Who plays, and where.
struct Stage {
    authority: String,
    customers: Vec<(Person, String)>,
    merchants: Vec<Person>,
    visitor: Person,
}

/// Serves and plays until a signal asks to stop.
///
/// # Errors
/// When the server cannot start or the market cannot be set up.
#[expect(clippy::needless_pass_by_value, reason = "a verb owns what it was started with, like its siblings")]
pub fn run(config: Config, options: DemoOptions) -> anyhow::Result<()> {
    let _log = telemetry::start(&config.log)?;
    actix::System::new().block_on(async {
        let mut running = boot::start(config.clone()).await?;
        let authority = running.address.to_string();
        let played = async {
            let stage = Rc::new(set_stage(&config, &authority, &options).await?);
            println!("{}", welcome(&stage));
            for (number, scene) in SCENES.iter().enumerate() {
                let bidding_secs = options.bidding_secs.unwrap_or(scene.bidding_secs);
                let scene = Scene { bidding_secs, ..*scene };
                spawn_local(keep_playing(Rc::clone(&stage), scene, number == 0));
            }
            stop_signal().await.context("signals cannot be heard")
        };
        let ended = tokio::select! {
            ended = running.ended() => ended,
            ended = played => ended,
        };
        running.stop().await;
        ended
    })
}

async fn set_stage(config: &Config, authority: &str, options: &DemoOptions) -> anyhow::Result<Stage> {
    let market = Market::open(config).await?;
    let mut api = ApiClient::new(authority, &format!("demo-{}", Clock::System.now().0));
    let mut customers = Vec::new();
    for (name, phone, brand, model, year) in CUSTOMERS {
        let wanted = Wanted { kind: UserKind::Customer, name, phone, rated: (0, 0) };
        let person = market.enlist(wanted).await?;
        clear_away(&mut api, &person).await?;
        let vehicles = api.get(&person.token, "/api/v1/users/vehicles").await?;
        let vehicle = match vehicles.pointer("/data/0") {
            Some(known) => text(known, "id")?.to_owned(),
            None => market::add_vehicle(&mut api, &person.token, brand, model, *year).await?,
        };
        customers.push((person, vehicle));
    }
    let mut merchants = Vec::new();
    for role in MERCHANTS.iter().take(options.merchants) {
        let wanted = Wanted { kind: UserKind::Merchant, name: role.name, phone: role.phone, rated: role.rated };
        merchants.push(market.enlist(wanted).await?);
    }
    let (name, phone) = VISITOR;
    let visitor = market.enlist(Wanted { kind: UserKind::Merchant, name, phone, rated: (4_400, 40) }).await?;
    Ok(Stage { authority: authority.to_owned(), customers, merchants, visitor })
}

/// Cancels what an earlier demonstration left open: nobody bids on it any more.
async fn clear_away(api: &mut ApiClient, customer: &Person) -> anyhow::Result<()> {
    for status in ["published", "bidding_open", "reviewing"] {
        let list = api.get(&customer.token, &format!("/api/v1/orders/requests?limit=100&status={status}")).await?;
        for request in list.get("data").and_then(Value::as_array).into_iter().flatten() {
            let path = format!("/api/v1/orders/requests/{}/cancel", text(request, "id")?);
            let reason = json!({ "reason": "the demonstration starts anew" });
            // It may close at this very moment; then there is nothing left to clear.
            if let Err(error) = api.post(&customer.token, &path, &reason).await {
                tracing::debug!(%error, "demo: not cleared away");
            }
        }
    }
    Ok(())
}

fn welcome(stage: &Stage) -> String {
    let customers: Vec<&str> = stage.customers.iter().map(|(person, _)| person.phone.as_str()).collect();
    format!(
        "\nmazad demo on http://{}/  (the API: /api/docs/; stop with Ctrl-C)\n\
         {} simulated merchants bid over REST and WebSocket in {} requests, one of each visibility. Each shows a photo, and \
         a merchant asks about it. The best bid of a closed one is accepted, delivered, paid in cash and reviewed, and the \
         request is published anew.\n\
         Sign in: merchant {}, customers {}; password of all: {}\n",
        stage.authority,
        stage.merchants.len(),
        SCENES.len(),
        stage.visitor.phone,
        customers.join(", "),
        market::PASSWORD,
    )
}

/// Plays one scene for ever.
async fn keep_playing(stage: Rc<Stage>, scene: Scene, announce: bool) {
    let mut act = 0;
    loop {
        act += 1;
        if let Err(error) = play(&stage, &scene, act, announce).await {
            tracing::warn!(request = scene.title, %error, "demo: the scene broke off");
            sleep(AFTER_TROUBLE).await;
        }
    }
}

async fn play(stage: &Stage, scene: &Scene, act: u64, announce: bool) -> anyhow::Result<()> {
    let (customer, vehicle) = stage.customers.get(scene.customer).context("every scene has its customer")?;
    let mut api = ApiClient::new(&stage.authority, &format!("demo-{}", Clock::System.now().0));
    let photo = api.upload(&customer.token, "/api/v1/files", "part.jpg", &photo::paint(act)?).await?;
    let photo = text(&photo, "id")?.to_owned();
    println!("· {} — {} s, {}, with photo {photo}", scene.title, scene.bidding_secs, scene.visibility);
    let published = market::publish(&mut api, &customer.token, vehicle, &spec(scene, photo)).await?;
    if announce {
        println!("{}", addresses(stage, customer, &published));
    }
    for (number, (person, role)) in stage.merchants.iter().zip(MERCHANTS).enumerate() {
        let seed = act * 1_000 + scene.bidding_secs * 17 + u64::try_from(number)?;
        let bidder = Bidder {
            authority: stage.authority.clone(),
            person: person.clone(),
            role: *role,
            scene: *scene,
            published: published.clone(),
            dice: Dice::new(seed),
        };
        spawn_local(bidder.play());
    }
    if let Some(merchant) = stage.merchants.first() {
        sleep(TALK_AFTER).await;
        deal::talk(&mut api, customer, merchant, scene, &published).await?;
    }
    wait_for_close(&mut api, customer, &published).await?;
    sleep(RESULT_STANDS).await;
    deal::walk(&mut api, customer, &stage.merchants, scene, &published).await
}

fn spec(scene: &Scene, photo: String) -> RequestSpec {
    let part = |(name, quantity, _): &(&str, i64, i64)| Part { name: (*name).to_owned(), quantity: *quantity };
    RequestSpec {
        title: scene.title.to_owned(),
        description: scene.description.to_owned(),
        parts: scene.parts.iter().map(part).collect(),
        bidding_secs: scene.bidding_secs,
        opens_at: None,
        soft_close_secs: None,
        visibility: scene.visibility,
        urgent: scene.urgent,
        photo: Some(photo),
    }
}

fn addresses(stage: &Stage, customer: &Person, published: &Published) -> String {
    let link =
        |person: &Person| format!("http://{}/#token={}&request={}", stage.authority, person.token, published.request);
    format!(
        "\n  Watch as the customer ({}):\n  {}\n\n  Bid yourself as a merchant ({}):\n  {}\n",
        customer.name,
        link(customer),
        stage.visitor.name,
        link(&stage.visitor)
    )
}

async fn wait_for_close(api: &mut ApiClient, customer: &Person, published: &Published) -> anyhow::Result<()> {
    let path = format!("/api/v1/orders/requests/{}", published.request);
    loop {
        sleep(LOOK_EVERY).await;
        let request = api.get(&customer.token, &path).await?;
        let status = text(&request, "status")?;
        if !matches!(status, "published" | "bidding_open" | "bidding_closed") {
            return Ok(());
        }
    }
}
