//! A photograph of a part, painted: the demonstration needs an image that is its own.

use std::io::Cursor;

use anyhow::Context as _;
use image::DynamicImage;
use image::ImageFormat;
use image::Rgb;
use image::RgbImage;

/// Points.
const WIDTH: u32 = 640;
/// Points.
const HEIGHT: u32 = 400;

/// A bumper on a workshop's floor as JPEG; another number is another colour.
///
/// # Errors
/// When it cannot be packed.
pub fn paint(number: u64) -> anyhow::Result<Vec<u8>> {
    let hue = u8::try_from(number.wrapping_mul(47) % 128)?;
    let image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| point(x, y, hue));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut out, ImageFormat::Jpeg).context("the photo cannot be packed")?;
    Ok(out.into_inner())
}

fn point(x: u32, y: u32, hue: u8) -> Rgb<u8> {
    // Two arcs, one above the other: the bumper lies between them, with a grille in its middle.
    let from_middle = x.abs_diff(WIDTH / 2);
    let bend = from_middle * from_middle / 900;
    let (top, bottom) = (120 + bend, 250 + bend / 2);
    let light = u8::try_from(y * 90 / HEIGHT).unwrap_or(0);
    if !(top..bottom).contains(&y) {
        return Rgb([60 + light, 62 + light, 66 + light]);
    }
    let is_grille = from_middle < 110 && (170..215).contains(&y);
    if is_grille && (x / 8).is_multiple_of(2) { Rgb([20, 20, 24]) } else { Rgb([100 + hue, 120, 220 - hue]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_an_image() {
        let image = image::load_from_memory(&paint(3).unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT));
        assert_ne!(paint(3).unwrap(), paint(4).unwrap());
    }
}
