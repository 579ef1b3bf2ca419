//! The invoice of an order, and the credit note that takes it back, as a page to print: Arabic first, English beside it, with the code that a Saudi simplified tax
//! invoice carries. It runs nothing and loads nothing. What it is not, and what would be needed, is in `docs/invoices.md`.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::http::header::ContentType;
use actix_web::web;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::Color;
use qrcode::EcLevel;
use qrcode::QrCode;

use crate::app::App;
use crate::domain::ids::OrderId;
use crate::domain::money::AmountMinor;
use crate::domain::tax;
use crate::domain::tax::QrFields;
use crate::domain::time::UnixMicros;
use crate::http::api::orders::look_up;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::persistence::invoices;
use crate::persistence::invoices::CreditNote;
use crate::persistence::invoices::Invoice;
use crate::persistence::orders;
use crate::persistence::orders::Order;
use crate::persistence::orders::OrderLine;
use crate::wire::html::escape;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::CURRENCY;
use crate::wire::value::Timestamp;

/// The page's own style; the policy names its digest, so nothing else styles the page.
const STYLE: &str = concat!(
    "body{font:14px/1.5 system-ui,'Noto Naskh Arabic',sans-serif;max-width:48rem;",
    "margin:2rem auto;padding:0 1rem;color:#111}",
    "h1{font-size:1.4rem;margin:0}header{display:flex;justify-content:space-between;gap:2rem;align-items:start}",
    "[lang=en]{color:#555}dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:1rem 0}",
    "dt{color:#555}dd{margin:0}table{width:100%;border-collapse:collapse;margin:1rem 0}",
    "th,td{border-bottom:1px solid #ccc;padding:.35rem .5rem;text-align:start}",
    "td.n,th.n{text-align:end;font-variant-numeric:tabular-nums}tfoot tr:last-child{font-weight:700}",
    "svg{width:10rem;height:10rem}@media print{body{margin:0;max-width:none}@page{margin:15mm}}",
);
/// The quiet zone around a QR code, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// The invoice of a confirmed order, to be printed.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String), (status = 404), (status = 409)))]
#[get("/{id}/invoice")]
pub(crate) async fn get_invoice(app: web::Data<App>, who: Identity, id: Id<OrderId>) -> Result<HttpResponse, Problem> {
    let (order, _) = look_up(&app, who, id.0).await?;
    let invoice = invoices::find(&app.db, order.id).await?;
    let invoice = invoice.ok_or_else(|| Problem::from(Code::OrderState).fact("state", order.state.word()))?;
    hand_out(&app, &order, &invoice, None).await
}

/// What takes the invoice of an order back that was called off, to be printed.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/html", body = String), (status = 404), (status = 409)))]
#[get("/{id}/credit-note")]
pub(crate) async fn get_credit_note(
    app: web::Data<App>,
    who: Identity,
    id: Id<OrderId>,
) -> Result<HttpResponse, Problem> {
    let (order, _) = look_up(&app, who, id.0).await?;
    let invoice = invoices::find(&app.db, order.id).await?;
    let note = invoices::find_credit_note(&app.db, order.id).await?;
    let both = invoice.zip(note).ok_or_else(|| Problem::from(Code::OrderState).fact("state", order.state.word()))?;
    hand_out(&app, &order, &both.0, Some(&both.1)).await
}

async fn hand_out(
    app: &App,
    order: &Order,
    invoice: &Invoice,
    note: Option<&CreditNote>,
) -> Result<HttpResponse, Problem> {
    let lines = orders::list_lines(&app.db, order.id).await?;
    let page = page(order, invoice, note, &lines).ok_or(Code::Internal)?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, policy()))
        .body(page))
}

fn policy() -> String {
    let style = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// A label in both languages.
fn both(arabic: &str, english: &str) -> String {
    format!("{arabic} <span lang=\"en\" dir=\"ltr\">{english}</span>")
}

fn page(order: &Order, invoice: &Invoice, note: Option<&CreditNote>, lines: &[OrderLine]) -> Option<String> {
    let taxed = invoice.seller_vat_number.is_some();
    let title = match (note, taxed) {
        (None, true) => both("فاتورة ضريبية مبسطة", "Simplified tax invoice"),
        (None, false) => both("فاتورة", "Invoice"),
        (Some(_), true) => both("إشعار دائن لفاتورة ضريبية مبسطة", "Credit note to a simplified tax invoice"),
        (Some(_), false) => both("إشعار دائن", "Credit note"),
    };
    let (name, number) = note.map_or(("فاتورة", invoice.number), |note| ("إشعار دائن", note.number));
    let mut out = String::with_capacity(8 * 1_024);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"ar\" dir=\"rtl\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{name} {number}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><div><h1>{title}</h1>\n"
    )
    .ok()?;
    facts(&mut out, order, invoice, note)?;
    out.push_str("</div>");
    if let Some(vat_number) = &invoice.seller_vat_number {
        out.push_str(&svg(&code_text(order, invoice, note, vat_number))?);
    }
    out.push_str("</header>\n");
    table(&mut out, order, lines, taxed)?;
    out.push_str("</body>\n</html>\n");
    Some(out)
}

