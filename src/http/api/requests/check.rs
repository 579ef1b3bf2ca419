//! A body's faults, all of them at once, and the draft that it makes when it has none.

use crate::app::App;
use crate::domain::address::MicroDegrees;
use crate::domain::auction::terms::Visibility;
use crate::domain::city;
use crate::domain::contact;
use crate::domain::ids::FileId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::files;
use crate::persistence::files::File;
use crate::persistence::profiles;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;
use crate::persistence::vehicles;
use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Problem;
use crate::wire::profile::AddressBody;
use crate::wire::profile::LocationBody;
use crate::wire::request::audience;
use crate::wire::request::input::ItemInput;
use crate::wire::request::input::ReasonInput;
use crate::wire::request::input::RequestInput;
use crate::wire::value;

/// Collects what is wrong with a body, so that a form needs one round.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), code, message: message.into() });
    }

    /// A line of text between so many characters, tidied.
    fn line(&mut self, field: impl Into<String>, text: &str, least: usize, most: usize) -> String {
        let tidy = text::tidy(text);
        self.fits(field, &tidy, least, most);
        tidy
    }

    fn optional(&mut self, field: impl Into<String>, text: Option<&str>, most: usize) -> Option<String> {
        let tidy = self.line(field, text.unwrap_or_default(), 0, most);
        Some(tidy).filter(|tidy| !tidy.is_empty())
    }

    fn fits(&mut self, field: impl Into<String>, text: &str, least: usize, most: usize) {
        if !(least..=most).contains(&text.chars().count()) {
            self.add(field, "length", format!("{least} to {most} characters"));
        }
    }

    /// Images of the customer's own, each once.
    fn images(&mut self, field: &str, images: &[value::Id<FileId>], known: &[File]) -> String {
        if images.len() > limits::IMAGES_MAX {
            self.add(field, "too_many", format!("at most {} images", limits::IMAGES_MAX));
        }
        for (at, image) in images.iter().enumerate() {
            let file = known.iter().find(|file| file.id == image.0);
            match file.and_then(File::kind) {
                None => self.add(format!("{field}[{at}]"), "unknown", "no such file of yours that is ready"),
                Some(kind) if !kind.is_image() => self.add(format!("{field}[{at}]"), "not_an_image", "not an image"),
                Some(_) if images.iter().take(at).any(|other| other == image) => {
                    self.add(format!("{field}[{at}]"), "twice", "this image is in the list already");
                }
                Some(_) => {}
            }
        }
        serde_json::to_string(images).unwrap_or_default()
    }
}

/// A draft as the store keeps it.
pub(super) struct Draft {
    pub(super) request: PartRequest,
    pub(super) items: Vec<PartItem>,
    pub(super) invited: Vec<UserId>,
}

fn check_item(app: &App, at: usize, item: &ItemInput, known: &[File], faults: &mut Faults) -> PartItem {
    let field = |name: &str| format!("items[{at}].{name}");
    if !(1..=limits::QUANTITY_MAX).contains(&item.quantity) {
        faults.add(field("quantity"), "out_of_range", format!("1 to {}", limits::QUANTITY_MAX));
    }
    PartItem {
        id: ItemId(app.ids.next()),
        line_no: i64::try_from(at).unwrap_or(0),
        part_name: faults.line(field("part_name"), &item.part_name, 1, limits::NAME_CHARS_MAX),
        part_number: faults.optional(field("part_number"), item.part_number.as_deref(), limits::NAME_CHARS_MAX),
        quantity: item.quantity,
        part_condition: item.condition.map(|condition| condition.word().to_owned()),
        part_group: item.part_group.map(|group| group.word().to_owned()),
        description: faults.optional(field("description"), item.description.as_deref(), limits::NOTES_CHARS_MAX),
        images: faults.images(&field("images"), &item.images, known),
        estimated_price: item.estimated_price.map(|price| price.0),
    }
}

