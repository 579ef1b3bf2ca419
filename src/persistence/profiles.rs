//! What customers and merchants say of themselves. Lists and addresses are JSON texts of the wire's types.

use crate::domain::ids::FileId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::files;

/// The columns of [`MerchantProfile`].
macro_rules! select_merchant {
    ($rest:literal) => {
        concat!(
            "SELECT m.user_id, m.business_name, m.business_license, m.specializations, m.business_hours, ",
            "m.service_areas, m.verification_documents, m.verified_at, m.rejected_at, m.rejected_reason, ",
            "m.vat_number, m.rating_milli, m.rated_orders, m.updated_at, u.created_at FROM merchant_profiles m ",
            "JOIN users u ON u.id = m.user_id ",
            $rest
        )
    };
}

statements! {
    SELECT_CUSTOMER_PROFILE = both(
        "SELECT national_address, default_location, preferences, updated_at FROM customer_profiles WHERE user_id = ?"
    );
    UPDATE_CUSTOMER_PROFILE = both(
        "UPDATE customer_profiles SET national_address = ?, default_location = ?, preferences = ?, updated_at = ? WHERE \
         user_id = ?"
    );
    SELECT_MERCHANT_PROFILE = both(select_merchant!("WHERE m.user_id = ?"));
    SELECT_PUBLIC_MERCHANT = both(select_merchant!(
        "WHERE m.user_id = ? AND m.verified_at IS NOT NULL AND u.suspended_at IS NULL"
    ));
    UPDATE_MERCHANT_PROFILE = both(
        "UPDATE merchant_profiles SET business_name = ?, business_license = ?, specializations = ?, business_hours = ?, \
         service_areas = ?, verification_documents = ?, vat_number = ?, rejected_at = NULL, rejected_reason = NULL, \
         updated_at = ? WHERE user_id = ?"
    );
    // The first write of its transaction, so on a server it also locks the row against another.
    UNVERIFY_CHANGED_MERCHANT = both(
        "UPDATE merchant_profiles SET verified_at = NULL, verified_by = NULL WHERE user_id = ? AND verified_at IS NOT \
         NULL AND NOT (business_name = ? AND COALESCE(business_license, '') = ?)"
    );
}

row! {
    /// A customer's profile.
    pub struct CustomerProfile {
        /// JSON, or nothing.
        pub national_address: Option<String>,
        /// JSON, or nothing.
        pub default_location: Option<String>,
        /// A JSON object.
        pub preferences: String,
        /// When it was last changed.
        pub updated_at: UnixMicros,
    }
}

row! {
    /// A merchant's profile.
    pub struct MerchantProfile {
        /// The account.
        pub user_id: UserId,
        /// The business.
        pub business_name: String,
        /// Its commercial registration.
        pub business_license: Option<String>,
        /// A JSON array.
        pub specializations: String,
        /// A JSON object.
        pub business_hours: String,
        /// A JSON array.
        pub service_areas: String,
        /// A JSON array.
        pub verification_documents: String,
        /// When it was verified.
        pub verified_at: Option<UnixMicros>,
        /// When it was rejected.
        pub rejected_at: Option<UnixMicros>,
        /// Why.
        pub rejected_reason: Option<String>,
        /// Its VAT number, 15 digits; `None` where it is not registered.
        pub vat_number: Option<String>,
        /// Thousandths of a star, smoothed (rules §5).
        pub rating_milli: i64,
        /// Orders that were rated.
        pub rated_orders: i64,
        /// When it was last changed.
        pub updated_at: UnixMicros,
        /// When the account was made.
        pub created_at: UnixMicros,
    }
}

/// What a merchant says of itself.
#[derive(Clone, Debug)]
pub struct MerchantDraft {
    /// The business.
    pub business_name: String,
    /// Its commercial registration.
    pub business_license: Option<String>,
    /// A JSON array.
    pub specializations: String,
    /// A JSON object.
    pub business_hours: String,
    /// A JSON array.
    pub service_areas: String,
    /// A JSON array.
    pub verification_documents: String,
    /// Its VAT number, 15 digits; `None` where it is not registered.
    pub vat_number: Option<String>,
    /// The files in it.
    pub files: Vec<FileId>,
}

/// A customer's profile; `None` for other accounts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_customer_profile(db: &Db, user: UserId) -> Result<Option<CustomerProfile>, StoreError> {
    one!(db, CustomerProfile, SELECT_CUSTOMER_PROFILE, user.0)
}

/// Replaces a customer's profile.
///
/// # Errors
/// [`StoreError::Missing`] for other accounts.
pub async fn update_customer_profile(db: &Db, user: UserId, new: &CustomerProfile) -> Result<(), StoreError> {
    let rows = exec_now!(
        db,
        UPDATE_CUSTOMER_PROFILE,
        &new.national_address,
        &new.default_location,
        &new.preferences,
        new.updated_at.0,
        user.0
    )?;
    if rows == 0 { Err(StoreError::Missing) } else { Ok(()) }
}

/// A merchant's profile; `None` for other accounts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_merchant_profile(db: &Db, user: UserId) -> Result<Option<MerchantProfile>, StoreError> {
    one!(db, MerchantProfile, SELECT_MERCHANT_PROFILE, user.0)
}

/// The profile of a merchant who may bid; `None` for all others.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_public_merchant(db: &Db, user: UserId) -> Result<Option<MerchantProfile>, StoreError> {
    one!(db, MerchantProfile, SELECT_PUBLIC_MERCHANT, user.0)
}

/// Replaces a merchant's profile. A verified one that changes its name or licence waits for verification again (`true`,
/// and written down); a rejected one waits again too.
///
/// # Errors
/// [`StoreError::Missing`] for other accounts.
pub async fn update_merchant_profile(
    db: &Db,
    user: UserId,
    new: &MerchantDraft,
    at: UnixMicros,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let license = new.business_license.as_deref().unwrap_or("");
    let sent_back = exec!(&mut tx, UNVERIFY_CHANGED_MERCHANT, user.0, &new.business_name, license)? == 1;
    let rows = exec!(
        &mut tx,
        UPDATE_MERCHANT_PROFILE,
        &new.business_name,
        &new.business_license,
        &new.specializations,
        &new.business_hours,
        &new.service_areas,
        &new.verification_documents,
        &new.vat_number,
        at.0,
        user.0
    )?;
    if rows == 0 {
        return Err(StoreError::Missing);
    }
    files::attach_to_merchant(&mut tx, user, &new.files, at).await?;
    if sent_back {
        let act =
            Act { actor: user, action: Action::MerchantChanged, subject: user.to_string(), reason: String::new(), at };
        audit::append(&mut tx, &act).await?;
    }
    tx.commit().await?;
    Ok(sent_back)
}
