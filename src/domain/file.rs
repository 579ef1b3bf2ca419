//! What somebody uploads: which bytes are taken, under which name. The first bytes decide what a file is, never its name
//! or what the sender says of it.

use crate::domain::text;
use crate::limits;

/// What is kept and handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A photograph.
    Jpeg,
    /// A drawing, or whatever has a transparent part.
    Png,
    /// A document.
    Pdf,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Pdf];

    /// Its `Content-Type`, which is also how it is stored.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// What its name ends with.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// Whether it can be shown as a picture.
    #[must_use]
    pub const fn is_image(self) -> bool {
        match self {
            Self::Jpeg | Self::Png => true,
            Self::Pdf => false,
        }
    }

    /// The kind with this `Content-Type`.
    #[must_use]
    pub fn find(content_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.content_type() == content_type)
    }
}

/// What the first bytes say a file is. Only the first four are taken; the others are known so that a refusal can name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Looks {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP; kept as JPEG or PNG.
    WebP,
    /// PDF.
    Pdf,
    /// GIF.
    Gif,
    /// A web page or a drawing with scripts: HTML, SVG, XML.
    Markup,
    /// ZIP, and what is made of it: DOCX, APK, JAR.
    Zip,
    /// A program.
    Program,
    /// Nothing that is known here.
    Unknown,
}

impl Looks {
    /// What these bytes begin as.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Png,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::WebP,
            [b'%', b'P', b'D', b'F', b'-', b'1' | b'2', b'.', ..] => Self::Pdf,
            [b'G', b'I', b'F', b'8', ..] => Self::Gif,
            [b'P', b'K', 3 | 5 | 7, ..] => Self::Zip,
            [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] | [b'#', b'!', ..] => Self::Program,
            _ => {
                let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                if text.trim_ascii_start().starts_with(b"<") { Self::Markup } else { Self::Unknown }
            }
        }
    }

    /// The word in a refusal.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Pdf => "pdf",
            Self::Gif => "gif",
            Self::Markup => "markup",
            Self::Zip => "zip",
            Self::Program => "program",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is none of the kinds that are taken.
    Kind {
        /// What it looks like.
        looks: Looks,
    },
    /// It begins as one of them and cannot be read to its end.
    Damaged,
    /// It has more points than are unpacked.
    TooManyPixels,
    /// It has more bytes than are kept.
    TooLarge,
    /// Its name is no plain name.
    Name,
}

/// A file's name as it may be shown.
///
/// # Errors
/// [`FileFault::Name`] for a path, a hidden or empty name, one with invisible marks, or one that is too long. Such a name is
/// refused and not mended: whoever sends one is not an honest browser.
pub fn check_name(given: &str) -> Result<String, FileFault> {
    let is_bad =
        |c: char| c.is_control() || text::is_invisible(c) || matches!(c, '/' | '\\' | ':' | '"' | '<' | '>' | '|');
    let name = given.trim();
    let fits = (1..=limits::NAME_CHARS_MAX).contains(&name.chars().count());
    if !fits || name.starts_with('.') || name.contains("..") || name.chars().any(is_bad) {
        return Err(FileFault::Name);
    }
    Ok(text::tidy(name))
}

/// Whether a PDF is whole, and nothing else besides: its mark stands at the end, and behind it only white space. What
/// hides a second file (a ZIP, a page) hides it there.
#[must_use]
pub fn is_whole_pdf(bytes: &[u8]) -> bool {
    let end = bytes.trim_ascii_end();
    Looks::of(bytes) == Looks::Pdf && end.len() > 64 && end.ends_with(b"%%EOF")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (bytes, looks) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Looks::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0", Looks::Png),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Looks::WebP),
            (b"%PDF-1.7\n", Looks::Pdf),
            (b"%PDF-9.7\n", Looks::Unknown),
            (b"GIF89a/*\x01", Looks::Gif),
            (b"<svg xmlns=", Looks::Markup),
            (b"\xef\xbb\xbf \n<!doctype html>", Looks::Markup),
            (b"PK\x03\x04", Looks::Zip),
            (b"\x7fELF\x02", Looks::Program),
            (b"#!/bin/sh", Looks::Program),
            (b"\xff\xd8", Looks::Unknown),
            (b"", Looks::Unknown),
        ] {
            assert_eq!(Looks::of(bytes), looks, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        for good in ["bumper.jpg", "صورة المصد.jpg", " front (2).JPEG ", "a"] {
            assert_eq!(check_name(good), Ok(good.trim().to_owned()), "{good}");
        }
        let long = "n".repeat(limits::NAME_CHARS_MAX + 1);
        for bad in [
            "",
            " ",
            ".",
            "..",
            ".htaccess",
            "../a.jpg",
            "a/b.jpg",
            "a\\b.jpg",
            "C:x.jpg",
            "a\0.jpg",
            "a\r\nb.jpg",
            "a\".jpg",
            "gpj.\u{202e}exe",
            "a..jpg",
            &long,
        ] {
            assert_eq!(check_name(bad), Err(FileFault::Name), "{bad:?}");
        }
    }

    #[test]
    fn nothing_stands_behind_a_pdf() {
        let pdf = format!("%PDF-1.4\n{}\nstartxref\n9\n%%EOF\n", "x".repeat(60));
        assert!(is_whole_pdf(pdf.as_bytes()));
        assert!(!is_whole_pdf(format!("{pdf}PK\u{3}\u{4}").as_bytes()));
        assert!(!is_whole_pdf(format!("{pdf}<script>").as_bytes()));
        assert!(!is_whole_pdf(&pdf.as_bytes()[..40]));
        assert!(!is_whole_pdf(format!("<html>{pdf}").as_bytes()));
        assert!(!is_whole_pdf(b"%PDF-1.4 %%EOF"));
    }
}
