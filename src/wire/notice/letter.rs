//! A notice as a letter: the same words as plain text and as a page that every reader of mail can show.

use std::fmt::Write as _;

use crate::domain::message::Letter;
use crate::wire::html::escape;
use crate::wire::notice::Text;
use crate::wire::notice::code;
use crate::wire::notice::voice::plain;
use crate::wire::problem::Language;

/// The letter. `base` is the public address of the server.
///
/// Styles stand in the tags because readers of mail drop style sheets; there is no picture and nothing is loaded from anywhere,
/// so opening it tells nobody.
#[must_use]
pub fn letter(text: &Text, base: &str, language: Language) -> Letter {
    let (direction, brand, open, why) = match language {
        Language::Arabic => ("rtl", "مزاد", "افتح في مزاد", "تصلك هذه الرسالة من إعدادات إشعاراتك في مزاد."),
        Language::English => {
            ("ltr", "mazad", "Open in mazad", "You get this letter by the notification settings of your mazad account.")
        }
    };
    let url = format!("{base}{}", text.link);
    let mut paragraphs = String::new();
    for line in text.body.lines() {
        let _ = writeln!(paragraphs, "<p style=\"margin:0 0 12px\">{}</p>", escape(line));
    }
    let html = format!(
        "<!doctype html>\n\
         <html lang=\"{lang}\" dir=\"{direction}\">\n\
         <head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
         <body style=\"margin:0;padding:24px;background:#f4f5f7;color:#1c2430;font:16px/1.6 Tahoma,Arial,sans-serif\">\n\
         <div dir=\"{direction}\" style=\"max-width:560px;margin:auto;padding:24px;background:#fff;border-radius:8px\">\n\
         <p style=\"margin:0 0 16px;color:#0b6b57;font-weight:bold\">{brand}</p>\n\
         <h1 style=\"margin:0 0 16px;font-size:20px\">{title}</h1>\n\
         {paragraphs}\
         <p style=\"margin:20px 0\"><a href=\"{href}\" style=\"color:#0b6b57\">{open}</a></p>\n\
         <p style=\"margin:0;color:#5b6675;font-size:13px\">{why}</p>\n\
         </div>\n\
         </body>\n\
         </html>\n",
        lang = code(language),
        title = escape(&text.title),
        href = escape(&url),
    );
    Letter {
        // A list of letters shows one line without a direction of its own, where marks do harm.
        subject: plain(&text.title),
        text: format!("{}\n\n{}\n\n{open}: {url}\n\n-- \n{why}\n", text.title, text.body),
        html,
        language: code(language),
    }
}
