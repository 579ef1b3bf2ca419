//! A request's journal for whoever audits it: the bytes that its chain of hashes covers, as they lie there.
//!
//! Nothing is checked on the way, because an auditor has to see what was changed. How the hash is formed is `docs/audit.md`.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::auction::terms::Visibility;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;
use crate::http::api::orders::result::is_running;
use crate::http::api::requests::view::rules_of;
use crate::http::extract::Admin;
use crate::http::extract::Id;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence::journal;
use crate::persistence::journal::Lying;
use crate::persistence::requests;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Hex;
use crate::wire::value::Timestamp;

/// A stretch of the journal.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListJournal {
    /// Only entries after this one; from the first when absent.
    #[param(minimum = 0)]
    after_seq: Option<i64>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// An entry as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct JournalEntry {
    /// Its place, from 1, without gaps.
    seq: i64,
    /// When it was decided.
    at: Timestamp,
    /// What happened.
    kind: String,
    /// The text that the hash covers; null where it names a merchant's private floor, which is shown to nobody.
    payload: Option<String>,
    /// Its hash as stored.
    hash: Hex,
    /// Whether the server finds that it follows its predecessor: the only word on an entry without its payload.
    fits: bool,
}

impl From<Lying> for JournalEntry {
    fn from(entry: Lying) -> Self {
        Self {
            seq: entry.seq,
            at: Timestamp(entry.at),
            payload: entry.public_payload().map(str::to_owned),
            kind: entry.kind,
            hash: Hex(entry.hash),
            fits: entry.fits,
        }
    }
}

/// Where a journal ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct JournalHead {
    /// The last entry.
    seq: i64,
    /// Its hash.
    hash: Hex,
}

/// A stretch of a request's journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journal {
    /// The request, whose number is in every hash.
    #[schema(value_type = value::RequestRef)]
    request_id: value::Id<RequestId>,
    /// In order.
    data: Vec<JournalEntry>,
    /// Pass it as `after_seq` for what follows; null when nothing does.
    next_after_seq: Option<i64>,
    /// What the auction takes for its end.
    head: JournalHead,
}

/// Lists a request's journal with the bytes that its hashes cover. That of a sealed auction is shut until bidding has closed.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path), ListJournal),
    responses((status = 200, body = Journal), (status = 403), (status = 404), (status = 409), (status = 422)))]
#[get("/requests/{id}/journal")]
pub(crate) async fn list_journal(
    app: web::Data<App>,
    _admin: Admin,
    id: Id<RequestId>,
    query: Query<ListJournal>,
) -> Result<HttpResponse, Problem> {
    let limit = Page::read::<i64>(None, query.0.limit, |id| id)?.limit;
    let after = query.0.after_seq.unwrap_or(0);
    if after < 0 {
        return Err(Problem::field("after_seq", "out_of_range", "0 or more"));
    }
    let request = requests::find_request(&app.db, id.0).await?.ok_or(Refusal::UnknownRequest)?;
    // The head first: what is committed meanwhile lies behind it.
    let head = journal::find_head(&app.db, id.0).await?.ok_or(Refusal::WrongState { state: "draft" })?;
    if rules_of(&request.rules).visibility.0 == Visibility::Sealed && is_running(head.state) {
        return Err(Refusal::WrongState { state: head.state.word() }.into());
    }
    let entries = journal::load_lying(&app.db, id.0, after, limit).await?;
    let next_after_seq = entries.last().map(|entry| entry.seq).filter(|last| *last < head.seq);
    Ok(HttpResponse::Ok().json(Journal {
        request_id: value::Id(id.0),
        data: entries.into_iter().map(JournalEntry::from).collect(),
        next_after_seq,
        head: JournalHead { seq: head.seq, hash: Hex(head.hash) },
    }))
}
