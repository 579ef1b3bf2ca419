//! A stand-in for Moyasar on this machine: a real HTTP server that behaves as its manual says (invoices, charges, refunds,
//! webhooks), and fails where it is told to. Nobody has called the real one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;

use actix_web::App;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web;
use actix_web::web::Data;
use mazad::config::Config;
use serde_json::Value;
use serde_json::json;

const KEY: &str = "sk_test_0123456789";
pub(crate) const SECRET: &str = "the webhook's secret of the tests";

/// What goes wrong with the next calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// It says 500 and has done nothing.
    Before,
    /// It does what it is asked and says 500.
    After,
    /// It says no.
    Refuses,
    /// As `Before`, for refunds alone.
    BeforeRefund,
    /// As `After`, for refunds alone.
    AfterRefund,
}

#[derive(Default)]
pub(crate) struct Books {
    /// Invoices by id.
    pub(crate) invoices: BTreeMap<String, Value>,
    /// What goes wrong.
    pub(crate) trouble: Trouble,
    /// Refunds that were carried out.
    pub(crate) refunds: usize,
    /// Calls with our key.
    pub(crate) asked: u32,
    made: usize,
}

/// The running stand-in.
pub(crate) struct Moyasar {
    endpoint: String,
    books: Arc<Mutex<Books>>,
    handle: ServerHandle,
}

impl Moyasar {
    pub(crate) fn start() -> Self {
        let books: Arc<Mutex<Books>> = Arc::default();
        let data = Data::from(Arc::clone(&books));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/v1/invoices", web::post().to(create))
                .route("/v1/invoices/{id}", web::get().to(fetch))
                .route("/v1/invoices/{id}/cancel", web::put().to(cancel))
                .route("/v1/payments/{id}/void", web::post().to(void))
                .route("/v1/payments/{id}/refund", web::post().to(refund))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/v1", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        actix::spawn(running);
        Self { endpoint, books, handle }
    }

    /// Makes a server take cards here.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.payments.moyasar_endpoint.clone_from(&self.endpoint);
        config.payments.moyasar_key = KEY.into();
        config.payments.moyasar_webhook_secret = SECRET.into();
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// The invoice of a payment of ours; of several the last.
    pub(crate) fn invoice_of(&self, payment: &str) -> String {
        let books = self.books();
        let found = books.invoices.iter().rev().find(|(_, invoice)| invoice["metadata"]["payment_id"] == payment);
        found.unwrap().0.clone()
    }

    /// The customer tries to pay on the page.
    pub(crate) fn attempt(&self, invoice: &str, status: &str) {
        let amount = self.books().invoices[invoice]["amount"].as_i64().unwrap();
        self.attempt_of(invoice, status, amount);
    }

    /// The same with an amount that the page did not ask for. Nobody pays on a page that was closed.
    pub(crate) fn attempt_of(&self, invoice: &str, status: &str, amount: i64) {
        let mut books = self.books();
        let at = books.invoices.get_mut(invoice).unwrap();
        if at["status"] == "canceled" {
            return;
        }
        let charges = at["payments"].as_array_mut().unwrap();
        let id = format!("charge-{invoice}-{}", charges.len());
        charges
            .push(json!({"id": id, "status": status, "amount": amount, "currency": "SAR", "fee": 100, "refunded": 0,
            "captured": 0, "invoice_id": invoice, "source": {"type": "creditcard", "message": "Succeeded!"}}));
        if status == "paid" {
            at["status"] = json!("paid");
        }
    }

    /// A webhook about an invoice.
    pub(crate) fn event(&self, id: &str, kind: &str, invoice: &str) -> Value {
        let metadata = self.books().invoices.get(invoice).map_or(Value::Null, |invoice| invoice["metadata"].clone());
        json!({"id": id, "type": kind, "created_at": "2026-11-22T12:00:00.000Z", "secret_token": SECRET,
            "account_name": null, "live": false,
            "data": {"id": "charge", "status": "paid", "amount": 1, "invoice_id": invoice, "metadata": metadata}})
    }

    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
    }
}

fn knows_us(request: &HttpRequest) -> bool {
    use base64::Engine as _;
    let wanted = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{KEY}:")));
    request.headers().get("authorization").is_some_and(|sent| sent.as_bytes() == wanted.as_bytes())
}

fn failed(status: u16, kind: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    HttpResponse::build(status).json(json!({"type": kind, "message": "…", "errors": null}))
}

