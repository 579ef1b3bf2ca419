//! A file's life: quotas, upload addresses, what shows it, who may see it, and its end.

use std::time::Duration;
use std::time::SystemTime;

use image::DynamicImage;
use image::ImageFormat;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::files::FILES;
use crate::files::fetch;
use crate::files::folder;
use crate::files::form;
use crate::files::jpeg;
use crate::files::objects;
use crate::files::packed;
use crate::files::pdf;
use crate::files::text;
use crate::files::upload;
use crate::files::upload_picture;
use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::open_request::VEHICLES;

async fn list(app: &TestApp, who: &Person) -> Value {
    app.get(Some(&who.token), &format!("{FILES}?limit=100")).await.expect(200)
}

#[actix_web::test]
async fn parallel_uploads_do_not_pass_the_quota() {
    let app = TestApp::configured(|config| config.files.user_files = 5).await;
    let who = app.person("0501111111", "customer").await;
    let other = app.person("0502222222", "customer").await;
    let all = futures_util::future::join_all((0..20).map(|_| upload(&app, &who, "a.jpg", jpeg(16, 16)))).await;
    let made = all.iter().filter(|answer| answer.status == 201).count();
    for refused in all.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, refused.problem()), (409, "file_quota_exceeded"), "{refused:?}");
        assert_eq!(refused.body["max_files"], 5);
    }
    assert_eq!((made, list(&app, &who).await["used_files"].as_i64()), (5, Some(5)));
    assert_eq!(objects(&folder(&app)).len(), 10, "five pictures in two sizes");
    upload(&app, &other, "a.jpg", jpeg(16, 16)).await.expect(201);
    let id = text(&list(&app, &who).await["data"][0]["id"]);
    assert_eq!(app.delete(Some(&who.token), &format!("{FILES}/{id}")).await.status, 204);
    upload(&app, &who, "a.jpg", jpeg(16, 16)).await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn bytes_are_counted_and_set_aside_when_they_are_announced() {
    let app = TestApp::configured(|config| config.files.user_bytes = 10_000).await;
    let who = app.person("0501111111", "customer").await;
    let announce = async |bytes: u64| {
        let body = json!({"name": "a.jpg", "bytes": bytes});
        app.post(Some(&who.token), &format!("{FILES}/presign"), &body).await
    };
    let all = futures_util::future::join_all((0..8).map(|_| announce(3_000))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 3);
    assert_eq!(list(&app, &who).await["used_bytes"], 9_000);
    assert_eq!(announce(1_001).await.problem(), "file_quota_exceeded");
    for wrong in [0, 10_485_761] {
        assert_eq!(announce(wrong).await.fields(), ["bytes"]);
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_repeated_upload_is_one_file() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    // As large as telephones make them, and more than any other body may be.
    let bytes = jpeg(900, 900);
    assert!(bytes.len() > 64 * 1_024, "{}", bytes.len());
    let send = async |bytes: &[u8]| {
        let request = app.request(Method::POST, Some(&who.token), FILES).header("idempotency-key", "k");
        // Each time with another boundary.
        app.send(request.multipart(form("a.jpg", bytes.to_vec()))).await
    };
    let first = send(&bytes).await.expect(201);
    let again = send(&bytes).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.expect(201), first);
    assert_eq!(send(&jpeg(8, 8)).await.problem(), "key_reused");
    assert_eq!(list(&app, &who).await["used_files"], 1);
    app.stop().await;
}

/// An upload that was announced: its id and its address.
async fn announce(app: &TestApp, who: &Person, bytes: usize) -> (String, String) {
    let body = json!({"name": "a.jpg", "bytes": bytes});
    let made = app.post(Some(&who.token), &format!("{FILES}/presign"), &body).await.expect(201);
    assert_eq!(made["method"], "PUT");
    let url = text(&made["url"]);
    (text(&made["id"]), url.strip_prefix(&app.url("")).unwrap().to_owned())
}

