//! `/api/v1/notifications/preferences`: by which ways the caller wants to be told what.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::put;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::notice::Channel;
use crate::domain::notice::Kind;
use crate::domain::notice_plan::QuietHours;
use crate::domain::notice_plan::Wishes;
use crate::domain::profile::DayMinute;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::persistence::preferences;
use crate::wire::notification::DigestWord;
use crate::wire::notification::KindWord;
use crate::wire::problem::Problem;
use crate::wire::profile::Faults;

/// Ways, and whether each is taken.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "one for each channel")]
pub struct ChannelsBody {
    /// The list in the application: always.
    database: bool,
    /// To the caller's devices.
    push: bool,
    /// To the verified phone.
    sms: bool,
    /// To the address of the account.
    email: bool,
}

/// What one may be told about.
#[derive(Serialize, ToSchema)]
pub struct EventPreference {
    /// What it is about.
    r#type: KindWord,
    /// By which ways it comes.
    channels: ChannelsBody,
    /// By which it comes where nothing was chosen.
    usual: ChannelsBody,
    /// Whether it comes in quiet hours too.
    urgent: bool,
}

/// Hours in which nothing rings, in Riyadh; they may go over midnight.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHoursBody {
    /// From this minute on.
    #[schema(example = "22:00")]
    from: String,
    /// Up to this one and without it.
    #[schema(example = "07:00")]
    to: String,
}

/// What the caller chose.
#[derive(Serialize, ToSchema)]
pub struct NotificationPreferences {
    /// Everything that one may be told about.
    events: Vec<EventPreference>,
    /// When nothing rings; null where nothing was chosen.
    quiet_hours: Option<QuietHoursBody>,
    /// Whether new requests come one by one or together.
    digest: DigestWord,
}

/// Ways that are to be taken or not; the usual where it is not said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelsInput {
    /// The list in the application: cannot be turned off.
    database: Option<bool>,
    /// To the caller's devices.
    push: Option<bool>,
    /// To the verified phone.
    sms: Option<bool>,
    /// To the address of the account.
    email: Option<bool>,
}

/// A wish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventInput {
    /// What it is about.
    r#type: KindWord,
    /// By which ways it is to come.
    channels: ChannelsInput,
}

/// What the caller chooses, in place of what it chose before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesInput {
    /// Wishes; about the rest the caller is told in the usual ways.
    events: Vec<EventInput>,
    /// When nothing is to ring.
    quiet_hours: Option<QuietHoursBody>,
    /// Whether new requests come one by one or together.
    digest: DigestWord,
}

impl PreferencesInput {
    fn check(self) -> Result<Wishes, Problem> {
        let mut faults = Faults::default();
        let mut wishes = Wishes::usual(self.digest.0);
        let mut seen = BTreeSet::new();
        for (at, event) in self.events.into_iter().enumerate() {
            let EventInput { r#type: KindWord(kind), channels } = event;
            if !seen.insert(kind) {
                faults.add(format!("events[{at}].type"), "duplicate", "this one came before");
                // As many faults as there are kinds, however long the list is.
                break;
            }
            let ChannelsInput { database, push, sms, email } = channels;
            for (channel, wanted) in
                [(Channel::InApp, database), (Channel::Push, push), (Channel::Sms, sms), (Channel::Email, email)]
            {
                if wanted.is_some_and(|wanted| wishes.set(kind, channel, wanted).is_err()) {
                    let field = format!("events[{at}].channels.{}", channel.word());
                    faults.add(field, "fixed", "this cannot be turned off");
                }
            }
        }
        if let Some(QuietHoursBody { from, to }) = &self.quiet_hours {
            let mut minute = |field: &str, text: &str| {
                let read = DayMinute::parse(text).filter(|minute| minute.0 < 24 * 60);
                if read.is_none() {
                    faults.add(field, "invalid", "a time of day, 00:00 to 23:59");
                }
                read
            };
            let ends = minute("quiet_hours.from", from).zip(minute("quiet_hours.to", to));
            wishes.quiet = ends.and_then(|(from, to)| QuietHours::new(from, to));
            if ends.is_some() && wishes.quiet.is_none() {
                faults.add("quiet_hours.to", "invalid", "another time than `from`; null for no quiet hours");
            }
        }
        if faults.0.is_empty() { Ok(wishes) } else { Err(Problem::fields(faults.0)) }
    }
}

fn channels_body(takes: impl Fn(Channel) -> bool) -> ChannelsBody {
    ChannelsBody {
        database: takes(Channel::InApp),
        push: takes(Channel::Push),
        sms: takes(Channel::Sms),
        email: takes(Channel::Email),
    }
}

fn preferences_body(wishes: &Wishes) -> NotificationPreferences {
    let event = |kind: &Kind| EventPreference {
        r#type: KindWord(*kind),
        channels: channels_body(|channel| wishes.wants(*kind, channel)),
        usual: channels_body(|channel| kind.usual(channel)),
        urgent: kind.is_urgent(),
    };
    NotificationPreferences {
        events: Kind::ALL.iter().map(event).collect(),
        quiet_hours: wishes
            .quiet
            .map(|quiet| QuietHoursBody { from: quiet.from().to_string(), to: quiet.to().to_string() }),
        digest: DigestWord(wishes.digest),
    }
}

/// Reads by which ways the caller is told what.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications",
    responses((status = 200, body = NotificationPreferences), (status = 401)))]
#[get("/preferences")]
pub(crate) async fn get_notification_preferences(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let wishes = preferences::find(&app.db, who.user).await?;
    Ok(HttpResponse::Ok().json(preferences_body(&wishes)))
}

/// Chooses by which ways the caller is told what. What was chosen before and is not said again becomes usual.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", request_body = PreferencesInput,
    responses((status = 200, body = NotificationPreferences), (status = 401), (status = 422)))]
#[put("/preferences")]
pub(crate) async fn update_notification_preferences(
    app: web::Data<App>,
    who: Identity,
    body: Json<PreferencesInput>,
) -> Result<HttpResponse, Problem> {
    let wishes = body.value.check()?;
    preferences::replace(&app.db, who.user, &wishes, app.clock.now()).await?;
    Ok(HttpResponse::Ok().json(preferences_body(&wishes)))
}