fn facts(out: &mut String, order: &Order, invoice: &Invoice, note: Option<&CreditNote>) -> Option<()> {
    let issued = Timestamp(issued_at(invoice, note)).to_string();
    out.push_str("<dl>");
    let mut fact = |label: String, value: &str, plain: bool| {
        let direction = if plain { " dir=\"ltr\"" } else { " dir=\"auto\"" };
        writeln!(out, "<dt>{label}</dt><dd{direction}>{}</dd>", escape(value)).ok()
    };
    if let Some(note) = note {
        fact(both("رقم الإشعار", "Credit note number"), &note.number.to_string(), true)?;
    }
    fact(both("رقم الفاتورة", "Invoice number"), &invoice.number.to_string(), true)?;
    fact(both("تاريخ الإصدار", "Issued"), &issued, true)?;
    fact(both("رقم أمر الشراء", "Order"), &order.id.to_string(), true)?;
    fact(both("البائع", "Seller"), &invoice.seller_name, false)?;
    if let Some(vat_number) = &invoice.seller_vat_number {
        fact(both("الرقم الضريبي", "VAT number"), vat_number, true)?;
    }
    if let Some(license) = &invoice.seller_license {
        fact(both("السجل التجاري", "Commercial registration"), license, true)?;
    }
    out.push_str("</dl>");
    Some(())
}

fn table(out: &mut String, order: &Order, lines: &[OrderLine], taxed: bool) -> Option<()> {
    writeln!(
        out,
        "<table><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr>\
         </thead>\n<tbody>",
        both("الصنف", "Item"),
        both("الكمية", "Quantity"),
        both("سعر الوحدة", "Unit price"),
        both("المجموع", "Total"),
    )
    .ok()?;
    for line in lines {
        let name = match &line.part_number {
            Some(number) => format!("{} · {number}", line.part_name),
            None => line.part_name.clone(),
        };
        writeln!(
            out,
            "<tr><td dir=\"auto\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&name),
            line.quantity,
            line.unit_price,
            line.unit_price.times(line.quantity)?
        )
        .ok()?;
    }
    out.push_str("</tbody>\n<tfoot>");
    let mut sum = |label: String, amount: AmountMinor| {
        writeln!(out, "<tr><td colspan=\"3\">{label}</td><td class=\"n\">{amount} {CURRENCY}</td></tr>").ok()
    };
    sum(both("رسوم التوصيل", "Delivery"), order.delivery_fee)?;
    if order.discount.0 != 0 {
        sum(both("الخصم", "Discount"), AmountMinor(-order.discount.0))?;
    }
    if taxed {
        sum(both("المجموع دون الضريبة", "Total without VAT"), order.total.minus(order.vat)?)?;
        sum(both(&format!("ضريبة القيمة المضافة {}٪", order.vat_percent), "VAT"), order.vat)?;
    }
    sum(both("الإجمالي", "Total"), order.total)?;
    out.push_str("</tfoot></table>\n");
    Some(())
}

fn issued_at(invoice: &Invoice, note: Option<&CreditNote>) -> UnixMicros {
    note.map_or(invoice.issued_at, |note| note.issued_at)
}

/// What a phone reads from the code: five fields in Base64. Whole seconds, as the standard has them.
fn code_text(order: &Order, invoice: &Invoice, note: Option<&CreditNote>, vat_number: &str) -> String {
    let issued = Timestamp(issued_at(invoice, note)).to_string();
    let issued_at = format!("{}Z", issued.get(..19).unwrap_or(&issued));
    let fields = QrFields {
        seller: &invoice.seller_name,
        vat_number,
        issued_at: &issued_at,
        total: order.total,
        vat: order.vat,
    };
    STANDARD.encode(tax::qr_tlv(&fields))
}

/// A QR code as one path: a unit square for every dark module.
fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, side) = (code.width(), code.width() + 2 * QUIET);
    let mut path = String::new();
    for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET).ok()?;
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}
