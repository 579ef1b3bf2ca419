//! Devices to which is pushed. A browser or an application has one address, whoever signs in on it: it is whose it was last.

use crate::domain::ids::DeviceId;
use crate::domain::ids::UserId;
use crate::domain::message::Device;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

/// The columns of [`Listed`].
macro_rules! select_devices {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, platform, address, p256dh, auth, name, created_at, last_sent_at FROM devices ",
            $rest
        )
    };
}

const SELECT_DEVICES_BY_ID: &str = select_devices!("WHERE id IN ");
const SELECT_DEVICES_OF: &str = select_devices!("WHERE user_id IN ");

statements! {
    SELECT_DEVICES_OF_USER = both(select_devices!("WHERE user_id = ? ORDER BY id DESC"));
    SELECT_DEVICE = both(select_devices!("WHERE id = ?"));
    SELECT_DEVICE_OF_ADDRESS = both("SELECT id, user_id FROM devices WHERE address_digest = ?");
    // Two new devices of one account are counted one after the other.
    LOCK_WHO_HAS_DEVICES = per("SELECT id FROM users WHERE id = ?", "SELECT id FROM users WHERE id = ? FOR UPDATE");
    SELECT_SURPLUS = both("SELECT id FROM devices WHERE user_id = ? ORDER BY id DESC LIMIT 1000 OFFSET ?");
    INSERT_DEVICE = both(
        "INSERT INTO devices (id, user_id, platform, address, address_digest, p256dh, auth, name, created_at, \
         last_sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
    );
    RENEW_DEVICE = both("UPDATE devices SET p256dh = ?, auth = ?, name = ? WHERE id = ?");
    DELETE_DEVICE = both("DELETE FROM devices WHERE id = ?");
    DELETE_OWN_DEVICE = both("DELETE FROM devices WHERE id = ? AND user_id = ?");
    // What waits for a device that is gone, or another's now, reaches nobody.
    DELETE_PUSHES = both("DELETE FROM notice_deliveries WHERE device_id = ? AND user_id = ? AND state <> 'sent'");
    DELETE_DEVICES_OF_USER = both("DELETE FROM devices WHERE user_id = ?");
}

row! {
    /// A device.
    pub struct Listed {
        /// Its id.
        pub id: DeviceId,
        /// Whose it is.
        pub user_id: UserId,
        /// The word of its platform.
        pub platform: String,
        /// Where it is reached; whoever knows it can push.
        pub address: String,
        /// A browser's public key.
        pub p256dh: Option<Vec<u8>>,
        /// A browser's secret.
        pub auth: Option<Vec<u8>>,
        /// What its owner calls it.
        pub name: Option<String>,
        /// When it was added.
        pub created_at: UnixMicros,
        /// When it was last pushed to.
        pub last_sent_at: Option<UnixMicros>,
    }
}

impl Listed {
    /// Where it is reached.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the row is of no platform.
    pub fn device(self) -> Result<Device, StoreError> {
        let corrupt = || StoreError::corrupt(format!("the device {}", self.id));
        match self.platform.as_str() {
            "fcm" => Ok(Device::Fcm { token: self.address }),
            "web" => {
                let p256dh = self.p256dh.as_deref().and_then(|key| key.try_into().ok()).ok_or_else(corrupt)?;
                let auth = self.auth.as_deref().and_then(|secret| secret.try_into().ok()).ok_or_else(corrupt)?;
                Ok(Device::Web { endpoint: self.address, p256dh, auth })
            }
            _ => Err(corrupt()),
        }
    }
}

row! {
    struct Known {
        id: DeviceId,
        user_id: UserId,
    }
}

/// A device that somebody adds.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The id that it gets where it is new to this account.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is reached.
    pub device: Device,
    /// A digest of that, by which it is known again.
    pub digest: [u8; 32],
    /// What its owner calls it.
    pub name: Option<String>,
    /// When.
    pub at: UnixMicros,
}

/// Adds a device, or renews it where its owner has it already, and gives its id. Another's it is no more, with all that
/// was on its way there: a new owner does not read what was meant for the old one. Beyond `most` the oldest goes.
///
/// # Errors
/// [`StoreError`] when the database fails; [`StoreError::Duplicate`] where somebody else adds it at this moment.
pub async fn put(db: &Db, new: &NewDevice, most: i64) -> Result<DeviceId, StoreError> {
    let (address, p256dh, auth) = match &new.device {
        Device::Web { endpoint, p256dh, auth } => (endpoint, Some(p256dh.as_slice()), Some(auth.as_slice())),
        Device::Fcm { token } => (token, None, None),
    };
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_WHO_HAS_DEVICES, new.user.0)?;
    let known = one_in!(&mut tx, Known, SELECT_DEVICE_OF_ADDRESS, new.digest.as_slice())?;
    if let Some(known) = known.as_ref().filter(|known| known.user_id == new.user) {
        exec!(&mut tx, RENEW_DEVICE, p256dh, auth, new.name.as_deref(), known.id.0)?;
        tx.commit().await?;
        return Ok(known.id);
    }
    if let Some(known) = known {
        remove(&mut tx, known.id, known.user_id).await?;
    }
    let (id, user, platform) = (new.id.0, new.user.0, new.device.platform());
    let (digest, name) = (new.digest.as_slice(), new.name.as_deref());
    exec!(&mut tx, INSERT_DEVICE, id, user, platform, address.as_str(), digest, p256dh, auth, name, new.at.0)?;
    for (surplus,) in all_in!(&mut tx, (i64,), SELECT_SURPLUS, user, most)? {
        remove(&mut tx, DeviceId(surplus), new.user).await?;
    }
    tx.commit().await?;
    Ok(new.id)
}

async fn remove(tx: &mut Tx, device: DeviceId, user: UserId) -> Result<(), StoreError> {
    exec!(tx, DELETE_DEVICE, device.0)?;
    exec!(tx, DELETE_PUSHES, device.0, user.0).map(drop)
}

/// Somebody's devices, the newest first: no more than one account may have.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, user: UserId) -> Result<Vec<Listed>, StoreError> {
    all!(db, Listed, SELECT_DEVICES_OF_USER, user.0)
}

/// The devices of these people.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of(db: &Db, users: &[UserId]) -> Result<Vec<Listed>, StoreError> {
    all_of!(db, Listed, SELECT_DEVICES_OF, users.iter().map(|user| user.0))
}

/// These devices, as far as they are there still.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_by_id(db: &Db, devices: &[DeviceId]) -> Result<Vec<Listed>, StoreError> {
    all_of!(db, Listed, SELECT_DEVICES_BY_ID, devices.iter().map(|device| device.0))
}

/// One device.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, device: DeviceId) -> Result<Option<Listed>, StoreError> {
    one!(db, Listed, SELECT_DEVICE, device.0)
}

/// Takes a device away from its owner; `false` where it is not theirs.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(db: &Db, user: UserId, device: DeviceId) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let was_there = exec!(&mut tx, DELETE_OWN_DEVICE, device.0, user.0)? == 1;
    if was_there {
        exec!(&mut tx, DELETE_PUSHES, device.0, user.0)?;
    }
    tx.commit().await.map(|()| was_there)
}

/// Erases somebody's devices.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn erase(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    exec!(tx, DELETE_DEVICES_OF_USER, user.0).map(drop)
}