/// Does what it is asked, unless it is to fail before; and says so, unless it is to fail after.
fn answer(books: &mut Books, request: &HttpRequest, work: impl FnOnce(&mut Books) -> HttpResponse) -> HttpResponse {
    if !knows_us(request) {
        return failed(401, "authentication_error");
    }
    books.asked += 1;
    let is_refund = request.path().ends_with("/refund");
    let trouble = match (books.trouble, is_refund) {
        (Trouble::BeforeRefund, true) => Trouble::Before,
        (Trouble::AfterRefund, true) => Trouble::After,
        (Trouble::BeforeRefund | Trouble::AfterRefund, false) => Trouble::None,
        (other, _) => other,
    };
    match trouble {
        Trouble::Before => failed(500, "api_error"),
        Trouble::Refuses => failed(400, "invalid_request_error"),
        Trouble::After => {
            work(books);
            failed(500, "api_error")
        }
        Trouble::None | Trouble::BeforeRefund | Trouble::AfterRefund => work(books),
    }
}

async fn create(request: HttpRequest, books: Data<Mutex<Books>>, body: web::Json<Value>) -> HttpResponse {
    answer(&mut books.lock().unwrap(), &request, |books| {
        if body["amount"].as_i64().is_none_or(|amount| amount < 100) || body["description"].as_str().is_none() {
            return failed(400, "invalid_request_error");
        }
        books.made += 1;
        let id = format!("invoice-{:04}", books.made);
        let invoice = json!({"id": id, "status": "initiated", "amount": body["amount"], "currency": body["currency"],
            "description": body["description"], "url": format!("https://checkout.example/{id}"), "payments": [],
            "metadata": body["metadata"], "logo_url": "x"});
        books.invoices.insert(id, invoice.clone());
        HttpResponse::Created().json(invoice)
    })
}

async fn fetch(request: HttpRequest, books: Data<Mutex<Books>>, id: web::Path<String>) -> HttpResponse {
    answer(&mut books.lock().unwrap(), &request, |books| match books.invoices.get(&*id) {
        Some(invoice) => HttpResponse::Ok().json(invoice),
        None => failed(404, "record_not_found"),
    })
}

async fn cancel(request: HttpRequest, books: Data<Mutex<Books>>, id: web::Path<String>) -> HttpResponse {
    answer(&mut books.lock().unwrap(), &request, |books| match books.invoices.get_mut(&*id) {
        Some(invoice) if invoice["status"] == "initiated" => {
            invoice["status"] = json!("canceled");
            HttpResponse::Ok().json(invoice)
        }
        Some(_) => failed(400, "invalid_request_error"),
        None => failed(404, "record_not_found"),
    })
}

async fn void(request: HttpRequest, books: Data<Mutex<Books>>, id: web::Path<String>) -> HttpResponse {
    answer(&mut books.lock().unwrap(), &request, |books| {
        let mut charges = books.invoices.values_mut().flat_map(|invoice| invoice["payments"].as_array_mut().unwrap());
        match charges.find(|charge| charge["id"] == **id) {
            Some(charge) if charge["status"] == "authorized" => {
                charge["status"] = json!("voided");
                HttpResponse::Ok().json(charge)
            }
            Some(_) => failed(400, "invalid_request_error"),
            None => failed(404, "record_not_found"),
        }
    })
}

async fn refund(
    request: HttpRequest,
    books: Data<Mutex<Books>>,
    id: web::Path<String>,
    body: web::Json<Value>,
) -> HttpResponse {
    answer(&mut books.lock().unwrap(), &request, |books| {
        let charges = books.invoices.values_mut().flat_map(|invoice| invoice["payments"].as_array_mut().unwrap());
        let Some(charge) = charges.into_iter().find(|charge| charge["id"] == **id) else {
            return failed(404, "record_not_found");
        };
        let (amount, refunded) = (charge["amount"].as_i64().unwrap(), charge["refunded"].as_i64().unwrap());
        let by = body["amount"].as_i64().unwrap_or(amount - refunded);
        if charge["status"] != "paid" || by <= 0 || refunded + by > amount {
            return failed(400, "invalid_request_error");
        }
        charge["refunded"] = json!(refunded + by);
        if refunded + by == amount {
            charge["status"] = json!("refunded");
        }
        let charge = charge.clone();
        books.refunds += 1;
        HttpResponse::Ok().json(charge)
    })
}
