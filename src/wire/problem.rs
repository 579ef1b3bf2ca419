//! Everything that can go wrong, as the outside sees it: one row per code, one shape on every wire (RFC 9457).
//!
//! The table is the only place that chooses a status or a title. Text for people and the cause for operators are
//! different things: a cause is logged where it is known and never rendered here.

use serde_json::Value;
use serde_json::json;

use crate::domain::refusal::Refusal;
use crate::domain::refusal::ShapeFault;
use crate::domain::refusal::Worse;
use crate::domain::time::UnixMicros;

/// The caller's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Arabic.
    Arabic,
}

macro_rules! codes {
    ($($name:ident $word:literal $status:literal $english:literal $arabic:literal;)*) => {
        /// What went wrong: a stable word, a status, a title in two languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $english] $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn title(self, language: Language) -> &'static str {
                match language {
                    Language::English => match self { $(Self::$name => $english,)* },
                    Language::Arabic => match self { $(Self::$name => $arabic,)* },
                }
            }

            /// The code with this word.
            #[must_use]
            pub fn find(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.word() == word)
            }
        }
    };
}

codes! {
    // ---- the http request itself
    MalformedJson "malformed_json" 400 "The body is not valid JSON" "نص الطلب ليس JSON صالحًا";
    BadRequest "bad_request" 400 "The request cannot be understood" "تعذّر فهم الطلب";
    KeyRequired "idempotency_key_required" 400 "This call needs an Idempotency-Key header" "يتطلب هذا الطلب ترويسة Idempotency-Key";
    BadKey "idempotency_key_invalid" 400 "An idempotency key is 1 to 128 visible ASCII characters" "مفتاح عدم التكرار من 1 إلى 128 حرف ASCII مرئيًا";
    NotFound "not_found" 404 "There is nothing at this address" "لا يوجد شيء في هذا العنوان";
    ServiceNotFound "service_not_found" 404 "There is no such service" "لا توجد خدمة بهذا الاسم";
    MethodNotAllowed "method_not_allowed" 405 "This address does not take this method" "هذا العنوان لا يقبل هذه الطريقة";
    BodyTooSlow "body_too_slow" 408 "The body took too long to arrive" "استغرق وصول نص الطلب وقتًا طويلًا";
    BodyTooLarge "body_too_large" 413 "The body is too large" "نص الطلب كبير جدًا";
    UrlTooLong "url_too_long" 414 "The address is too long" "العنوان طويل جدًا";
    NotJson "unsupported_media_type" 415 "The body must be application/json" "يجب أن يكون نص الطلب application/json";
    Validation "validation_failed" 422 "Some fields are wrong" "بعض الحقول غير صحيحة";
    HeadTooLarge "head_too_large" 431 "The headers are too large" "ترويسات الطلب كبيرة جدًا";
    Internal "internal" 500 "Something broke on our side" "حدث خلل لدينا";
    // ---- repeated calls
    KeyInProgress "key_in_progress" 409 "The first call with this idempotency key still runs" "الطلب الأول بمفتاح عدم التكرار هذا ما زال قيد التنفيذ";
    KeyBroken "key_outcome_unknown" 409 "The first call with this idempotency key broke off; look what became of it" "انقطع الطلب الأول بمفتاح عدم التكرار هذا؛ تحقّق مما آل إليه";
    // ---- who is asking
    Unauthenticated "unauthenticated" 401 "Sign in first" "سجّل الدخول أولًا";
    TokenExpired "token_expired" 401 "The access token has expired" "انتهت صلاحية رمز الدخول";
    BadCredentials "bad_credentials" 401 "Phone, email or password is wrong" "الهاتف أو البريد أو كلمة المرور غير صحيح";
    RefreshRefused "refresh_refused" 401 "The refresh token is not valid any more" "رمز التجديد لم يعد صالحًا";
    OtpWrong "otp_wrong" 422 "The code is wrong or has expired" "الرمز غير صحيح أو انتهت صلاحيته";
    OtpExhausted "otp_exhausted" 429 "Too many wrong codes; ask for a new one later" "محاولات خاطئة كثيرة؛ اطلب رمزًا جديدًا لاحقًا";
    TooManyCodes "too_many_codes" 429 "Too many codes were asked for from here" "طُلبت رموز كثيرة جدًا من هذا العنوان";
    CodesPaused "codes_paused" 503 "No codes are being sent right now" "لا تُرسل رموز في الوقت الحالي";
    UnknownProvider "unknown_provider" 404 "There is no such sign-in provider" "لا يوجد مزوّد دخول بهذا الاسم";
    NotConnected "not_connected" 404 "No account there opens yours" "لا حساب هناك يفتح حسابك";
    ProviderUnavailable "provider_unavailable" 503 "The sign-in provider cannot be reached right now" "تعذّر الوصول إلى مزوّد الدخول الآن";
    ProviderRefused "provider_refused" 401 "This sign-in did not succeed; begin again" "لم يكتمل تسجيل الدخول؛ ابدأ من جديد";
    TooManyTries "too_many_tries" 429 "Too many wrong passwords; wait, or ask for a new one" "كلمات مرور خاطئة كثيرة؛ انتظر أو اطلب كلمة جديدة";
    WorkNeeded "work_needed" 428 "Solve the challenge and repeat with the header Work-Answer" "حلّ التحدّي وأعد الطلب مع الترويسة Work-Answer";
    PrefixPaused "prefix_paused" 503 "No codes are being sent to numbers that begin like this one" "لا تُرسل رموز حاليًا إلى الأرقام التي تبدأ هكذا";
    OtpTooSoon "otp_too_soon" 429 "A code was sent a moment ago" "أُرسل رمز قبل لحظات";
    OriginRefused "origin_refused" 403 "Pages from this origin may not connect" "لا يُسمح لصفحات هذا المصدر بالاتصال";
    MetricsRefused "metrics_refused" 403 "Metrics are for this machine, or for who brings their token" "المقاييس لهذا الجهاز أو لمن يحمل رمزها";
    NotShown "not_shown" 403 "This auction does not show that" "هذا المزاد لا يعرض ذلك";
    NotACustomer "not_a_customer" 403 "Only customers can do this" "هذا الإجراء للعملاء فقط";
    NotAnAdmin "not_an_admin" 403 "Only administrators can do this" "هذا الإجراء للمشرفين فقط";
    PhoneNotVerified "phone_not_verified" 403 "Verify your phone first" "تحقّق من رقم هاتفك أولًا";
    // ---- load
    RateLimited "rate_limited" 429 "Too many calls; wait a moment" "طلبات كثيرة جدًا؛ انتظر لحظة";
    Busy "busy" 429 "This auction is busy; try again at once" "هذا المزاد مشغول؛ حاول مجددًا";
    Overloaded "overloaded" 503 "The server has too much to do right now" "الخادم مشغول جدًا الآن";
    OutcomeUnknown "outcome_unknown" 503 "The outcome is unknown; repeat with the same key" "النتيجة غير معروفة؛ أعد الطلب بالمفتاح نفسه";
    Unavailable "unavailable" 503 "The store cannot be reached right now" "تعذّر الوصول إلى قاعدة البيانات الآن";
    Starting "not_ready" 503 "The server is not ready; see `failing`" "الخادم غير جاهز؛ انظر `failing`";
    Stopping "stopping" 503 "The server restarts; repeat this in a second" "يعيد الخادم التشغيل؛ أعد المحاولة بعد ثانية";
    Hanging "hanging" 503 "A part of the server hangs; see `failing`" "جزء من الخادم متوقف؛ انظر `failing`";
    // ---- things
    UnknownVehicle "unknown_vehicle" 404 "There is no such vehicle" "لا توجد مركبة كهذه";
    UnknownBrand "unknown_brand" 404 "There is no such brand" "لا توجد علامة كهذه";
    UnknownModel "unknown_model" 404 "There is no such model" "لا يوجد طراز كهذا";
    UnknownBlock "unknown_block" 404 "You do not block this merchant" "أنت لا تحظر هذا التاجر";
    TooManyBlocks "too_many_blocks" 409 "Too many blocked merchants" "عدد التجار المحظورين كبير جدًا";
    OwnAccount "own_account" 409 "Administrators cannot do this to themselves" "لا يمكن للمشرف تطبيق هذا على حسابه";
    PapersMissing "papers_missing" 409 "The licence or the documents are missing; write why they are not needed" "السجل أو المستندات ناقصة؛ اكتب سبب الاستغناء عنها";
    OpenBusiness "open_business" 409
        "Requests, bids or orders are under way; cancel, withdraw or finish them first"
        "لديك طلبات أو عروض أو أوامر شراء جارية؛ ألغها أو اسحبها أو أتمّها أولًا";
    UnknownQuestion "unknown_question" 404 "There is no such question" "لا يوجد سؤال كهذا";
    QuestionsClosed "questions_closed" 409 "Questions are asked and answered before the close" "تُطرح الأسئلة ويُجاب عنها قبل الإغلاق";
    TooManyQuestions "too_many_questions" 409 "Too many questions about this request" "عدد الأسئلة على هذا الطلب كبير جدًا";
    AlreadyAnswered "already_answered" 409 "This question is answered already" "أُجيب عن هذا السؤال من قبل";
    NoPriceBand "no_price_band" 404 "Too few such parts were sold to tell a price" "لم يُبع من هذه القطعة ما يكفي لبيان سعرها";
    UnknownUser "unknown_user" 404 "There is no such account" "لا يوجد حساب كهذا";
    UnknownSession "unknown_session" 404 "There is no such session" "لا توجد جلسة كهذه";
    TooManyOpen "too_many_open_requests" 409 "Too many open requests" "عدد الطلبات المفتوحة كبير جدًا";
    TooManyVehicles "too_many_vehicles" 409 "Too many vehicles" "عدد المركبات كبير جدًا";
    Duplicate "duplicate" 409 "This exists already" "هذا موجود مسبقًا";
    UnknownOrder "unknown_order" 404 "There is no such order" "لا يوجد أمر شراء كهذا";
    StepNotYours "step_not_yours" 403 "The other side of the order does this" "هذه الخطوة للطرف الآخر في أمر الشراء";
    OrderState "order_state" 409 "The order's state does not allow this" "حالة أمر الشراء لا تسمح بذلك";
    NotDelivered "not_delivered" 409 "An order is reviewed after its delivery" "يُقيَّم أمر الشراء بعد تسليمه";
    AlreadyReviewed "already_reviewed" 409 "You have reviewed this order" "قيّمت أمر الشراء هذا من قبل";
    NotADraft "not_a_draft" 409 "Only a draft can be changed this way" "يمكن تعديل المسودة فقط بهذه الطريقة";
    // ---- payments
    UnknownPayment "unknown_payment" 404 "There is no such payment" "لا توجد دفعة كهذه";
    UnknownGateway "unknown_gateway" 404 "There is no such payment gateway" "لا توجد بوابة دفع بهذا الاسم";
    PaymentNotYours "payment_not_yours" 403 "Somebody else confirms or refunds this payment" "تأكيد هذه الدفعة أو ردّها ليس من صلاحيتك";
    OrderNotPayable "order_not_payable" 409 "The order's state does not allow this payment" "حالة أمر الشراء لا تسمح بهذه الدفعة";
    PaymentExists "payment_exists" 409 "The order has a payment already" "لأمر الشراء دفعة قائمة";
    MethodUnavailable "payment_method_unavailable" 409 "This way of paying is not available for this order" "طريقة الدفع هذه غير متاحة لأمر الشراء هذا";
    NotPaid "not_paid" 409 "Nothing was paid" "لم يُدفع شيء";
    RefundTooLarge "refund_too_large" 422 "More than is left of the payment" "المبلغ أكبر من المتبقي من الدفعة";
    RefundUnderWay "refund_under_way" 409 "Another refund of this payment is under way" "هناك ردّ آخر لهذه الدفعة قيد التنفيذ";
    PaymentRefused "payment_refused" 409 "The payment gateway refused this" "رفضت بوابة الدفع هذه العملية";
    PaymentSums "payment_sums" 409 "The sums of this payment do not allow this" "مبالغ هذه الدفعة لا تسمح بذلك";
    GatewayUnavailable "gateway_unavailable" 503 "The payment gateway cannot be asked right now" "تعذّر الوصول إلى بوابة الدفع الآن";
    WebhookRefused "webhook_refused" 401 "This is not the gateway's" "هذا ليس من بوابة الدفع";
    // ---- notifications
    UnknownNotification "unknown_notification" 404 "There is no such notification" "لا يوجد إشعار كهذا";
    UnknownDevice "unknown_device" 404 "There is no such device" "لا يوجد جهاز كهذا";
    PushOff "push_off" 404 "This server pushes nothing to browsers" "لا يرسل هذا الخادم إشعارات إلى المتصفحات";
    UnknownDeadLetter "unknown_dead_letter" 404 "There is no such message that was given up" "لا توجد رسالة متعثرة كهذه";
    // ---- files
    UnknownFile "unknown_file" 404 "There is no such file" "لا يوجد ملف كهذا";
    NotAForm "multipart_required" 415 "The body must be multipart/form-data with one file" "يجب أن يكون نص الطلب multipart/form-data وفيه ملف واحد";
    FileKindRefused "file_type_refused" 415 "Only JPEG, PNG and WebP images and PDF documents are taken" "تُقبل صور JPEG وPNG وWebP ومستندات PDF فقط";
    FileTooLarge "file_too_large" 413 "The file is too large" "الملف كبير جدًا";
    ImageTooLarge "image_too_large" 422 "The image has too many pixels" "أبعاد الصورة كبيرة جدًا";
    FileDamaged "file_damaged" 422 "The file is damaged or not only what it looks like" "الملف تالف أو ليس ما يبدو عليه فقط";
    FileNameRefused "file_name_refused" 422 "The file's name is no plain name" "اسم الملف غير مقبول";
    FileQuota "file_quota_exceeded" 409 "You have too many files, or too large ones; delete some" "ملفاتك كثيرة أو كبيرة جدًا؛ احذف بعضها";
    FileInUse "file_in_use" 409 "The file is shown somewhere; take it out there first" "الملف مستخدم؛ أزله من هناك أولًا";
    FileNotUploaded "file_not_uploaded" 409 "Nothing was uploaded to this address yet" "لم يُرفع شيء إلى هذا العنوان بعد";
    UploadRefused "upload_url_refused" 403 "This upload address was used, has expired, or is not ours" "رابط الرفع مستخدم أو منتهٍ أو غير صحيح";
    // ---- the engine's refusals (domain::refusal), in its order
    NotAMerchant "not_a_merchant" 403 "Only merchants can do this" "هذا الإجراء للتجار فقط";
    NotVerified "not_verified" 403 "The merchant is not verified yet" "لم يتم توثيق التاجر بعد";
    Suspended "suspended" 403 "This account is suspended" "هذا الحساب موقوف";
    UnknownRequest "unknown_request" 404 "There is no such request" "لا يوجد طلب كهذا";
    UnknownBid "unknown_bid" 404 "There is no such bid" "لا يوجد عرض كهذا";
    KeyReused "key_reused" 422 "This idempotency key came before with another body" "استُخدم مفتاح عدم التكرار سابقًا مع محتوى آخر";
    OwnRequest "own_request" 403 "You cannot bid on your own request" "لا يمكنك تقديم عرض على طلبك";
    NotEligible "not_eligible" 403 "This request is not for your business; see `reason`" "هذا الطلب ليس لنشاطك؛ انظر `reason`";
    NotOpen "not_open" 409 "The request does not take bids in this state" "الطلب لا يقبل العروض في هذه الحالة";
    TooLate "too_late" 409 "The bid came after the deadline" "وصل العرض بعد الموعد النهائي";
    Paused "paused" 409 "The auction is paused" "المزاد متوقف مؤقتًا";
    LineCount "line_count" 422 "No line, or more lines than items" "لا توجد بنود أو أن عددها يتجاوز الأصناف";
    UnknownItem "unknown_item" 422 "A line names an item that is not in this request" "يشير أحد البنود إلى صنف ليس في هذا الطلب";
    ItemTwice "item_twice" 422 "Two lines name the same item" "بندان يشيران إلى الصنف نفسه";
    QuantityMismatch "quantity_mismatch" 422 "The quantity is not what was asked" "الكمية لا تطابق المطلوب";
    UnitPrice "unit_price_out_of_range" 422 "A unit price is between 0.01 and 10 000 000.00 SAR" "سعر الوحدة بين 0.01 و10,000,000.00 ريال";
    ConditionNotAllowed "condition_not_allowed" 422 "The item does not take this condition" "الصنف لا يقبل هذه الحالة";
    DeliveryFee "delivery_fee_out_of_range" 422 "The delivery fee is out of range" "رسوم التوصيل خارج الحدود";
    LandedTotal "landed_total_out_of_range" 422 "The landed total is out of range" "الإجمالي شامل التوصيل خارج الحدود";
    Warranty "warranty_out_of_range" 422 "The warranty is out of range" "مدة الضمان خارج الحدود";
    Floor "floor_out_of_range" 422 "The floor must lie between one halala and the landed total" "الحد الأدنى يجب أن يقع بين هللة واحدة والإجمالي";
    LineMissing "line_missing" 422 "The request does not take partial bids" "الطلب لا يقبل العروض الجزئية";
    OverBudget "over_budget" 409 "The landed total is above the customer's limit" "الإجمالي يتجاوز حد العميل";
    DeliveryRange "delivery_out_of_range" 422 "The delivery time is out of range" "مدة التوصيل خارج الحدود";
    Worse "worse" 409 "A revision may not make a promise worse" "لا يجوز أن يكون التعديل أسوأ من العرض السابق";
    StepTooSmall "step_too_small" 409 "The cut is smaller than the step" "التخفيض أقل من الخطوة المطلوبة";
    AlreadyBidding "already_bidding" 409 "You have a live bid here; revise it" "لديك عرض قائم هنا؛ عدّله";
    ReentryUsed "reentry_used" 409 "The one re-entry is used" "استُخدمت فرصة العودة الوحيدة";
    ReentryTooHigh "reentry_too_high" 409 "A re-entry may not be above the withdrawn total" "لا يجوز أن تتجاوز العودة الإجمالي المسحوب";
    ConfirmRequired "confirm_required" 409 "The price is strikingly low; confirm that it is meant" "السعر منخفض جدًا؛ أكّد أنه مقصود";
    LeaderLocked "leader_locked" 409 "The leader may not withdraw in the last two minutes" "لا يجوز للمتصدر الانسحاب في آخر دقيقتين";
    TooManyBids "too_many_bids" 429 "Too many bids in this request" "عروض كثيرة جدًا على هذا الطلب";
    RoomFull "room_full" 409 "The request takes no further merchant" "الطلب لا يقبل تجارًا آخرين";
    WrongState "wrong_state" 409 "The request's state does not allow this" "حالة الطلب لا تسمح بذلك";
    Terminal "terminal" 409 "The request has ended" "انتهى الطلب";
    PauseRefused "pause_refused" 409 "Paused twice already, or for longer than a day" "أوقف مرتين من قبل أو لأكثر من يوم";
    NotPaused "not_paused" 409 "The auction is not paused" "المزاد ليس متوقفًا";
    ExtensionRefused "extension_refused" 409 "Extended three times already, or by too little or too much" "مُدّد ثلاث مرات من قبل أو بمدة غير مسموحة";
    EarlyCloseNotAllowed "early_close_not_allowed" 409 "The request was not published with early close" "لم يُنشر الطلب مع إمكانية الإغلاق المبكر";
    BidNotEligible "bid_not_eligible" 409 "This bid cannot be accepted" "لا يمكن قبول هذا العرض";
    AlreadyAccepted "already_accepted" 409 "Another bid was accepted before" "قُبل عرض آخر من قبل";
    BadRules "bad_rules" 422 "The rules contradict themselves or leave their bounds" "القواعد متناقضة أو خارج الحدود";
}

