//! Another phone for an account: its password, then a code to the new phone.
//!
//! Who asks learns nothing of the new phone: where it has an account, its owner is told, and no code opens anything.

use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::user::Phone;
use crate::flows::codes::Asked;
use crate::flows::codes::Purpose;
use crate::flows::codes::Telling;
use crate::flows::sign_in::SignIn;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::flows::sign_in::evenly;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::codes::CodeOf;
use crate::persistence::error::StoreError;
use crate::persistence::users;

impl SignIn {
    /// Sends a code to the phone that an account is to have.
    ///
    /// # Errors
    /// [`SignInError::BadCredentials`] for another password than the account's, [`SignInError::TooManyTries`]; a limit of
    /// codes; [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn ask_for_phone(
        &self,
        user: UserId,
        new: &Phone,
        password: String,
        visitor: &Visitor,
    ) -> Result<(), SignInError> {
        evenly(self.ask_now(user, new, password, visitor)).await
    }

    async fn ask_now(&self, user: UserId, new: &Phone, password: String, visitor: &Visitor) -> Result<(), SignInError> {
        let account = self.prove_own(user, password).await?;
        let holder = users::find_account_of_phone(&self.parts.db, new).await?;
        let is_taken = holder.is_some_and(|holder| holder.phone_verified_at.is_some());
        let asked = Asked {
            purpose: Purpose::ChangePhone,
            // A code that was sent to one phone does not prove another.
            bound_to: new.as_str(),
            user,
            phone: new,
            locale: &account.locale,
            telling: if is_taken { Telling::HasAccount } else { Telling::Code },
            visitor,
        };
        self.parts.codes.send(&asked, None).await
    }

    /// Takes the code, gives the account its new phone, ends its other sessions and tells the old phone.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Suspended`], [`SignInError::Store`].
    pub async fn take_phone(&self, user: UserId, keep: SessionId, code: &str) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let Some(new) = parts.codes.phone_of(user, Purpose::ChangePhone).await? else {
            return Err(SignInError::OtpWrong);
        };
        parts.codes.check(CodeOf::User(user), Purpose::ChangePhone, new.as_str(), code).await?;
        let account = users::find_account(&parts.db, user).await?.ok_or(SignInError::OtpWrong)?;
        let act = Act {
            actor: user,
            action: Action::PhoneChanged,
            subject: user.to_string(),
            reason: String::new(),
            at: parts.clock.now(),
        };
        match users::change_phone(&parts.db, user, &account.phone, &new, &act).await {
            // Somebody proved it meanwhile.
            Err(StoreError::Duplicate { .. }) => return Err(SignInError::OtpWrong),
            Err(StoreError::Missing) => return Err(SignInError::Suspended),
            changed => changed?,
        }
        parts.revoker.revoke_others(user, keep, "phone changed").await?;
        if let Ok(old) = Phone::parse(&account.phone) {
            parts.codes.sms().send(&old, farewell(&account.locale));
        }
        Ok(())
    }
}

/// What the old phone hears. Whoever reads it may have lost the new one's account: it says what to do, and no number.
fn farewell(locale: &str) -> &'static str {
    match locale {
        "en" => "mazad: this phone was replaced by another in your account. If that was not you, contact us at once.",
        _ => "مزاد: استُبدل هذا الرقم برقم آخر في حسابك. إن لم تكن أنت من فعل ذلك فتواصل معنا فورًا.",
    }
}
