//! Invoices: numbered, printable, with a code that a phone can read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mazad::domain::time::Span;
use serde_json::json;

use crate::deal::Deal;
use crate::deal::accept;
use crate::deal::auction;

const VAT_NUMBER: &str = "310122393500003";

/// What the page's QR code says, read from its picture as a phone does.
fn scan(page: &str) -> String {
    let side: usize = between(page, "viewBox=\"0 0 ", " ").parse().unwrap();
    let mut dark = vec![false; side * side];
    for module in between(page, "/><path d=\"M", "\"").split('M') {
        let (x, y) = module.strip_suffix("h1v1h-1z").unwrap().split_once(' ').unwrap();
        dark[y.parse::<usize>().unwrap() * side + x.parse::<usize>().unwrap()] = true;
    }
    let scale = 4;
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, |x, y| {
        if dark[y / scale * side + x / scale] { 0 } else { 255 }
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

/// The fields by tag.
fn fields(code: &str) -> Vec<(u8, String)> {
    let bytes = STANDARD.decode(code).unwrap();
    let (mut rest, mut read) = (bytes.as_slice(), Vec::new());
    while let [tag, length, after @ ..] = rest {
        let (value, next) = after.split_at(usize::from(*length));
        read.push((*tag, String::from_utf8(value.to_vec()).unwrap()));
        rest = next;
    }
    read
}

#[actix_web::test]
async fn an_invoice_is_a_page_with_a_code_that_reads_back() {
    let deal = Deal::closed(&["115.00"]).await;
    let (app, merchant) = (&deal.app, &deal.merchants[0]);
    let profile =
        json!({"business_name": "ورشة <النور> & Co", "business_license": "1010123456", "vat_number": VAT_NUMBER});
    app.put(Some(&merchant.token), "/api/v1/users/merchant-profile", &profile).await.expect(200);
    let order = deal.accept(&deal.bids[0], "k").await.expect(201);
    let id = order["id"].as_str().unwrap();
    let path = format!("/api/v1/orders/{id}/invoice");
    let early = app.get(Some(&deal.customer.token), &path).await;
    assert_eq!((early.problem(), &early.body["state"]), ("order_state", &json!("pending_confirmation")));
    deal.step(merchant, id, "confirm").await.expect(200);
    let answer = app.get(Some(&deal.customer.token), &path).await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "text/html; charset=utf-8"));
    let policy = answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let page = answer.body.as_str().unwrap().to_owned();
    let style = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, between(&page, "<style>", "</style>").as_bytes());
    assert!(policy.contains(&STANDARD.encode(style)), "the policy lets the page's own style in");
    for word in [
        "<html lang=\"ar\" dir=\"rtl\">",
        "فاتورة ضريبية مبسطة",
        "Simplified tax invoice",
        VAT_NUMBER,
        "115.00",
        "15.00",
        "100.00",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(page.contains("ورشة &lt;النور&gt; &amp; Co") && !page.contains("<النور>"), "names are text");
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http://1"));
    let wanted = [(1, "ورشة <النور> & Co"), (2, VAT_NUMBER), (3, "2026-11-22T12:00:00Z"), (4, "115.00"), (5, "15.00")];
    assert_eq!(fields(&scan(&page)), wanted.map(|(tag, value)| (tag, value.to_owned())));

    let note = format!("/api/v1/orders/{id}/credit-note");
    assert_eq!(app.get(Some(&deal.customer.token), &note).await.problem(), "order_state", "nothing was called off");
    // A new name is not that of an invoice that was issued.
    let renamed = json!({"business_name": "Another"});
    app.put(Some(&merchant.token), "/api/v1/users/merchant-profile", &renamed).await.expect(200);
    assert_eq!(app.get(Some(&merchant.token), &path).await.body.as_str().unwrap(), page);

    // Called off: the invoice stays as it is, and a note takes it back.
    app.clock.advance(Span::secs(60));
    deal.step(merchant, id, "cancel").await.expect(200);
    assert_eq!(app.get(Some(&merchant.token), &path).await.body.as_str().unwrap(), page);
    assert_eq!(deal.order(merchant, id).await.expect(200)["credit_note_number"], 1);
    let credit = app.get(Some(&deal.customer.token), &note).await;
    let credit = credit.body.as_str().unwrap();
    assert!(credit.contains("Credit note to a simplified tax invoice") && credit.contains("ورشة &lt;النور&gt;"));
    assert!(credit.contains("Invoice number</span></dt><dd dir=\"ltr\">1<"), "{credit}");
    let mut taken_back = wanted;
    taken_back[2].1 = "2026-11-22T12:01:00Z";
    assert_eq!(fields(&scan(credit)), taken_back.map(|(tag, value)| (tag, value.to_owned())));
    deal.app.stop().await;
}

#[actix_web::test]
async fn numbers_are_gapless_for_each_merchant_and_without_a_vat_number_there_is_no_tax() {
    let deal = Deal::closed(&["100.00", "90.00"]).await;
    let app = &deal.app;
    let (mut request, mut bids) = (deal.open.id.clone(), deal.bids.clone());
    let mut numbers = Vec::new();
    for (round, by) in [0, 1, 0, 0].into_iter().enumerate() {
        let order = accept(app, &deal.customer, &request, &bids[by], &format!("k{round}")).await.expect(201);
        let id = order["id"].as_str().unwrap();
        deal.step(&deal.merchants[by], id, "confirm").await.expect(200);
        numbers.push((by, deal.order(&deal.customer, id).await.expect(200)["invoice_number"].as_i64().unwrap()));
        let page = app.get(Some(&deal.customer.token), &format!("/api/v1/orders/{id}/invoice")).await;
        let page = page.body.as_str().unwrap().to_owned();
        assert!(!page.contains("ضريب") && !page.contains("<svg"), "no tax without a VAT number");
        let (next, next_bids) = auction(app, &deal.customer, &deal.merchants, &["100.00", "90.00"], json!({})).await;
        (request, bids) = (next.id, next_bids);
    }
    assert_eq!(numbers, [(0, 1), (1, 1), (0, 2), (0, 3)]);
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_vat_number_has_fifteen_digits_between_threes() {
    let deal = Deal::closed(&["100.00"]).await;
    let token = Some(deal.merchants[0].token.as_str());
    let path = "/api/v1/users/merchant-profile";
    for wrong in ["31012239350000", "410122393500003", "310122393500004", "3101223935000033", "31012239350000x"] {
        let body = json!({"business_name": "A", "vat_number": wrong});
        assert_eq!(deal.app.put(token, path, &body).await.fields(), ["vat_number"], "{wrong}");
    }
    let body = json!({"business_name": "A", "vat_number": "٣١٠١٢٢٣٩٣٥٠٠٠٠٣"});
    assert_eq!(deal.app.put(token, path, &body).await.expect(200)["vat_number"], VAT_NUMBER);
    deal.app.stop().await;
}
