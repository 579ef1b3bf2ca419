//! Contact details in a text that everybody in a room reads.
//!
//! Before an order exists nobody is to be lured away from the room, and what the journal keeps for ever is to name nobody:
//! what looks like a telephone number, an e-mail address, a link or an account name is replaced. Whoever wants to get a number across will find a way to spell it; what is caught
//! here is what people write without thinking.

use crate::domain::text;

/// What stands where something was taken out.
pub const MASK: &str = "•••";

/// How a number begins that can be dialled in the Gulf, and how many digits it has then, at least and at most: mobile
/// numbers, unified numbers, free ones, those with a country code. Length alone would not do: part numbers have ten digits too.
const DIALLED: [(&str, usize, usize); 7] =
    [("05", 10, 99), ("5", 9, 9), ("009", 12, 99), ("966", 12, 99), ("97", 11, 12), ("9200", 9, 9), ("800", 10, 10)];

/// No number that can be dialled has fewer digits.
const DIGITS_MIN: usize = 8;

/// A text without contact details.
#[must_use]
pub fn mask(input: &str) -> String {
    // Nearly every text of a bid: nothing in it is a link, and no number is long enough.
    if !input.contains(['@', '.', '/', ':']) && input.chars().filter(|c| is_digit(*c)).count() < DIGITS_MIN {
        return input.to_owned();
    }
    let words = input.split_inclusive(char::is_whitespace).map(|word| {
        let (bare, space) = word.split_at(word.trim_end().len());
        if is_address(bare) { [MASK, space].concat() } else { word.to_owned() }
    });
    mask_numbers(&words.collect::<String>())
}

fn is_address(word: &str) -> bool {
    let plain = text::latin_digits(word).to_lowercase();
    let at_sign = plain.char_indices().find(|(_, c)| *c == '@').is_some_and(|(at, _)| at + 1 < plain.len());
    let link = ["http:", "https:", "www.", "wa.me", "t.me/"].iter().any(|mark| plain.contains(mark));
    at_sign || link || is_host(&plain)
}

/// Whether a word reads as a host name, with or without a path: `shop.example`. A part number has digits after its last
/// point, a sentence ends with one, and a file name's ending is spared for what people attach.
fn is_host(word: &str) -> bool {
    let host = word.split('/').next().unwrap_or("");
    let Some((name, ending)) = host.rsplit_once('.') else { return false };
    let known = ["com", "net", "org", "sa", "ae", "kw", "qa", "bh", "om", "shop", "store", "me", "io", "co", "info"];
    !name.is_empty() && name.is_ascii() && known.contains(&ending.trim_end_matches(|c: char| !c.is_ascii_alphabetic()))
}

/// Replaces what can be dialled, in any script and with the usual characters between the digits.
fn mask_numbers(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    let mut run = String::new();
    // Digits behind a capital letter are a part's number: `A0501234567`.
    let mut in_part = false;
    for c in input.chars().chain(['\n']) {
        if c == '+' {
            close(&mut run, &mut out);
            run.push(c);
            continue;
        }
        if (is_digit(c) && !in_part) || (!run.is_empty() && is_between(c)) {
            run.push(c);
            continue;
        }
        close(&mut run, &mut out);
        in_part = c.is_ascii_uppercase() || (in_part && is_digit(c));
        out.push(c);
    }
    out.pop();
    out
}

/// Writes a run of digits, without the number in it if there is one. A number may follow a count: `2 0501234567`.
fn close(run: &mut String, out: &mut String) {
    let end = run.char_indices().rev().find(|(_, c)| is_digit(*c)).map_or(0, |(at, c)| at + c.len_utf8());
    let (digits, after) = run.split_at(end);
    let mut starts = digits.char_indices().scan(true, |fresh, (at, c)| {
        let starts_here = *fresh && !is_between(c);
        *fresh = is_between(c);
        Some(starts_here.then_some(at))
    });
    match starts.find_map(|at| at.filter(|at| digits.get(*at..).is_some_and(is_dialled))) {
        Some(at) => {
            out.push_str(digits.get(..at).unwrap_or(""));
            out.push_str(MASK);
            out.push_str(after);
        }
        None => out.push_str(run),
    }
    run.clear();
}

fn is_dialled(run: &str) -> bool {
    let plain = text::latin_digits(run);
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let known = DIALLED
        .iter()
        .any(|(start, least, most)| digits.starts_with(start) && (*least..=*most).contains(&digits.len()));
    known || (plain.starts_with('+') && digits.len() >= DIGITS_MIN)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '\u{0660}'..='\u{0669}' | '\u{06f0}'..='\u{06f9}')
}

fn is_between(c: char) -> bool {
    text::is_invisible(c) || matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_dialled_or_opened_is_masked() {
        for (input, expected) in [
            ("اتصل على 0501234567 شكرا", "اتصل على ••• شكرا"),
            ("٠٥٠ ١٢٣ ٤٥٦٧", "•••"),
            ("call +966 (50) 123-4567.", "call •••."),
            ("05\u{200b}012\u{200b}34567", "•••"),
            ("920012345", "•••"),
            ("2 0501234567 or 0551234567", "2 ••• or •••"),
            ("5 0 1 2 3 4 5 6 7", "•••"),
            ("mail me: ali@example.com now", "mail me: ••• now"),
            ("see https://example.test/x", "see •••"),
            ("wa.me/966501234567", "•••"),
            ("insta @noor_parts", "insta •••"),
            ("noor-parts.com", "•••"),
            ("noor.sa/offers", "•••"),
            ("(050) 1234567.", "(•••."),
            ("qty 4 +966501234567", "qty 4 •••"),
            ("00966501234567/966501234567", "•••"),
            ("write to ali@example.com, please", "write to ••• please"),
            ("one@example.com\nwrite there", "•••\nwrite there"),
            ("واتساب ٠٥٠ ١٢٣ ٤٥٦٧، شكرا", "واتساب •••، شكرا"),
            ("call0501234567", "call•••"),
        ] {
            assert_eq!(mask(input), expected, "{input}");
        }
    }

    #[test]
    fn part_numbers_prices_and_years_stay() {
        for input in [
            "Is 04465-33471 genuine?",
            "53301-06120",
            "90915-10003 and 90915-YZZD4",
            "from 2015 to 2019",
            "هل القطعة أصلية؟",
            "120.50 SAR for 2",
            "5 @ 20",
            "ends here. Next one",
            "+",
            "",
            "ratio 1/2/3",
            "48510-09K40, 90915-YZZD2 and 1234567890",
            "2 pieces, 0.5 l, 12:00",
            "P/N A0501234567X",
            "A + B",
        ] {
            assert_eq!(mask(input), input);
        }
    }
}