/// The draft of this input.
pub(super) async fn draft(
    app: &App,
    input: RequestInput,
    owner: UserId,
    id: RequestId,
    created_at: UnixMicros,
) -> Result<Draft, Problem> {
    let now = app.clock.now();
    let mut faults = Faults::default();
    let vehicle = vehicles::find_vehicle(&app.db, owner, input.vehicle_id.0).await?;
    if vehicle.is_none() {
        faults.add("vehicle_id", "unknown", "no such vehicle of yours");
    }
    if !(1..=limits::ITEMS_MAX).contains(&input.items.len()) {
        faults.add("items", "length", format!("1 to {} parts", limits::ITEMS_MAX));
    }
    if !(limits::BIDDING_SECS_MIN..=limits::BIDDING_SECS_MAX).contains(&input.bidding_duration_s) {
        let range = format!("{} to {}", limits::BIDDING_SECS_MIN, limits::BIDDING_SECS_MAX);
        faults.add("bidding_duration_s", "out_of_range", range);
    }
    if input.budget_min.zip(input.budget_max).is_some_and(|(least, most)| least > most) {
        faults.add("budget_min", "out_of_range", "not above budget_max");
    }
    let rules = &input.rules;
    if rules.enforce_budget_max && input.budget_max.is_none() {
        faults.add("budget_max", "missing", "rules.enforce_budget_max needs it");
    }
    let weights = rules.weights;
    if u16::from(weights.price) + u16::from(weights.merchant) + u16::from(weights.delivery) != 100 {
        faults.add("rules.weights", "invalid", "they sum to 100");
    }
    if !(1..=9).contains(&rules.min_bids) {
        faults.add("rules.min_bids", "out_of_range", "1 to 9");
    }
    if rules.soft_close_s.is_some_and(|secs| i64::from(secs) > limits::SOFT_CLOSE_TOTAL_SECS_MAX) {
        faults.add("rules.soft_close_s", "out_of_range", format!("at most {}", limits::SOFT_CLOSE_TOTAL_SECS_MAX));
    }
    if rules.visibility.0 == Visibility::Sealed && rules.soft_close_s.is_some_and(|secs| secs > 0) {
        faults.add(
            "rules.soft_close_s",
            "invalid",
            "0 in a sealed auction: an extension would tell that the lead changed",
        );
    }
    if rules.min_rating_milli.is_some_and(|least| !(0..=5_000).contains(&least)) {
        faults.add("rules.min_rating_milli", "out_of_range", "0 to 5000");
    }
    if rules.invited.len() > limits::INVITED_MAX {
        faults.add("rules.invited", "too_many", format!("at most {} merchants", limits::INVITED_MAX));
    }
    let shown = input.items.iter().take(limits::ITEMS_MAX).map(|item| &item.images).chain([&input.images]);
    let shown = shown.flat_map(|images| images.iter().take(limits::IMAGES_MAX).map(|id| id.0)).collect::<Vec<_>>();
    let known = files::list_ready(&app.db, owner, &shown).await?;
    let title = faults.line("title", &input.title, 1, limits::TITLE_CHARS_MAX);
    let description = input.description.trim().to_owned();
    faults.fits("description", &description, 0, limits::DESCRIPTION_CHARS_MAX);
    let pickup = faults.optional("preferred_pickup", input.preferred_pickup.as_deref(), limits::NOTES_CHARS_MAX);
    let images = faults.images("images", &input.images, &known);
    let city = match faults.optional("city", input.city.as_deref(), limits::NAME_CHARS_MAX) {
        Some(city) => Some(city),
        None => home_of(app, owner).await?,
    };
    let part_groups = audience::groups_text(input.items.iter().map(|item| item.part_group.map(|group| group.0)));
    let items: Vec<PartItem> = input
        .items
        .iter()
        .take(limits::ITEMS_MAX)
        .enumerate()
        .map(|(at, item)| check_item(app, at, item, &known, &mut faults))
        .collect();
    let mut invited: Vec<UserId> = rules.invited.iter().map(|id| id.0).collect();
    invited.sort_unstable();
    invited.dedup();
    let (Some(vehicle), true) = (vehicle, faults.0.is_empty()) else { return Err(Problem::fields(faults.0)) };
    let request = PartRequest {
        id,
        customer_id: owner,
        vehicle_id: input.vehicle_id.0,
        brand_id: vehicle.brand_id,
        model_id: vehicle.model_id,
        title,
        description,
        urgency: input.urgency_level.word().to_owned(),
        preferred_pickup: pickup,
        city,
        part_groups,
        budget_min: input.budget_min.map(|amount| amount.0),
        budget_max: input.budget_max.map(|amount| amount.0),
        images,
        rules: serde_json::to_string(rules).map_err(|_| Code::Internal)?,
        invite_only: rules.invite_only,
        bidding_duration_s: input.bidding_duration_s,
        opens_at: input.opens_at.map(|at| at.0),
        published_at: None,
        cancelled_at: None,
        repost_of: None,
        ring: None,
        created_at,
        updated_at: now,
    };
    Ok(Draft { request, items, invited })
}

/// Where the customer's cars usually are: the city around the default location, or else that of the national address.
async fn home_of(app: &App, owner: UserId) -> Result<Option<String>, Problem> {
    let Some(profile) = profiles::find_customer_profile(&app.db, owner).await? else { return Ok(None) };
    let location: Option<LocationBody> = profile.default_location.and_then(|place| serde_json::from_str(&place).ok());
    let address: Option<AddressBody> = profile.national_address.and_then(|place| serde_json::from_str(&place).ok());
    let around = location.and_then(|LocationBody { lat, lng }| {
        city::around(MicroDegrees::parse(&lat, 90)?, MicroDegrees::parse(&lng, 180)?)
    });
    Ok(around.map(str::to_owned).or_else(|| address.map(|address| address.city)))
}

/// The reason that was given, tidied.
pub(super) fn reason(input: &ReasonInput) -> Result<String, Problem> {
    let mut faults = Faults::default();
    let reason = faults.line("reason", &input.reason, 0, limits::NOTES_CHARS_MAX);
    // The journal keeps it for ever.
    if faults.0.is_empty() { Ok(contact::mask(&reason)) } else { Err(Problem::fields(faults.0)) }
}