async fn put(app: &TestApp, path: &str, bytes: Vec<u8>) -> Answer {
    app.send(app.request(Method::PUT, None, path).body(bytes)).await
}

async fn complete(app: &TestApp, who: &Person, id: &str) -> Answer {
    app.post(Some(&who.token), &format!("{FILES}/{id}/complete"), &json!({})).await
}

#[actix_web::test]
async fn an_upload_address_works_once_for_a_while_and_for_one_file() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let other = app.person("0502222222", "customer").await;
    let bytes = jpeg(100, 50);
    let (id, path) = announce(&app, &who, bytes.len()).await;
    let (second, _) = announce(&app, &who, bytes.len()).await;
    assert_eq!(complete(&app, &who, &id).await.problem(), "file_not_uploaded");
    let last = if path.ends_with('0') { "1" } else { "0" };
    for forged in [
        path.replace(&id, &second),
        path.replace("expires=1", "expires=2"),
        format!("{}{last}", &path[..path.len() - 1]),
        path.replace("signature=", "signature=00"),
    ] {
        assert_eq!(put(&app, &forged, bytes.clone()).await.problem(), "upload_url_refused", "{forged}");
    }
    assert_eq!(put(&app, &path, bytes[1..].to_vec()).await.problem(), "file_damaged", "less than was announced");
    assert_eq!(put(&app, &path, [&*bytes, b"x"].concat()).await.problem(), "file_too_large");
    // Ten at once: one of them is taken.
    let all = futures_util::future::join_all((0..10).map(|_| put(&app, &path, bytes.clone()))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 204).count(), 1);
    assert!(all.iter().all(|answer| answer.status == 204 || answer.problem() == "upload_url_refused"));
    assert_eq!(fetch(&app, &who, &format!("{FILES}/{id}")).await.0, 404, "nobody has looked at it");
    assert_eq!(complete(&app, &other, &id).await.problem(), "unknown_file");
    let made = complete(&app, &who, &id).await.expect(200);
    assert_eq!(
        (&made["status"], &made["content_type"], &made["width"]),
        (&json!("ready"), &json!("image/jpeg"), &json!(100))
    );
    assert_eq!(complete(&app, &who, &id).await.expect(200), made, "the same when repeated");
    assert_eq!(put(&app, &path, bytes.clone()).await.problem(), "upload_url_refused");
    assert_eq!(fetch(&app, &who, &text(&made["url"])).await.0, 200);
    assert_eq!(objects(&folder(&app)).len(), 2, "quarantine is empty");

    let (_, late) = announce(&app, &who, bytes.len()).await;
    app.clock.advance(Span::secs(900));
    assert_eq!(put(&app, &late, bytes).await.problem(), "upload_url_refused");
    app.stop().await;
}

#[actix_web::test]
async fn what_comes_by_an_address_is_looked_at_as_well() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let bytes = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let (id, path) = announce(&app, &who, bytes.len()).await;
    assert_eq!(put(&app, &path, bytes).await.status, 204);
    assert_eq!(complete(&app, &who, &id).await.problem(), "file_type_refused");
    assert_eq!(complete(&app, &who, &id).await.problem(), "unknown_file");
    assert_eq!(objects(&folder(&app)).len(), 0);
    assert_eq!(list(&app, &who).await["used_bytes"], 0);
    app.stop().await;
}

async fn draft(app: &TestApp, who: &Person, images: &Value, of_item: &Value) -> Answer {
    let vehicle = json!({"brand_id": 1, "model_id": 101, "year": 2019});
    let vehicle = app.post(Some(&who.token), VEHICLES, &vehicle).await.expect(201)["id"].clone();
    let body = json!({"vehicle_id": vehicle, "title": "Bumper", "bidding_duration_s": 3_600, "images": images,
        "items": [{"part_name": "Bumper", "quantity": 1, "images": of_item}]});
    app.post(Some(&who.token), REQUESTS, &body).await
}

