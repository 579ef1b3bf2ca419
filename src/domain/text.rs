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

/// A text as it is searched: for each stretch between blanks its words, in the form of [`search_key`]. A part number or a
/// model such as `CX-5` is one stretch of several words. The Arabic article is no part of a word.
#[must_use]
pub fn stretches(input: &str) -> Vec<Vec<String>> {
    let plain = latin_digits(input);
    let stretches = plain.split(|c: char| c.is_whitespace() || c.is_control()).map(|stretch| {
        let mut words = vec![String::new()];
        for c in stretch.chars().flat_map(char::to_lowercase) {
            match (plain_letter(c), words.last_mut()) {
                (Some(letter), Some(word)) => word.push(letter),
                (None, Some(word)) if !is_mark(c) && !word.is_empty() => words.push(String::new()),
                (Some(_) | None, _) => {}
            }
        }
        words.retain(|word| !word.is_empty());
        words.into_iter().map(without_article).collect::<Vec<_>>()
    });
    stretches.filter(|words| !words.is_empty()).collect()
}

/// What is written on or between letters and is none: vowel signs, and tatweel, which stretches a word.
const fn is_mark(c: char) -> bool {
    matches!(c, 'ـ' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{0300}'..='\u{036f}')
}

/// Who looks for a bumper finds "the bumper". What would be left of a shorter word could be anything.
fn without_article(word: String) -> String {
    match word.strip_prefix("ال") {
        Some(rest) if rest.chars().count() >= 3 => rest.to_owned(),
        Some(_) | None => word,
    }
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
    fn a_text_is_searched_by_its_words() {
        for (text, wanted) in [
            ("Front  bumper, LEFT", vec!["front", "bumper", "left"]),
            ("الصدّام الأمامــي", vec!["صدام", "امامي"]),
            ("CX-5 ٢٠١٩", vec!["cx+5", "2019"]),
            ("04465-33471/A", vec!["04465+33471+a"]),
            ("الو الله", vec!["الو", "الله"]),
            ("Citroe\u{308}n", vec!["citroen"]),
            ("a\u{0}b \" * ( ) - + ~", vec!["a", "b"]),
            ("", vec![]),
        ] {
            let told: Vec<String> = stretches(text).into_iter().map(|words| words.join("+")).collect();
            assert_eq!(told, wanted, "{text}");
        }
    }
}
