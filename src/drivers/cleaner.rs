//! Makes of hostile bytes a file that may be handed out.
//!
//! An image is unpacked and packed anew: what was hidden in it or behind it (places, names, scripts, a second file) is not
//! in the result. A PDF cannot be had anew without a renderer; it is taken as it is and only ever handed out as an
//! attachment. Unpacking happens off the threads that serve, few at a time, and within bounds of points and memory that
//! are looked at before anything is unpacked.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use image::DynamicImage;
use image::GenericImageView as _;
use image::ImageDecoder as _;
use image::ImageError;
use image::ImageFormat;
use image::ImageReader;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use tokio::sync::Semaphore;

use crate::domain::file;
use crate::domain::file::FileFault;
use crate::domain::file::FileKind;
use crate::domain::file::Looks;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;

/// Of 100; where artefacts are not seen on a photograph of a part.
const JPEG_QUALITY: u8 = 85;
/// No side is longer: with it a strip of one point's height cannot make rows that no reader expects.
const SIDE_MAX: u32 = 20_000;

/// A file that may be handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clean {
    /// What it is.
    pub kind: FileKind,
    /// The whole.
    pub bytes: Bytes,
    /// Of an image.
    pub picture: Option<Picture>,
}

/// What an image has besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Points.
    pub width: u32,
    /// Points.
    pub height: u32,
    /// The same image in small, of the same kind.
    pub thumbnail: Bytes,
}

/// Why there is no such file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanError {
    /// Too many wait already.
    Busy,
    /// These bytes are not taken.
    Refused(FileFault),
}

/// The place where it is done. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cleaner {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    most: Arc<HighWater>,
}

/// Images that are unpacked or wait for it.
const ADMITTED_MAX: usize = limits::IMAGES_AT_ONCE + limits::IMAGES_WAITING_MAX;

impl Cleaner {
    /// A cleaner of `limits::IMAGES_AT_ONCE` hands.
    #[must_use]
    pub fn new() -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(ADMITTED_MAX)),
            running: Arc::new(Semaphore::new(limits::IMAGES_AT_ONCE)),
            most: Arc::default(),
        }
    }

    /// How many files are cleaned or wait for it.
    #[must_use]
    pub fn level(&self) -> Level {
        self.most.level(ADMITTED_MAX - self.admitted.available_permits(), ADMITTED_MAX)
    }

    /// Cleans these bytes.
    ///
    /// # Errors
    /// [`CleanError`].
    pub async fn clean(&self, bytes: Bytes) -> Result<Clean, CleanError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| CleanError::Busy)?;
        self.most.saw(ADMITTED_MAX - self.admitted.available_permits());
        let _running = self.running.acquire().await.map_err(|_| CleanError::Busy)?;
        let done = tokio::task::spawn_blocking(move || clean(bytes)).await;
        // A decoder that panicked met bytes that nobody should read.
        done.unwrap_or(Err(FileFault::Damaged)).map_err(CleanError::Refused)
    }
}

impl Default for Cleaner {
    fn default() -> Self {
        Self::new()
    }
}

fn clean(bytes: Bytes) -> Result<Clean, FileFault> {
    if bytes.len() > limits::FILE_BYTES_MAX {
        return Err(FileFault::TooLarge);
    }
    let looks = Looks::of(&bytes);
    let format = match looks {
        Looks::Jpeg => ImageFormat::Jpeg,
        Looks::Png => ImageFormat::Png,
        Looks::WebP => ImageFormat::WebP,
        Looks::Pdf if file::is_whole_pdf(&bytes) => return Ok(Clean { kind: FileKind::Pdf, bytes, picture: None }),
        Looks::Pdf => return Err(FileFault::Damaged),
        Looks::Gif | Looks::Markup | Looks::Zip | Looks::Program | Looks::Unknown => {
            return Err(FileFault::Kind { looks });
        }
    };
    let image = unpack(&bytes, format)?;
    let kind = if image.color().has_alpha() { FileKind::Png } else { FileKind::Jpeg };
    let (width, height) = image.dimensions();
    let small = image.thumbnail(limits::THUMBNAIL_PIXELS.min(width), limits::THUMBNAIL_PIXELS.min(height));
    let packed = pack(&image, kind)?;
    if packed.len() > limits::FILE_BYTES_MAX {
        return Err(FileFault::TooLarge);
    }
    let thumbnail = pack(&small, kind)?;
    Ok(Clean { kind, bytes: packed, picture: Some(Picture { width, height, thumbnail }) })
}

