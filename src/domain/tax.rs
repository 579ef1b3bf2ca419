//! Value added tax inside a price, and the QR code that a Saudi simplified tax invoice carries.
//!
//! Source: ZATCA, Electronic Invoicing Security Features Implementation Standards, "QR code": five fields as tag, length,
//! value, each of one byte, the whole in Base64.

use crate::domain::money::AmountMinor;

/// The Saudi rate since July 2020, in percent.
pub const VAT_PERCENT: i64 = 15;

/// The VAT inside a total that includes it: total × 15 / 115, the half rounded up; `None` for a negative total or one
/// that leaves 64 bits.
#[must_use]
pub const fn vat_within(total: AmountMinor) -> Option<AmountMinor> {
    let whole = 100 + VAT_PERCENT;
    if total.0 < 0 {
        return None;
    }
    match total.0.checked_mul(2 * VAT_PERCENT) {
        Some(twice) => match twice.checked_add(whole) {
            Some(sum) => Some(AmountMinor(sum / (2 * whole))),
            None => None,
        },
        None => None,
    }
}

/// What the QR code of an invoice says.
#[derive(Clone, Copy, Debug)]
pub struct QrFields<'a> {
    /// The seller's registered name.
    pub seller: &'a str,
    /// The seller's VAT number, 15 digits.
    pub vat_number: &'a str,
    /// When the invoice was issued, as `YYYY-MM-DDThh:mm:ssZ`.
    pub issued_at: &'a str,
    /// The total, VAT included.
    pub total: AmountMinor,
    /// The VAT in it.
    pub vat: AmountMinor,
}

/// The bytes behind the QR code; a name of more than 255 bytes is cut at a character.
#[must_use]
pub fn qr_tlv(fields: &QrFields<'_>) -> Vec<u8> {
    let (total, vat) = (fields.total.to_string(), fields.vat.to_string());
    let values = [fields.seller, fields.vat_number, fields.issued_at, &total, &vat];
    let mut out = Vec::new();
    for (tag, value) in (1_u8..).zip(values) {
        let fits = (0..=value.len().min(255)).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
        let value = value.get(..fits).unwrap_or("");
        out.push(tag);
        out.push(u8::try_from(value.len()).unwrap_or(0));
        out.extend_from_slice(value.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tax_inside_a_price_is_rounded_to_the_nearest_halala() {
        for (total, vat) in [(0, 0), (1, 0), (3, 0), (4, 1), (115, 15), (100, 13), (10_000, 1_304), (11_500, 1_500)] {
            assert_eq!(vat_within(AmountMinor(total)), Some(AmountMinor(vat)), "{total}");
        }
        assert_eq!(vat_within(AmountMinor(-1)), None);
        assert_eq!(vat_within(AmountMinor(i64::MAX)), None);
    }

    /// Read back by tag and length, as a phone does that scans it.
    #[test]
    fn the_five_fields_read_back() {
        let fields = QrFields {
            seller: "ورشة النور",
            vat_number: "310122393500003",
            issued_at: "2026-01-31T15:30:00Z",
            total: AmountMinor(11_500),
            vat: AmountMinor(1_500),
        };
        let bytes = qr_tlv(&fields);
        let mut rest = bytes.as_slice();
        let mut read = Vec::new();
        while let [tag, length, after @ ..] = rest {
            let (value, next) = after.split_at(usize::from(*length));
            read.push((*tag, std::str::from_utf8(value).unwrap()));
            rest = next;
        }
        let expected =
            [(1, "ورشة النور"), (2, "310122393500003"), (3, "2026-01-31T15:30:00Z"), (4, "115.00"), (5, "15.00")];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let name = "ع".repeat(200);
        let fields =
            QrFields { seller: &name, vat_number: "", issued_at: "", total: AmountMinor(1), vat: AmountMinor(0) };
        assert_eq!(qr_tlv(&fields)[..2], [1, 254]);
    }
}
