//! A provider of short messages that counts what it is sent, by the reference under which it comes. It can be ill, and slow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web;
use actix_web::web::Data;
use serde_json::json;

/// What it has seen.
#[derive(Default)]
pub(crate) struct Books {
    /// How often each message was taken.
    pub(crate) taken: BTreeMap<String, usize>,
    /// Calls that it refused because it was ill.
    pub(crate) refused: usize,
    /// Calls under way, and the most there ever were.
    at_once: usize,
    pub(crate) most_at_once: usize,
    pub(crate) ill: bool,
    pub(crate) slow: Duration,
}

/// The provider. Ends when dropped.
pub(crate) struct Unifonic {
    pub(crate) endpoint: String,
    books: Arc<Mutex<Books>>,
    handle: ServerHandle,
}

impl Unifonic {
    pub(crate) fn start() -> Self {
        let books: Arc<Mutex<Books>> = Arc::default();
        let data = Data::from(Arc::clone(&books));
        let server = HttpServer::new(move || {
            App::new().app_data(data.clone()).route("/rest/SMS/messages", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        actix::spawn(running);
        Self { endpoint, books, handle }
    }

    pub(crate) fn books<T>(&self, read: impl FnOnce(&mut Books) -> T) -> T {
        read(&mut self.books.lock().unwrap())
    }
}

impl Drop for Unifonic {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn take(books: Data<Mutex<Books>>, form: web::Form<BTreeMap<String, String>>) -> HttpResponse {
    let (ill, slow) = {
        let mut books = books.lock().unwrap();
        books.at_once += 1;
        books.most_at_once = books.most_at_once.max(books.at_once);
        (books.ill, books.slow)
    };
    tokio::time::sleep(slow).await;
    let mut books = books.lock().unwrap();
    books.at_once -= 1;
    if ill {
        books.refused += 1;
        return HttpResponse::ServiceUnavailable().finish();
    }
    let reference = form.get("CorrelationID").cloned().unwrap_or_default();
    *books.taken.entry(reference).or_default() += 1;
    let id = books.taken.len();
    HttpResponse::Ok().json(json!({"success": true, "errorCode": "ER-00", "data": {"MessageID": id}}))
}