#[actix_web::test]
async fn who_may_see_a_request_may_see_its_pictures() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let other = app.person("0502222222", "customer").await;
    let (invited, stranger) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    let admin = app.admin("0505555555").await;
    let (whole, part) = (upload_picture(&app, &owner).await, upload_picture(&app, &owner).await);
    let see = async |who: &Person, id: &str| fetch(&app, who, &format!("{FILES}/{id}")).await.0;
    for who in [&other, &invited, &admin] {
        assert_eq!(see(who, &whole).await, 404, "nothing shows it yet");
    }
    let own = json!({"images": [whole], "items": [{"part_name": "A", "quantity": 1, "images": [part]}],
        "rules": {"invite_only": true, "invited": [invited.id]}});
    let open = Open::publish(&app, &owner, own).await;
    let read = app.get(Some(&invited.token), &format!("{REQUESTS}/{}", open.id)).await.expect(200);
    assert_eq!(
        read["images"],
        json!([{"id": whole, "url": format!("{FILES}/{whole}"), "thumbnail_url": format!("{FILES}/{whole}/thumbnail")}])
    );
    assert_eq!(read["items"][0]["images"][0]["id"], json!(part));
    for id in [&whole, &part] {
        for (who, status) in [(&owner, 200), (&other, 404), (&invited, 200), (&stranger, 404), (&admin, 200)] {
            assert_eq!(see(who, id).await, status);
        }
        let refused = app.delete(Some(&owner.token), &format!("{FILES}/{id}")).await;
        assert_eq!((refused.status, refused.problem()), (409, "file_in_use"));
    }
    app.post(Some(&owner.token), "/api/v1/users/blocks", &json!({"merchant_id": invited.id})).await;
    assert_eq!(see(&invited, &whole).await, 404, "blocked since");
    app.stop().await;
}

#[actix_web::test]
async fn only_ready_images_of_ones_own_are_shown() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let other = app.person("0502222222", "customer").await;
    let own = upload_picture(&app, &owner).await;
    let foreign = upload_picture(&app, &other).await;
    let (pending, _) = announce(&app, &owner, 100).await;
    let document = text(&upload(&app, &owner, "a.pdf", pdf()).await.expect(201)["id"]);
    for (images, code) in [
        (json!([foreign]), "unknown"),
        (json!([pending]), "unknown"),
        (json!(["fil_0000000000001"]), "unknown"),
        (json!([document]), "not_an_image"),
    ] {
        let refused = draft(&app, &owner, &images, &json!([])).await;
        assert_eq!((refused.fields(), &refused.body["errors"][0]["code"]), (vec!["images[0]"], &json!(code)));
        let refused = draft(&app, &owner, &json!([]), &images).await;
        assert_eq!(refused.fields(), ["items[0].images[0]"]);
    }
    assert_eq!(draft(&app, &owner, &json!([own, own]), &json!([])).await.fields(), ["images[1]"]);
    assert_eq!(draft(&app, &owner, &json!(["../../x"]), &json!([])).await.fields(), ["images[0]"]);
    draft(&app, &owner, &json!([own]), &json!([own])).await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn what_nothing_shows_for_a_day_is_deleted() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (kept, taken_out, unused) =
        (upload_picture(&app, &owner).await, upload_picture(&app, &owner).await, upload_picture(&app, &owner).await);
    announce(&app, &owner, 100).await;
    let made = draft(&app, &owner, &json!([kept, taken_out]), &json!([])).await.expect(201);
    let sweep = async || app.running.app.files.sweep().await.unwrap();
    sweep().await;
    assert_eq!(list(&app, &owner).await["used_files"], 4);

    app.clock.advance(Span::secs(86_401));
    let owner = Person { token: app.sign_in("0501111111").await.token, ..owner };
    let exists = async |id: &str| fetch(&app, &owner, &format!("{FILES}/{id}")).await.0 == 200;
    // Taken out a moment ago: it has its day from here.
    let body = json!({"vehicle_id": made["vehicle"]["id"], "title": "Bumper", "bidding_duration_s": 3_600,
        "images": [kept], "items": [{"part_name": "Bumper", "quantity": 1}]});
    let path = format!("{REQUESTS}/{}", text(&made["id"]));
    let changed = app.put(Some(&owner.token), &path, &body).await.expect(200);
    assert_eq!(changed["images"].as_array().unwrap().len(), 1);
    sweep().await;
    assert_eq!((exists(&kept).await, exists(&taken_out).await, exists(&unused).await), (true, true, false));
    assert_eq!((list(&app, &owner).await["used_files"].clone(), objects(&folder(&app)).len()), (json!(2), 4));

    app.clock.advance(Span::secs(86_401));
    sweep().await;
    let owner = Person { token: app.sign_in("0501111111").await.token, ..owner };
    assert_eq!(list(&app, &owner).await["data"].as_array().unwrap().len(), 1);
    assert_eq!(app.delete(Some(&owner.token), &path).await.status, 204);
    app.clock.advance(Span::secs(86_401));
    sweep().await;
    assert_eq!(objects(&folder(&app)).len(), 0, "the draft went, and with it what it showed");
    app.stop().await;
}

