//! What is said of wrong fields, in Arabic. The checks say it in English where they are, numbers and all; here is the one table that
//! turns it into the other language, and a test that finds a message which is not in it.

use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Language;

/// English and Arabic; `{}` is a number. Counted things come after a colon, so that no number needs its own plural.
const MESSAGES: &[(&str, &str)] = &[
    ("at most {} characters", "عدد الأحرف {} على الأكثر"),
    ("at least {} characters", "عدد الأحرف {} على الأقل"),
    ("at most {} bytes", "الحجم {} بايت على الأكثر"),
    ("{} to {} characters", "عدد الأحرف من {} إلى {}"),
    ("{} to {} parts", "عدد القطع من {} إلى {}"),
    ("{} to {}", "من {} إلى {}"),
    ("{} or more", "{} أو أكثر"),
    ("at most {}", "{} على الأكثر"),
    ("at most {} images", "عدد الصور {} على الأكثر"),
    ("at most {} merchants", "عدد التجار {} على الأكثر"),
    ("{} digits", "عدد الأرقام: {}"),
    (
        "{} in a sealed auction: an extension would tell that the lead changed",
        "{} في المزاد المغلق: فالتمديد يكشف تغيّر المتصدر",
    ),
    ("{} bytes in base {}", "{} بايت بترميز base {}"),
    ("{} bytes in base {}, an uncompressed point of P-{}", "{} بايت بترميز base {}، نقطة غير مضغوطة من P-{}"),
    ("a VAT number has {} digits, the first and the last a {}", "الرقم الضريبي {} رقمًا، أولها وآخرها {}"),
    ("a VIN has {} characters, this has {}", "رقم الهيكل {} خانة، وهذا {}"),
    ("a commercial registration has ten digits", "السجل التجاري عشرة أرقام"),
    ("a date such as {}-{}-{}, from {} on", "تاريخ مثل \u{2066}{}-{}-{}\u{2069}، من عام {} فصاعدًا"),
    ("a form has one file and nothing else", "في النموذج ملف واحد ولا شيء غيره"),
    ("a form with one file", "نموذج فيه ملف واحد"),
    (
        "a mobile number of a Gulf country, such as {} or +{}",
        "رقم جوال من إحدى دول الخليج، مثل {} أو \u{2066}+{}\u{2069}",
    ),
    ("a number or a string of at most {} bytes", "عدد أو نص لا يتجاوز {} بايت"),
    ("a registration token of Firebase Cloud Messaging", "رمز تسجيل من Firebase Cloud Messaging"),
    ("a time of day, {}:{} to {}:{}", "وقت من اليوم، من \u{2066}{}:{}\u{2069} إلى \u{2066}{}:{}\u{2069}"),
    ("a time such as {}:{}", "وقت مثل \u{2066}{}:{}\u{2069}"),
    ("a withdrawal needs a reason", "سحب العرض يحتاج إلى سبب"),
    ("an e-mail address", "عنوان بريد إلكتروني صحيح"),
    ("an https address of a push service", "عنوان https لخدمة إشعارات"),
    ("an object was expected, not a list", "المطلوب كائن لا قائمة"),
    ("another account has it", "مستخدم في حساب آخر"),
    ("another time than `from`; null for no quiet hours", "وقت غير وقت البداية"),
    (
        "degrees as a string between -{} and {}, at most six places",
        "درجات نصًّا بين \u{2066}-{}\u{2069} و{}، بست منازل عشرية على الأكثر",
    ),
    ("each opening ends after it begins, and before the next", "تنتهي كل فترة بعد بدايتها وقبل الفترة التالية"),
    ("either a brand_id or a part_group", "إما brand_id وإما part_group"),
    ("either a password or an otp_code", "إما كلمة المرور وإما رمز التحقق"),
    ("either a phone or an email", "إما رقم الجوال وإما البريد الإلكتروني"),
    ("either endpoint and keys of a browser or an fcm_token", "إما endpoint وkeys من متصفح وإما fcm_token"),
    ("four letters and four digits, such as RRRD{}", "أربعة حروف وأربعة أرقام، مثل RRRD{}"),
    ("name or common", "إحدى القيمتين: name أو common"),
    ("newest or closing_soon", "إحدى القيمتين: newest أو closing_soon"),
    ("no such brand", "لا توجد ماركة كهذه"),
    ("no such file of yours that is ready", "ليس لديك ملف جاهز كهذا"),
    ("no such model of this brand", "لا يوجد طراز كهذا لهذه الماركة"),
    ("no such trim of this model", "لا توجد فئة كهذه لهذا الطراز"),
    ("no such vehicle of yours", "ليست لديك مركبة كهذه"),
    ("not a cursor of this list", "ليس مؤشرًا لهذه القائمة"),
    ("not a cursor of this list in this order", "ليس مؤشرًا لهذه القائمة بهذا الترتيب"),
    ("not a state of orders", "ليست حالة أمر شراء"),
    ("not a state of requests", "ليست حالة طلب"),
    ("not above budget_max", "لا يتجاوز الحد الأعلى للميزانية"),
    ("not an image", "ليس صورة"),
    ("not before date_from", "ليس قبل تاريخ البداية"),
    ("not the password of this account", "ليست كلمة مرور هذا الحساب"),
    (
        "one of auth, join, bid.place, bid.revise, bid.withdraw, ping",
        "إحدى القيم: auth, join, bid.place, bid.revise, bid.withdraw, ping",
    ),
    ("one of auth, join, ping", "إحدى القيم: auth, join, ping"),
    ("phones of this country get no codes", "لا تُرسل الرموز إلى أرقام هذه الدولة"),
    ("refund or look", "إحدى القيمتين: refund أو look"),
    ("rules.enforce_budget_max needs it", "مطلوب ما دام الالتزام بالحد الأعلى مفعّلًا"),
    ("the name of a city", "اسم مدينة"),
    ("the name of a part", "اسم قطعة"),
    ("the only field is `file`", "الحقل الوحيد هو `file`"),
    ("they sum to {}", "مجموعها {}"),
    ("this cannot be turned off", "لا يمكن إيقاف هذا"),
    ("this document has expired", "انتهت صلاحية هذه الوثيقة"),
    ("this image is in the list already", "هذه الصورة موجودة في القائمة"),
    ("this one came before", "ورد هذا من قبل"),
];