/// One wrong field of a body or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Where: `items[0].quantity`; empty for the whole.
    pub field: String,
    /// What: `missing`, `unknown`, `invalid`, `too_long`, …
    pub code: &'static str,
    /// For people, in English; [`FieldFault::words`] has it in the other language too.
    pub message: String,
}

/// A "no" or a failure on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What went wrong.
    pub code: Code,
    /// More than the title says, where there is more.
    pub detail: Option<String>,
    /// The numbers that would pass, and others.
    pub facts: Vec<(&'static str, Value)>,
    /// The wrong fields of a 422.
    pub errors: Vec<FieldFault>,
    /// When to come again, in seconds.
    pub retry_after_secs: Option<i64>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        let retry_after_secs = matches!(code.status(), 429 | 503).then_some(1);
        Self { code, detail: None, facts: Vec::new(), errors: Vec::new(), retry_after_secs }
    }
}

impl Problem {
    /// Says more than the title.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a number or a word of its own.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// Says when to come again.
    #[must_use]
    pub fn retry_after(mut self, secs: i64) -> Self {
        self.retry_after_secs = Some(secs.max(1));
        self
    }

    /// One wrong field.
    #[must_use]
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldFault { field: field.into(), code, message: message.into() }])
    }

    /// Several wrong fields.
    #[must_use]
    pub fn fields(errors: Vec<FieldFault>) -> Self {
        Self { errors, ..Self::from(Code::Validation) }
    }

    /// The body, on any wire.
    #[must_use]
    pub fn render(&self, language: Language, request_id: Option<&str>) -> Value {
        let title = self.code.title(language);
        let mut body = json!({
            "type": format!("/problems/{}", self.code.word()),
            "title": title,
            "status": self.code.status(),
            "detail": self.detail.as_deref().unwrap_or(title),
            "code": self.code.word(),
        });
        if let Some(map) = body.as_object_mut() {
            if let Some(id) = request_id {
                map.insert("request_id".to_owned(), json!(id));
            }
            for (name, value) in &self.facts {
                map.insert((*name).to_owned(), value.clone());
            }
            if !self.errors.is_empty() {
                let fault =
                    |at: &FieldFault| json!({"field": at.field, "code": at.code, "message": at.words(language)});
                map.insert("errors".to_owned(), self.errors.iter().map(fault).collect());
            }
        }
        body
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        // Every code of the engine has its row: `every_refusal_has_a_row` below. Somebody else's request looks to
        // the last byte like one that is not there.
        let is_foreign = matches!(refusal, Refusal::NotYours | Refusal::NotEligible);
        let code = if is_foreign { Some(Code::UnknownRequest) } else { Code::find(refusal.code()) };
        let base = Self::from(code.unwrap_or(Code::Internal));
        match refusal {
            Refusal::NotOpen { state } | Refusal::WrongState { state } => base.fact("state", state),
            Refusal::TooLate { server_time, deadline } => base
                .fact("server_time", time(server_time))
                .fact("deadline", time(deadline))
                .fact("late_by_us", server_time.since(deadline).0),
            Refusal::Shape(fault) => shape(base, fault),
            Refusal::OverBudget { max_landed }
            | Refusal::StepTooSmall { max_landed }
            | Refusal::ReentryTooHigh { max_landed } => base.fact("max_landed", max_landed.to_string()),
            Refusal::ConfirmRequired { min_landed } => base.fact("min_landed", min_landed.to_string()),
            Refusal::DeliveryOutOfRange { max } => base.fact("max_delivery_hours", max),
            Refusal::Worsened(worse) => base.fact(
                "field",
                match worse {
                    Worse::LandedTotal => "landed_total",
                    Worse::Delivery => "delivery_hours",
                    Worse::Warranty => "warranty_days",
                },
            ),
            Refusal::AlreadyBidding { bid } | Refusal::AlreadyAccepted { bid } => base.fact("bid_id", bid.to_string()),
            Refusal::TooManyBids { retry_after } => Self {
                // Rounded up: a client that waits as told must not come too early.
                retry_after_secs: retry_after.map(|span| span.0.saturating_add(999_999).div_euclid(1_000_000).max(1)),
                ..base
            },
            Refusal::BadRules { field } => {
                let message = base.code.title(Language::English).to_owned();
                Self { errors: vec![FieldFault { field: field.to_owned(), code: "bad_rules", message }], ..base }
            }
            Refusal::NotAMerchant
            | Refusal::NotVerified
            | Refusal::Suspended
            | Refusal::UnknownRequest
            | Refusal::UnknownBid
            | Refusal::KeyReused
            | Refusal::OwnRequest
            | Refusal::NotEligible
            | Refusal::Paused
            | Refusal::LineMissing
            | Refusal::ReentryUsed
            | Refusal::LeaderLocked
            | Refusal::RoomFull
            | Refusal::Terminal
            | Refusal::NotYours
            | Refusal::PauseRefused
            | Refusal::NotPaused
            | Refusal::ExtensionRefused
            | Refusal::EarlyCloseNotAllowed
            | Refusal::BidNotEligible => base,
        }
    }
}

