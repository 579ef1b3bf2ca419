//! Web Push: encryption for one device (RFC 8291) and our name to its push service (VAPID, RFC 8292).
//!
//! Our own hundred lines on the cryptography that is here anyway: docs/decisions/0028.

use aws_lc_rs::aead;
use aws_lc_rs::agreement;
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::agreement::UnparsedPublicKey;
use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::encoding::EcPrivateKeyBin;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf;
use aws_lc_rs::rand;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::json;

use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;

/// The size of a record (RFC 8188): one holds all that we send.
const RECORD: u32 = 4_096;

/// Encrypts a text for a device. What comes back is the body of the push.
///
/// # Errors
/// When the device's key is no point of P-256, or the system gives no random octets.
pub(super) fn encrypt(text: &[u8], p256dh: &[u8; 65], auth: &[u8; 16]) -> Result<Vec<u8>, Unspecified> {
    let mut salt = [0; 16];
    rand::fill(&mut salt)?;
    encrypt_with(text, p256dh, auth, &PrivateKey::generate(&agreement::ECDH_P256)?, salt)
}

fn encrypt_with(
    text: &[u8],
    p256dh: &[u8; 65],
    auth: &[u8; 16],
    own: &PrivateKey,
    salt: [u8; 16],
) -> Result<Vec<u8>, Unspecified> {
    let public = own.compute_public_key()?;
    let theirs = UnparsedPublicKey::new(&agreement::ECDH_P256, p256dh);
    // RFC 8291 §3.4: what both know, mixed with the device's secret and both keys.
    let input = agreement::agree(own, theirs, Unspecified, |shared| {
        derive::<32>(auth, shared, &[b"WebPush: info\0", p256dh, public.as_ref()])
    })?;
    let key: [u8; 16] = derive(&salt, &input, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = derive(&salt, &input, &[b"Content-Encoding: nonce\0"])?;
    // RFC 8188 §2: 2 ends the last record.
    let mut record = [text, &[2]].concat();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key)?);
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut record)?;
    let length = u8::try_from(public.as_ref().len()).map_err(|_| Unspecified)?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[length], public.as_ref(), &record].concat())
}

fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Result<[u8; N], Unspecified> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = [0; N];
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    key.expand(info, Length(N))?.fill(&mut out)?;
    Ok(out)
}

/// The key by which push services know us.
pub(super) struct Vapid {
    key: EcdsaKeyPair,
    public: String,
    contact: String,
}

impl Vapid {
    /// Reads a private key: 32 octets in base64url.
    pub(super) fn read(key: &str, contact: &str) -> Option<Self> {
        let secret = BASE64.decode(key.trim().trim_end_matches('=')).ok()?;
        let private = PrivateKey::from_private_key(&agreement::ECDH_P256, &secret).ok()?;
        let public = private.compute_public_key().ok()?;
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_private_key_and_public_key(signing, &secret, public.as_ref()).ok()?;
        Some(Self { key, public: BASE64.encode(public.as_ref()), contact: contact.to_owned() })
    }

    /// What browsers want as `applicationServerKey`, in base64url.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The header `Authorization` of a push to this origin.
    pub(super) fn authorization(&self, origin: &str, now: UnixMicros) -> Result<String, Unspecified> {
        let until = now.plus(Span::hours(limits::VAPID_HOURS)).0 / 1_000_000;
        let claims = json!({"aud": origin, "exp": until, "sub": self.contact});
        let head = BASE64.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", BASE64.encode(claims.to_string()));
        let signature = self.key.sign(&rand::SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("vapid t={signed}.{}, k={}", BASE64.encode(signature.as_ref()), self.public))
    }
}

/// A new private key for `push.vapid_key`.
///
/// # Errors
/// When the system gives no random octets.
pub fn new_key() -> Result<String, Unspecified> {
    let bytes: EcPrivateKeyBin<'_> = PrivateKey::generate(&agreement::ECDH_P256)?.as_be_bytes()?;
    Ok(BASE64.encode(bytes.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        BASE64.decode(text).unwrap().try_into().unwrap()
    }

    /// RFC 8291, appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out_to_the_octet() {
        let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let own: [u8; 32] = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let body = encrypt_with(
            b"When I grow up, I want to be a watermelon",
            &bytes(p256dh),
            &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
            &PrivateKey::from_private_key(&agreement::ECDH_P256, &own).unwrap(),
            bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        );
        assert_eq!(
            BASE64.encode(body.unwrap()),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y\
             l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn no_two_pushes_look_alike_and_a_key_that_is_no_point_is_refused() {
        let p256dh = bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let one = encrypt(b"text", &p256dh, &[7; 16]).unwrap();
        let other = encrypt(b"text", &p256dh, &[7; 16]).unwrap();
        assert!(one.len() == other.len() && one[..16] != other[..16] && one[21..86] != other[21..86]);
        assert!(encrypt(b"text", &[4; 65], &[7; 16]).is_err());
    }

    #[test]
    fn a_key_is_made_read_again_and_signs_for_one_service() {
        let vapid = Vapid::read(&new_key().unwrap(), "mailto:operator@mazad.example").unwrap();
        let header = vapid.authorization("https://push.example", UnixMicros(1_000_000)).unwrap();
        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, vapid.public());
        let point = BASE64.decode(key).unwrap();
        assert!(point.len() == 65 && point[0] == 4);
        let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
        let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        rules.set_audience(&["https://push.example"]);
        rules.validate_exp = false;
        let key = jsonwebtoken::DecodingKey::from_ec_components(&x, &y).unwrap();
        let claims = jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules).unwrap().claims;
        assert_eq!(claims["sub"], "mailto:operator@mazad.example");
        assert_eq!(claims["exp"], 1 + limits::VAPID_HOURS * 3_600);
        for wrong in ["", "short", "!!!!", &BASE64.encode([0; 32]), &BASE64.encode([255; 32])] {
            assert!(Vapid::read(wrong, "").is_none(), "{wrong}");
        }
    }
}