#[actix_web::test]
async fn quarantine_is_swept() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (_, path) = announce(&app, &owner, 3).await;
    assert_eq!(put(&app, &path, b"old".to_vec()).await.status, 204);
    let lies = objects(&folder(&app)).remove(0);
    // What a bucket's address was used for a second time has no row any more.
    let stray = lies.with_file_name("0".repeat(32));
    let fresh = lies.with_file_name("1".repeat(32));
    std::fs::write(&stray, "x").unwrap();
    std::fs::write(&fresh, "x").unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&stray).unwrap().set_modified(long_ago).unwrap();
    let soon = SystemTime::UNIX_EPOCH + Duration::from_secs(20_000_000_000);
    std::fs::File::options().write(true).open(&fresh).unwrap().set_modified(soon).unwrap();
    app.running.app.files.sweep().await.unwrap();
    assert!(!stray.exists() && fresh.exists());
    app.stop().await;
}

#[actix_web::test]
async fn documents_are_for_the_merchant_and_administrators() {
    let app = TestApp::start().await;
    let merchant = app.merchant("0501111111").await;
    let (other, customer) = (app.merchant("0502222222").await, app.person("0503333333", "customer").await);
    let admin = app.admin("0505555555").await;
    let id = text(&upload(&app, &merchant, "licence.pdf", pdf()).await.expect(201)["id"]);
    let profile = |id: &str| {
        let document = json!({"kind": "commercial_registration", "number": "1010123456", "file_id": id});
        json!({"business_name": "Noor", "verification_documents": [document]})
    };
    let path = "/api/v1/users/merchant-profile";
    let refused = app.put(Some(&other.token), path, &profile(&id)).await;
    assert_eq!(refused.fields(), ["verification_documents[0].file_id"]);
    let saved = app.put(Some(&merchant.token), path, &profile(&id)).await.expect(200);
    assert_eq!(saved["verification_documents"][0]["file_id"], json!(id));
    for (who, status) in [(&merchant, 200), (&admin, 200), (&other, 404), (&customer, 404)] {
        assert_eq!(fetch(&app, who, &format!("{FILES}/{id}")).await.0, status);
    }
    assert_eq!(app.delete(Some(&merchant.token), &format!("{FILES}/{id}")).await.problem(), "file_in_use");
    app.put(Some(&merchant.token), path, &json!({"business_name": "Noor"})).await.expect(200);
    assert_eq!(fetch(&app, &admin, &format!("{FILES}/{id}")).await.0, 404);
    app.stop().await;
}