/// By the fault's code, for what others say: the reader of JSON quotes what it found, and so do a few checks.
const OTHERS: &[(&str, &str)] = &[
    ("missing", "هذا الحقل مطلوب"),
    ("unknown", "غير معروف"),
    ("duplicate", "ورد هذا الحقل مرتين"),
    ("character", "في رقم الهيكل أرقام وحروف لاتينية ما عدا I وO وQ"),
];

impl FieldFault {
    /// What is wrong, for people.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        match language {
            Language::English => self.message.clone(),
            Language::Arabic => self.arabic(),
        }
    }

    fn arabic(&self) -> String {
        let pattern = pattern_of(&self.message);
        if let Some(words) = find(MESSAGES, &pattern) {
            let mut numbers = self.message.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
            let mut pieces = words.split("{}");
            let first = pieces.next().unwrap_or_default().to_owned();
            return pieces.fold(first, |text, piece| text + numbers.next().unwrap_or_default() + piece);
        }
        // What the engine refuses says no more than its title.
        let title = Code::find(self.code).filter(|code| code.title(Language::English) == self.message);
        let title = title.map(|code| code.title(Language::Arabic));
        title.or_else(|| find(OTHERS, self.code)).unwrap_or("قيمة غير صالحة").to_owned()
    }
}

fn find(table: &[(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(english, _)| *english == key).map(|(_, arabic)| *arabic)
}

/// A message with `{}` for each number.
fn pattern_of(message: &str) -> String {
    let mut pattern = String::with_capacity(message.len());
    let mut in_number = false;
    for c in message.chars() {
        if !c.is_ascii_digit() {
            pattern.push(c);
        } else if !in_number {
            pattern.push_str("{}");
        }
        in_number = c.is_ascii_digit();
    }
    pattern
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn said(code: &'static str, message: &str) -> String {
        FieldFault { field: String::new(), code, message: message.to_owned() }.words(Language::Arabic)
    }

    #[test]
    fn numbers_go_where_they_belong_and_nothing_stays_english() {
        assert_eq!(said("length", "1 to 120 characters"), "عدد الأحرف من 1 إلى 120");
        assert_eq!(said("missing", "missing field `phone`"), "هذا الحقل مطلوب");
        assert_eq!(said("invalid", "invalid type: string \"x\", expected u32"), "قيمة غير صالحة");
        let price = Code::UnitPrice;
        assert_eq!(said(price.word(), price.title(Language::English)), price.title(Language::Arabic));
        for (english, arabic) in MESSAGES.iter().chain(OTHERS) {
            assert!(arabic.chars().any(|c| ('\u{621}'..='\u{64a}').contains(&c)), "{english}");
            assert!(arabic.matches("{}").count() <= english.matches("{}").count(), "{english}");
        }
    }

    /// The words of messages in a source, as patterns.
    fn messages_in(source: &str) -> Vec<String> {
        const BEFORE: [&str; 12] = [
            "Problem::field(",
            " fault(\"",
            "(fault(\"",
            "[fault(\"",
            "faults.add(",
            "self.add(",
            "faults.form(",
            "let message = format!(",
            "message: format!(",
            "let wanted = ",
            "WANTED: &str = ",
            "Some((\"",
        ];
        let product = source.split("#[cfg(test)]").next().unwrap_or_default();
        let calls = BEFORE.iter().flat_map(|before| product.match_indices(before));
        let texts = calls.flat_map(|(at, before)| {
            let call = &product[at + before.trim_end_matches('"').len()..];
            let end = [";\n", ");", "))"].iter().filter_map(|end| call.find(end)).min();
            call[..end.unwrap_or(call.len())].split('"').skip(1).step_by(2)
        });
        let words = texts.filter(|text| text.contains(' ') && text.contains(char::is_alphabetic));
        words.map(|text| pattern_of(&blank(text))).filter(|text| !text.starts_with("missing field")).collect()
    }

    /// `{most}` and `{}` are numbers.
    fn blank(text: &str) -> String {
        let mut pieces = text.split('{');
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| text + "0" + piece.split_once('}').map_or(piece, |(_, rest)| rest))
    }

    #[test]
    fn every_message_has_its_arabic() {
        let (mut found, mut missing) = (0, Vec::new());
        // Tests, and this table, say nothing to anybody.
        let is_apart = |path: &Path| path.ends_with("tests.rs") || path.ends_with("field_words.rs");
        let mut folders: Vec<_> =
            ["http", "wire", "actors"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)).into();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") && !is_apart(&path) {
                    let messages = messages_in(&fs::read_to_string(&path).unwrap());
                    found += messages.len();
                    let strange = messages.into_iter().filter(|message| find(MESSAGES, message).is_none());
                    missing.extend(strange.map(|message| format!("{}: {message}", path.display())));
                }
            }
        }
        assert_eq!(missing, [] as [String; 0], "no Arabic");
        assert!(found > 80, "only {found} messages were found");
    }
}
