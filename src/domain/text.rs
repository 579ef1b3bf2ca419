//! Text as people in two scripts write it, brought to one form before it is read.

/// Whether a character is invisible to a reader: zero-width marks and direction controls.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}' | '\u{061c}')
}

/// Digits of any script used here as ASCII, the Arabic decimal sign as a point, invisible marks dropped.
#[must_use]
pub fn latin_digits(input: &str) -> String {
    input
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '\u{0660}'..='\u{0669}' => digit(c, 0x0660),
            '\u{06f0}'..='\u{06f9}' => digit(c, 0x06f0),
            '\u{066b}' => '.',
            other => other,
        })
        .collect()
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c).wrapping_sub(zero), 10).unwrap_or(c)
}

/// A name or title: invisible marks and control characters dropped, runs of white space made one blank, trimmed.
#[must_use]
pub fn tidy(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    for word in input.split(|c: char| c.is_whitespace() || c.is_control()) {
        let visible: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if !visible.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&visible);
        }
    }
    out
}

/// The form in which two spellings of one name are equal: small letters without marks, blanks and dashes; the forms of
/// alif, ya, ta marbuta and hamza made one; Latin digits.
#[must_use]
pub fn search_key(input: &str) -> String {
    latin_digits(input).chars().flat_map(char::to_lowercase).filter_map(plain_letter).collect()
}

/// A letter or digit without its marks; `None` for what is neither.
fn plain_letter(c: char) -> Option<char> {
    Some(match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ئ' => 'ي',
        'ة' => 'ه',
        'ؤ' => 'و',
        'ک' | 'گ' => 'ك',
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'š' => 's',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' => 'y',
        'ž' => 'z',
        // Tatweel is a letter to Unicode, and the vowel signs are marks.
        'ـ' | '\u{064b}'..='\u{065f}' | '\u{0670}' => return None,
        other => return other.is_alphanumeric().then_some(other),
    })
}

/// A telephone number has at least so many digits.
const CONTACT_DIGITS_MIN: usize = 9;

/// What stands for a contact that was taken out.
pub const MASKED: &str = "•••";

/// A text without telephone numbers and e-mail addresses, for what is kept for ever or shown to competitors.
///
/// Takes out what is written like a number with a prefix (`+…`, `00…`, `05…`, `966…`) of nine to fifteen digits, in any
/// figures and spacing; part numbers pass.
#[must_use]
pub fn without_contacts(input: String) -> String {
    let digits = input.chars().filter(|c| c.is_numeric()).count();
    // Nearly every text: nothing in it is long enough.
    if digits < CONTACT_DIGITS_MIN && !input.contains('@') {
        return input;
    }
    let words = input.split_inclusive(char::is_whitespace).map(|word| {
        let (bare, space) = word.split_at(word.trim_end().len());
        let is_address = bare.split_once('@').is_some_and(|(name, host)| {
            name.chars().next_back().is_some_and(char::is_alphanumeric) && host.trim_matches('.').contains('.')
        });
        if is_address { format!("{MASKED}{space}") } else { word.to_owned() }
    });
    without_numbers(&words.collect::<String>())
}

fn without_numbers(input: &str) -> String {
    let chars: Vec<char> = input.chars().collect();
    let latin = |c: char| latin_digits(c.encode_utf8(&mut [0; 4])).chars().next().filter(char::is_ascii_digit);
    let mut out = String::with_capacity(input.len());
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        let begins = (first == '+' || latin(first).is_some())
            && !at
                .checked_sub(1)
                .and_then(|before| chars.get(before))
                .is_some_and(|c| c.is_alphanumeric() || *c == '-');
        if !begins {
            out.push(first);
            at += 1;
            continue;
        }
        // The run of digits with what people put between them, and where its last digit is.
        let mut digits = String::new();
        let mut end = at;
        for (place, c) in chars.iter().enumerate().skip(at) {
            match latin(*c) {
                Some(digit) => {
                    digits.push(digit);
                    end = place + 1;
                }
                None if *c == '+' && place == at || " -.()\u{a0}".contains(*c) || is_invisible(*c) => {}
                None => break,
            }
        }
        let dialled = first == '+' || ["00", "05", "966"].iter().any(|prefix| digits.starts_with(prefix));
        let ends = !chars.get(end).is_some_and(|c| c.is_alphanumeric());
        if dialled && ends && (CONTACT_DIGITS_MIN..=15).contains(&digits.len()) {
            out.push_str(MASKED);
            at = end;
        } else {
            // Step over one group only: a number may begin at the next.
            out.push(first);
            at += 1;
            while let Some(c) = chars.get(at).filter(|c| latin(**c).is_some()) {
                out.push(*c);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_every_way_of_writing() {
        assert_eq!(latin_digits("٠٥٠۱۲۳\u{200f}٫5"), "050123.5");
        assert_eq!(tidy("  ورشة\u{200b} \t النور\n"), "ورشة النور");
        assert_eq!(tidy("\u{202e}\u{200d}"), "");
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("إلنترا", "النترا"),
            ("مازدا ٣", "مازدا 3"),
            ("سِيتــي", "سيتى"),
            ("هيونداي أكسنت", "هيونداى اكسنت"),
            ("رانجة", "رانجه"),
            ("CX-5", "cx 5"),
            ("Citroën", "CITROEN"),
            ("Škoda", "skoda"),
        ] {
            assert_eq!(search_key(one), search_key(other), "{one}");
        }
        assert_ne!(search_key("كامري"), search_key("كورولا"));
        assert_eq!(search_key(" -- "), "");
    }

    #[test]
    fn contacts_are_taken_out_and_part_numbers_stay() {
        for (text, wanted) in [
            ("call 0501234567 now", "call ••• now"),
            ("واتساب ٠٥٠ ١٢٣ ٤٥٦٧، شكرا", "واتساب •••، شكرا"),
            ("+966 50-123-4567", "•••"),
            ("(050) 1234567.", "(•••."),
            ("00966501234567/966501234567", "•••/•••"),
            ("write to ali@example.com, please", "write to ••• please"),
            ("48510-09K40, 90915-YZZD2 and 1234567890", "48510-09K40, 90915-YZZD2 and 1234567890"),
            ("2 pieces, 0.5 l, 12:00", "2 pieces, 0.5 l, 12:00"),
            ("qty 4 +966501234567", "qty 4 •••"),
            ("P/N A0501234567X", "P/N A0501234567X"),
            ("@home, a@b", "@home, a@b"),
            ("", ""),
        ] {
            assert_eq!(without_contacts(text.to_owned()), wanted);
        }
    }
}