#[actix_web::test]
async fn files_go_with_the_account_and_out_with_the_export() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0502222222").await;
    let id = upload_picture(&app, &owner).await;
    let open = Open::publish(&app, &owner, json!({"images": [id]})).await;
    let export = app.get(Some(&owner.token), "/api/v1/users/export").await.expect(200);
    assert_eq!((&export["files"][0]["id"], &export["files"][0]["name"]), (&json!(id), &json!("bumper.jpg")));
    app.post(Some(&owner.token), &format!("{REQUESTS}/{}/cancel", open.id), &json!({"reason": "x"})).await.expect(200);
    let request = app.request(Method::DELETE, Some(&owner.token), "/api/v1/users/me");
    assert_eq!(app.send(request.json(&json!({"password": PASSWORD}))).await.status, 204);
    assert_eq!(objects(&folder(&app)).len(), 0);
    assert_eq!(fetch(&app, &merchant, &format!("{FILES}/{id}")).await.0, 404);
    app.stop().await;
}

#[actix_web::test]
async fn what_an_upload_becomes_counts_and_not_what_it_was() {
    let app = TestApp::configured(|config| config.files.user_bytes = 30_000).await;
    let who = app.person("0501111111", "customer").await;
    // One colour: nothing as it comes, and many blocks as JPEG.
    let small = packed(&DynamicImage::new_rgb8(2_000, 2_000), ImageFormat::WebP);
    assert!(small.len() < 30_000, "{}", small.len());
    let (id, path) = announce(&app, &who, small.len()).await;
    assert_eq!(put(&app, &path, small.clone()).await.status, 204);
    assert_eq!(complete(&app, &who, &id).await.problem(), "file_quota_exceeded");
    assert!(list(&app, &who).await["used_bytes"].as_u64().unwrap() <= 30_000);
    assert_eq!(app.get(Some(&who.token), &format!("{FILES}/{id}")).await.problem(), "unknown_file");
    app.stop().await;
}

#[actix_web::test]
async fn one_upload_that_is_completed_many_times_at_once_is_one_file() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let bytes = jpeg(400, 400);
    let (id, path) = announce(&app, &who, bytes.len()).await;
    assert_eq!(put(&app, &path, bytes).await.status, 204);
    let all = futures_util::future::join_all((0..6).map(|_| complete(&app, &who, &id))).await;
    assert!(all.iter().any(|answer| answer.status == 200));
    for refused in all.iter().filter(|answer| answer.status != 200) {
        assert_eq!((refused.status, refused.problem()), (503, "overloaded"), "{refused:?}");
    }
    complete(&app, &who, &id).await.expect(200);
    assert_eq!(objects(&folder(&app)).len(), 2);
    app.stop().await;
}

#[actix_web::test]
async fn an_upload_that_is_deleted_while_it_is_stored_leaves_no_bytes() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let bytes = jpeg(700, 700);
    let done = std::cell::Cell::new(false);
    let uploads = async {
        let mut lost = 0;
        for _ in 0..15 {
            let answer = upload(&app, &who, "a.jpg", bytes.clone()).await;
            lost += usize::from(answer.status == 404);
        }
        done.set(true);
        lost
    };
    let deletions = async {
        while !done.get() {
            for file in list(&app, &who).await["data"].as_array().unwrap() {
                app.delete(Some(&who.token), &format!("{FILES}/{}", text(&file["id"]))).await;
            }
        }
    };
    let (lost, ()) = tokio::join!(uploads, deletions);
    assert!(lost > 0, "none was deleted in time: this tested nothing");
    for file in list(&app, &who).await["data"].as_array().unwrap() {
        app.delete(Some(&who.token), &format!("{FILES}/{}", text(&file["id"]))).await;
    }
    assert_eq!(objects(&folder(&app)), Vec::<std::path::PathBuf>::new());
    app.stop().await;
}