/// Names the field of the bid that breaks its shape.
fn shape(base: Problem, fault: ShapeFault) -> Problem {
    let mut problem = base;
    let field = match fault {
        ShapeFault::LineCount { max } => {
            problem = problem.fact("max_items", max);
            "items".to_owned()
        }
        ShapeFault::UnknownItem { line } | ShapeFault::ItemTwice { line } => format!("items[{line}].request_item_id"),
        ShapeFault::Quantity { line, asked } => {
            problem = problem.fact("quantity_asked", asked);
            format!("items[{line}].quantity")
        }
        ShapeFault::UnitPrice { line } => format!("items[{line}].unit_price"),
        ShapeFault::Condition { line } => format!("items[{line}].condition"),
        ShapeFault::DeliveryFee => "delivery_fee".to_owned(),
        ShapeFault::LandedTotal => "items".to_owned(),
        ShapeFault::Warranty => "warranty_days".to_owned(),
        ShapeFault::Floor => "floor".to_owned(),
    };
    let message = problem.code.title(Language::English).to_owned();
    problem.errors.push(FieldFault { field, code: problem.code.word(), message });
    problem
}

/// RFC 3339, UTC, microseconds.
fn time(at: UnixMicros) -> String {
    chrono::DateTime::from_timestamp_micros(at.0)
        .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::BidId;
    use crate::domain::money::AmountMinor;
    use crate::domain::time::Span;

    fn every_refusal() -> Vec<Refusal> {
        let amount = AmountMinor(12_050);
        let line = 0;
        let shape = [
            ShapeFault::LineCount { max: 50 },
            ShapeFault::UnknownItem { line },
            ShapeFault::ItemTwice { line },
            ShapeFault::Quantity { line, asked: 2 },
            ShapeFault::UnitPrice { line },
            ShapeFault::Condition { line },
            ShapeFault::DeliveryFee,
            ShapeFault::LandedTotal,
            ShapeFault::Warranty,
            ShapeFault::Floor,
        ];
        let mut all = vec![
            Refusal::NotAMerchant,
            Refusal::NotVerified,
            Refusal::Suspended,
            Refusal::UnknownRequest,
            Refusal::UnknownBid,
            Refusal::KeyReused,
            Refusal::OwnRequest,
            Refusal::NotEligible,
            Refusal::NotOpen { state: "reviewing" },
            Refusal::TooLate { server_time: UnixMicros(1_000_001), deadline: UnixMicros(1_000_000) },
            Refusal::Paused,
            Refusal::LineMissing,
            Refusal::OverBudget { max_landed: amount },
            Refusal::DeliveryOutOfRange { max: 1_440 },
            Refusal::Worsened(Worse::Delivery),
            Refusal::StepTooSmall { max_landed: amount },
            Refusal::AlreadyBidding { bid: BidId(1) },
            Refusal::ReentryUsed,
            Refusal::ReentryTooHigh { max_landed: amount },
            Refusal::ConfirmRequired { min_landed: amount },
            Refusal::LeaderLocked,
            Refusal::TooManyBids { retry_after: Some(Span(1_000_001)) },
            Refusal::RoomFull,
            Refusal::WrongState { state: "accepted" },
            Refusal::Terminal,
            Refusal::NotYours,
            Refusal::PauseRefused,
            Refusal::NotPaused,
            Refusal::ExtensionRefused,
            Refusal::EarlyCloseNotAllowed,
            Refusal::BidNotEligible,
            Refusal::AlreadyAccepted { bid: BidId(1) },
            Refusal::BadRules { field: "weights" },
        ];
        all.extend(shape.map(Refusal::Shape));
        all
    }

    #[test]
    fn every_refusal_has_a_row() {
        for refusal in every_refusal() {
            let is_foreign = matches!(refusal, Refusal::NotYours | Refusal::NotEligible);
            let word = if is_foreign { "unknown_request" } else { refusal.code() };
            assert_eq!(Problem::from(refusal).code.word(), word);
        }
    }

    #[test]
    fn words_are_unique_and_titles_say_something() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert_eq!(Code::ALL.iter().position(|other| other.word() == code.word()), Some(place), "{code:?}");
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert_ne!(code.title(Language::English), code.title(Language::Arabic), "{code:?}");
        }
    }

    #[test]
    fn a_foreign_thing_looks_like_one_that_is_not_there() {
        for language in [Language::English, Language::Arabic] {
            let body = |refusal| Problem::from(refusal).render(language, None);
            assert_eq!(body(Refusal::NotYours), body(Refusal::UnknownRequest));
            assert_eq!(body(Refusal::NotEligible), body(Refusal::UnknownRequest));
        }
    }

    #[test]
    fn a_refusal_carries_the_numbers_that_would_pass() {
        let late = Refusal::TooLate { server_time: UnixMicros(1_000_001), deadline: UnixMicros(1_000_000) };
        let body = Problem::from(late).render(Language::Arabic, Some("r1"));
        assert_eq!(
            body,
            json!({
                "type": "/problems/too_late",
                "title": "وصل العرض بعد الموعد النهائي",
                "status": 409,
                "detail": "وصل العرض بعد الموعد النهائي",
                "code": "too_late",
                "request_id": "r1",
                "server_time": "1970-01-01T00:00:01.000001Z",
                "deadline": "1970-01-01T00:00:01.000000Z",
                "late_by_us": 1,
            })
        );
        let step = Problem::from(Refusal::StepTooSmall { max_landed: AmountMinor(12_050) });
        assert_eq!(step.render(Language::English, None)["max_landed"], "120.50");
        let rate = Problem::from(Refusal::TooManyBids { retry_after: Some(Span(1_000_001)) });
        assert_eq!(rate.retry_after_secs, Some(2));
        assert_eq!(Problem::from(Refusal::TooManyBids { retry_after: None }).retry_after_secs, None);
        let price = Problem::from(Refusal::Shape(ShapeFault::UnitPrice { line: 3 }));
        assert_eq!(price.errors[0].field, "items[3].unit_price");
    }
}
