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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_every_way_of_writing() {
        assert_eq!(latin_digits("٠٥٠۱۲۳\u{200f}٫5"), "050123.5");
        assert_eq!(tidy("  ورشة\u{200b} \t النور\n"), "ورشة النور");
        assert_eq!(tidy("\u{202e}\u{200d}"), "");
    }
}
