//! `/api/v1/notifications/devices` and `/push-key`: where the caller is pushed to, and the key that browsers need for it.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::Uri;
use actix_web::post;
use actix_web::web;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::DeviceId;
use crate::domain::message::Device;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::persistence::devices;
use crate::persistence::devices::Listed;
use crate::persistence::devices::NewDevice;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::profile::Faults;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// A browser's keys, base 64 in the alphabet of urls.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysInput {
    /// Its public key: 65 bytes.
    p256dh: String,
    /// Its secret: 16 bytes.
    auth: String,
}

/// A device: what a browser's `PushSubscription.toJSON()` gives, or the registration token of an application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceInput {
    /// A browser's push service.
    #[schema(example = "https://push.example.com/abc")]
    endpoint: Option<String>,
    /// When the subscription ends, in milliseconds since the Unix epoch. Not kept: a push service says when it is over.
    #[serde(rename = "expirationTime")]
    #[expect(dead_code, reason = "browsers send it, so it is no unknown field")]
    expiration_time: Option<f64>,
    /// A browser's keys.
    keys: Option<KeysInput>,
    /// An application's token of Firebase Cloud Messaging.
    fcm_token: Option<String>,
    /// What its owner calls it, 1 to 100 characters.
    name: Option<String>,
}

/// A device.
#[derive(Serialize, ToSchema)]
pub struct DeviceBody {
    /// Its id.
    #[schema(value_type = value::DeviceRef)]
    id: value::Id<DeviceId>,
    /// `web` or `fcm`.
    platform: String,
    /// What its owner calls it.
    name: Option<String>,
    /// When it was added.
    created_at: Timestamp,
    /// When it was last pushed to.
    last_sent_at: Option<Timestamp>,
}

/// What a browser's subscription is made with.
#[derive(Serialize, ToSchema)]
pub struct PushKeyBody {
    /// The server's public key (VAPID), base 64 in the alphabet of urls: `applicationServerKey` of `PushManager.subscribe()`.
    public_key: String,
}

/// The caller's devices.
#[derive(Serialize, ToSchema)]
pub struct DeviceList {
    /// Newest first; all of them.
    data: Vec<DeviceBody>,
    /// Always null: an account has few.
    next_cursor: Option<String>,
}

fn device_body(row: Listed) -> DeviceBody {
    let Listed { id, platform, name, created_at, last_sent_at, .. } = row;
    let (created_at, last_sent_at) = (Timestamp(created_at), last_sent_at.map(Timestamp));
    DeviceBody { id: value::Id(id), platform, name, created_at, last_sent_at }
}

impl DeviceInput {
    fn check(self) -> Result<(Device, Option<String>), Problem> {
        let mut faults = Faults::default();
        let name = self.name.as_deref().map(|name| faults.line("name", name, limits::DEVICE_NAME_CHARS_MAX));
        let device = match (self.endpoint, self.keys, self.fcm_token) {
            (Some(endpoint), Some(keys), None) => web_device(endpoint, &keys, &mut faults),
            (None, None, Some(token)) => {
                let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
                if token.is_empty() || token.len() > limits::DEVICE_ADDRESS_BYTES_MAX || !is_plain {
                    faults.add("fcm_token", "invalid", "a registration token of Firebase Cloud Messaging");
                }
                Some(Device::Fcm { token })
            }
            _ => {
                faults.add("", "invalid", "either endpoint and keys of a browser or an fcm_token");
                None
            }
        };
        match device {
            Some(device) if faults.0.is_empty() => Ok((device, name)),
            _ => Err(Problem::fields(faults.0)),
        }
    }
}

fn web_device(endpoint: String, keys: &KeysInput, faults: &mut Faults) -> Option<Device> {
    // Where it leads is looked at whenever something is sent there: what a name means changes.
    let is_https = endpoint.parse::<Uri>().is_ok_and(|uri| {
        let is_whole = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        is_whole && uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty())
    });
    if endpoint.len() > limits::DEVICE_ADDRESS_BYTES_MAX || !is_https {
        faults.add("endpoint", "invalid", "an https address of a push service");
    }
    // An uncompressed point (SEC 1 §2.3.3) begins with a 4.
    let p256dh = bytes(&keys.p256dh).filter(|point: &[u8; 65]| point[0] == 4);
    if p256dh.is_none() {
        faults.add("keys.p256dh", "invalid", "65 bytes in base 64, an uncompressed point of P-256");
    }
    let auth = bytes(&keys.auth);
    if auth.is_none() {
        faults.add("keys.auth", "invalid", "16 bytes in base 64");
    }
    Some(Device::Web { endpoint, p256dh: p256dh?, auth: auth? })
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?.try_into().ok()
}

/// What a device is known by when it comes again.
fn digest_of(device: &Device) -> [u8; 32] {
    let address = match device {
        Device::Web { endpoint, .. } => endpoint,
        Device::Fcm { token } => token,
    };
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [device.platform(), "\0", address] {
        context.update(part.as_bytes());
    }
    let mut all = [0; 32];
    all.copy_from_slice(context.finish().as_ref());
    all
}

/// Gives the key with which a browser subscribes. 404 `push_off` where this server has none: nothing is pushed to browsers.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications",
    responses((status = 200, body = PushKeyBody), (status = 401), (status = 404)))]
#[get("/push-key")]
pub(crate) async fn get_push_key(app: web::Data<App>, _who: Identity) -> Result<HttpResponse, Problem> {
    let public_key = app.notifier.push_key().ok_or(Code::PushOff)?.to_owned();
    Ok(HttpResponse::Ok().json(PushKeyBody { public_key }))
}

/// Lists the caller's devices.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications",
    responses((status = 200, body = DeviceList), (status = 401)))]
#[get("/devices")]
pub(crate) async fn list_devices(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let data = devices::list(&app.db, who.user).await?.into_iter().map(device_body).collect();
    Ok(HttpResponse::Ok().json(DeviceList { data, next_cursor: None }))
}

/// Adds a device, or renews it. One that another account used is this caller's from now on; beyond twenty the oldest goes.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", request_body = DeviceInput,
    responses((status = 201, body = DeviceBody), (status = 401), (status = 409), (status = 422)))]
#[post("/devices")]
pub(crate) async fn create_device(
    app: web::Data<App>,
    who: Identity,
    body: Json<DeviceInput>,
) -> Result<HttpResponse, Problem> {
    let (device, name) = body.value.check()?;
    let digest = digest_of(&device);
    let new = NewDevice { id: DeviceId(app.ids.next()), user: who.user, device, digest, name, at: app.clock.now() };
    let id = devices::put(&app.db, &new, limits::DEVICES_PER_USER_MAX).await?;
    let row = devices::find(&app.db, id).await?.ok_or(Code::UnknownDevice)?;
    Ok(HttpResponse::Created().json(device_body(row)))
}

/// Takes a device away: nothing is pushed to it any more.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
#[delete("/devices/{id}")]
pub(crate) async fn delete_device(
    app: web::Data<App>,
    who: Identity,
    id: Id<DeviceId>,
) -> Result<HttpResponse, Problem> {
    if !devices::delete(&app.db, who.user, id.0).await? {
        return Err(Code::UnknownDevice.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