fn unpack(bytes: &Bytes, format: ImageFormat) -> Result<DynamicImage, FileFault> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(SIDE_MAX);
    bounds.max_image_height = Some(SIDE_MAX);
    // The reader of PNG takes it for what is beside the points: a colour profile unpacks to a thousand times its size.
    let is_png = format == ImageFormat::Png;
    bounds.max_alloc = Some(if is_png { limits::PNG_EXTRAS_BYTES_MAX } else { limits::IMAGE_MEMORY_BYTES_MAX });
    reader.limits(bounds);
    let fault = |error: ImageError| match error {
        ImageError::Limits(_) => FileFault::TooManyPixels,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => FileFault::Damaged,
    };
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    // What all its points take, before one of them is unpacked: the crate's own bound leaves some decoders out.
    let points = u64::from(width) * u64::from(height);
    // And no more of them than somebody sent bytes for: a head costs nothing.
    let paid_for = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_mul(limits::IMAGE_PIXELS_PER_BYTE_MAX);
    let most = limits::IMAGE_PIXELS_MAX.min(paid_for.max(limits::IMAGE_PIXELS_FREE));
    if points > most || decoder.total_bytes() > limits::IMAGE_MEMORY_BYTES_MAX {
        return Err(FileFault::TooManyPixels);
    }
    if points == 0 {
        return Err(FileFault::Damaged);
    }
    // The one thing worth keeping of what goes with the metadata: which side is up.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn pack(image: &DynamicImage, kind: FileKind) -> Result<Bytes, FileFault> {
    let mut out = Cursor::new(Vec::new());
    let packed = match kind {
        // What most are is written as it is: a copy of forty million points is no small thing.
        FileKind::Png => match image.as_rgba8() {
            Some(points) => points.write_to(&mut out, ImageFormat::Png),
            None => image.to_rgba8().write_to(&mut out, ImageFormat::Png),
        },
        FileKind::Jpeg | FileKind::Pdf => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
            if let Some(points) = image.as_rgb8() {
                encoder.encode_image(points)
            } else {
                encoder.encode_image(&image.to_rgb8())
            }
        }
    };
    packed.map_err(|_| FileFault::Damaged)?;
    Ok(out.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    /// A PNG whose head says that it is so large, and whose points are few.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = png(1, 1);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }

    #[test]
    fn an_image_comes_back_in_two_sizes() {
        let done = clean(png(1_000, 500).into()).unwrap();
        let picture = done.picture.unwrap();
        assert_eq!((done.kind, picture.width, picture.height), (FileKind::Jpeg, 1_000, 500));
        let small = image::load_from_memory(&picture.thumbnail).unwrap();
        assert_eq!(small.dimensions(), (320, 160));
        let tiny = clean(png(3, 2).into()).unwrap().picture.unwrap();
        assert_eq!(image::load_from_memory(&tiny.thumbnail).unwrap().dimensions(), (3, 2), "not made larger");
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        assert_eq!(clean(bomb(10_000, 4_001).into()), Err(FileFault::TooManyPixels));
        assert_eq!(clean(bomb(65_535, 65_535).into()), Err(FileFault::TooManyPixels));
        assert_eq!(clean(bomb(30_000, 1).into()), Err(FileFault::TooManyPixels));
        // Few enough, and far too many for a hundred bytes.
        assert_eq!(clean(bomb(6_000, 6_000).into()), Err(FileFault::TooManyPixels));
        // Few enough points, and then none: the head itself is fine.
        assert_eq!(clean(bomb(2_000, 2_000).into()), Err(FileFault::Damaged));
    }

    #[test]
    fn what_is_transparent_stays_so() {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgba8(8, 8).write_to(&mut out, ImageFormat::WebP).unwrap();
        let done = clean(out.into_inner().into()).unwrap();
        assert_eq!(done.kind, FileKind::Png);
        assert_eq!(image::load_from_memory(&done.bytes).unwrap().to_rgba8().get_pixel(0, 0).0[3], 0);
    }

    #[tokio::test]
    async fn those_who_wait_are_counted() {
        let cleaner = Cleaner::new();
        let all: Vec<_> = (0..limits::IMAGES_AT_ONCE + limits::IMAGES_WAITING_MAX)
            .map(|_| cleaner.admitted.try_acquire().unwrap())
            .collect();
        assert_eq!(cleaner.clean(png(1, 1).into()).await, Err(CleanError::Busy));
        drop(all);
        assert!(cleaner.clean(png(1, 1).into()).await.is_ok());
    }
}
