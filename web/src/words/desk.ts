// What administrators read, in both languages.

const ar = {
  desk: 'الإدارة', sections: 'أقسام الإدارة', home: 'نظرة عامة', verify: 'التوثيق', people: 'المستخدمون', rooms: 'الغرف المباشرة', requests: 'الطلبات',
  disputes: 'النزاعات', letters: 'رسائل لم تصل', market: 'التحليلات', journal: 'تدقيق غرفة', atLeast: '{n} فأكثر', search: 'بحث', all: 'الكل', status: 'الحالة',
  waitVerify: 'تجار ينتظرون التوثيق', waitRooms: 'غرف مفتوحة الآن', waitDisputes: 'نزاعات تنتظر قرارك', waitReturns: 'طلبات إرجاع', waitLetters: 'رسائل لم تصل',
  nothingWaits: 'لا شيء ينتظرك', nothingWaitsMore: 'لا توثيق ولا نزاع ولا رسائل متعثّرة.', 
  // verification
  queueEmpty: 'لا أحد ينتظر التوثيق', queueEmptyMore: 'يظهر هنا كل تاجر جديد، ومن غيّر اسمه أو سجلّه التجاري.', pickOne: 'اختر تاجرًا من القائمة', pickOneMore: 'ترى هنا وثائقه ثم توثّقه أو ترفضه.',
  papers: 'الوثائق', noPapers: 'لم يرفع أي وثيقة', license: 'السجل التجاري', vatNumber: 'الرقم الضريبي', noLicense: 'لم يُذكر', expires: 'تنتهي في {date}', neverExpires: 'بلا تاريخ انتهاء', expired: 'انتهت في {date}', openFile: 'افتح الملف', noFile: 'بلا ملف',
  approve: 'وثّق التاجر', approveAsk: 'بعد التوثيق يستطيع {name} تقديم العروض.', approveWhy: 'سبب التوثيق بلا وثائق كاملة', approveMissing: 'الوثائق ناقصة. اكتب لماذا توثّقه رغم ذلك؛ يُحفظ السبب في السجل.',
  refuse: 'ارفض التوثيق', refuseWhy: 'سبب الرفض', refuseHint: 'يقرأه التاجر ويُحفظ في السجل', approved: 'تم التوثيق', refused: 'تم الرفض', takeBack: 'اسحب التوثيق',
  verification_pending: 'ينتظر التوثيق', verification_verified: 'موثّق', verification_rejected: 'مرفوض', refusedBecause: 'سبب الرفض: {reason}',
  areas: 'مدن الخدمة', 
  document_commercial_registration: 'السجل التجاري', document_owner_identity: 'هوية المالك', document_vat_certificate: 'شهادة الضريبة', document_municipal_license: 'رخصة البلدية', document_national_address: 'العنوان الوطني',
  // people
  peopleSearch: 'الاسم أو المنشأة أو الجوال أو البريد', kind: 'النوع', kind_customer: 'عميل', kind_merchant: 'تاجر', kind_admin: 'مشرف', active: 'نشط', suspended: 'موقوف', since: 'مسجّل منذ', registered: 'سُجّل في {date}', unproven: 'لم يُثبت الجوال',
  noPeople: 'لا أحد بهذا الوصف', noPeopleMore: 'جرّب جزءًا من الاسم أو الرقم، أو وسّع التصفية.', account: 'الحساب', suspend: 'أوقف الحساب', suspendWhy: 'سبب الإيقاف', suspendHint: 'تنتهي جلساته الآن وتسقط عروضه القائمة. يُحفظ السبب في السجل.',
  reinstate: 'ارفع الإيقاف', reinstateAsk: 'يستطيع {name} الدخول من جديد. ما سقط من عروضه لا يعود.', suspendedNow: 'أُوقف الحساب', reinstated: 'رُفع الإيقاف', suspendedSince: 'موقوف منذ {date}', because: 'السبب: {reason}', figures: 'أرقامه', ownAccount: 'هذا حسابك',
  name: 'الاسم', phone: 'الجوال', email: 'البريد',
  // rooms and requests
  noRooms: 'لا غرف مفتوحة الآن', noRoomsMore: 'تظهر هنا كل غرفة مفتوحة، والأقرب إلى الإغلاق أولًا.', title: 'الطلب', customer: 'العميل', erased: 'حساب محذوف', brand: 'الماركة', city: 'المدينة', ends: 'يُغلق بعد', bids: 'العروض', best: 'أفضل سعر', created: 'كُتب', audit: 'دقّق', cancel: 'ألغِ', cancelled: 'أُلغي الطلب', cancelWhy: 'سبب الإلغاء', cancelHint: 'يقرأه العميل والتجار. تُلغى العروض كلها.', 
  requestsSearch: 'كلمات من العنوان أو القطع أو السيارة', noRequests: 'لا طلبات بهذا الوصف', noRequestsMore: 'غيّر الكلمات أو الحالة.', reload: 'تتجدد كل خمس ثوان',
  // disputes
  noDisputes: 'لا نزاعات مفتوحة', noDisputesMore: 'ما يفتحه عميل أو تاجر يظهر هنا لتقضي فيه.', noOrders: 'لا أوامر شراء بهذه الحالة', noOrdersMore: 'اختر حالة أخرى.', total: 'المجموع', changed: 'آخر تغيير', decide: 'اطّلع واحكم', look: 'اطّلع',
  // letters
  undelivered_too_late: 'فات أوانها', undelivered_gone: 'الجهاز أو العنوان لم يعد موجودًا', undelivered_no_address: 'لا عنوان تُرسل إليه', undelivered_unreadable: 'تعذّرت قراءة الإشعار',
  noLetters: 'وصلت كل الرسائل', noLettersMore: 'ما لم يقبله مزوّد بعد محاولات كثيرة يظهر هنا.', message: 'الرسالة', to: 'إلى', fault: 'السبب', tries: 'المحاولات', given: 'تُركت', again: 'أعد الإرسال', drop: 'اتركها', dropAsk: 'لن تُرسل هذه الرسالة بعد الآن. يبقى الإشعار داخل التطبيق.', sentAgain: 'ستُرسل من جديد', dropped: 'تُركت الرسالة',
  channel_sms: 'رسالة نصية', channel_email: 'بريد', channel_push: 'إشعار',
  // journal
  journalOf: 'رقم الطلب', journalHint: 'يبدأ بـ ‎req_‎؛ يوجد في رابط الغرفة', checkIt: 'دقّق', checking: 'نحسب البصمات… {n} من {of}', whole: 'السجل سليم', wholeMore: 'أُعيد في متصفحك حساب {hashes}، وكلها مطابقة، والسلسلة تنتهي حيث يقول المزاد.', wholeFirst: 'لم يتغيّر حرف واحد منذ أن كُتب.',
  hidden: 'قيود فيها حد خاص لتاجر: {n}. نصها لا يخرج من الخادم، وبصمتها بشهادته.', broken: 'السجل تغيّر', brokenMore: 'أول قيد لا يطابق: رقم {n}. كل ما قبله سليم، ولا يُوثق بما بعده.', fault_missing: 'القيد مفقود', fault_changed: 'محتواه أو وقته أو بصمته ليست كما كُتبت', fault_kind: 'نوعه ليس النوع المكتوب فيه', fault_head: 'ليس القيد الذي ينتهي عنده المزاد', fault_hidden: 'الخادم نفسه يقول إنه تغيّر',
  shut: 'سجل المزاد المغلق لا يُفتح قبل إغلاق العروض', shutMore: 'عُد بعد الموعد النهائي.', draft: 'لم يُنشر هذا الطلب، فلا سجل له', draftMore: 'السجل يبدأ عند النشر.', entries: 'القيود', entry: 'قيد {n}', computed: 'المحسوبة', stored: 'المحفوظة', noContent: 'فيه حد خاص لتاجر، ولا يُعرض لأحد.', headHash: 'البصمة الأخيرة', moreEntries: 'اعرض المزيد',
  entry_published: 'نُشر الطلب', entry_opened: 'فُتح للعروض', entry_bid_placed: 'عرض جديد', entry_bid_revised: 'تعديل عرض', entry_bid_auto_cut: 'تخفيض آلي', entry_bid_withdrawn: 'سحب عرض', entry_bid_disqualified: 'استبعاد عرض', entry_bid_too_late: 'عرض متأخر', entry_extended: 'تمديد', entry_paused: 'إيقاف مؤقت', entry_resumed: 'استئناف', entry_interrupted: 'انقطاع الخدمة', entry_ring_widened: 'توسيع الدائرة', entry_closed: 'إغلاق العروض', entry_reviewing: 'النتيجة', entry_accepted: 'اختيار عرض', entry_declined: 'اعتذار التاجر', entry_expired: 'انتهاء', entry_cancelled: 'إلغاء',
};

export type DeskKey = keyof typeof ar;

const en: Record<DeskKey, string> = {
  desk: 'Administration', sections: 'Sections of administration', home: 'Overview', verify: 'Verification', people: 'Users', rooms: 'Live rooms', requests: 'Requests',
  disputes: 'Disputes', letters: 'Undelivered', market: 'Analytics', journal: 'Audit of a room', atLeast: '{n} or more', search: 'Search', all: 'All', status: 'State',
  waitVerify: 'Merchants waiting for verification', waitRooms: 'Rooms open now', waitDisputes: 'Disputes waiting for you', waitReturns: 'Returns asked for', waitLetters: 'Messages not delivered',
  nothingWaits: 'Nothing waits for you', nothingWaitsMore: 'No verification, no dispute, no undelivered message.', 
  queueEmpty: 'Nobody waits for verification', queueEmptyMore: 'Every new merchant appears here, and those who changed their name or licence.', pickOne: 'Choose a merchant from the list', pickOneMore: 'You see the documents here, then approve or refuse.',
  papers: 'Documents', noPapers: 'No document was uploaded', license: 'Commercial registration', vatNumber: 'VAT number', noLicense: 'Not given', expires: 'Expires on {date}', neverExpires: 'Does not expire', expired: 'Expired on {date}', openFile: 'Open the file', noFile: 'No file',
  approve: 'Verify the merchant', approveAsk: 'Once verified, {name} may bid.', approveWhy: 'Why without complete documents', approveMissing: 'Documents are missing. Write why you verify all the same; the reason goes into the log.',
  refuse: 'Refuse', refuseWhy: 'Why it is refused', refuseHint: 'The merchant reads it, and it goes into the log', approved: 'The merchant is verified', refused: 'The merchant was refused', takeBack: 'Take the verification back',
  verification_pending: 'Waiting', verification_verified: 'Verified', verification_rejected: 'Refused', refusedBecause: 'Refused: {reason}',
  areas: 'Cities served', 
  document_commercial_registration: 'Commercial registration', document_owner_identity: 'Identity of the owner', document_vat_certificate: 'VAT certificate', document_municipal_license: 'Municipal licence', document_national_address: 'National address',
  peopleSearch: 'Name, business, phone or e-mail', kind: 'Kind', kind_customer: 'Customer', kind_merchant: 'Merchant', kind_admin: 'Administrator', active: 'Active', suspended: 'Suspended', since: 'Since', registered: 'Registered on {date}', unproven: 'Phone not proven',
  noPeople: 'Nobody like that', noPeopleMore: 'Try a part of the name or number, or filter less.', account: 'Account', suspend: 'Suspend the account', suspendWhy: 'Why it is suspended', suspendHint: 'Its sessions end now and its live bids are struck. The reason goes into the log.',
  reinstate: 'End the suspension', reinstateAsk: '{name} may sign in again. Bids that were struck stay struck.', suspendedNow: 'The account is suspended', reinstated: 'The suspension has ended', suspendedSince: 'Suspended since {date}', because: 'Reason: {reason}', figures: 'Figures', ownAccount: 'This is your account',
  name: 'Name', phone: 'Phone', email: 'E-mail',
  noRooms: 'No room is open now', noRoomsMore: 'Every open room appears here, the next to close first.', title: 'Request', customer: 'Customer', erased: 'An erased account', brand: 'Brand', city: 'City', ends: 'Closes in', bids: 'Bids', best: 'Best price', created: 'Written', audit: 'Audit', cancel: 'Cancel', cancelled: 'The request was cancelled', cancelWhy: 'Why it is cancelled', cancelHint: 'The customer and the merchants read it. Every bid ends with it.', 
  requestsSearch: 'Words of the title, the parts or the car', noRequests: 'No request like that', noRequestsMore: 'Try other words or another state.', reload: 'Looked at again every five seconds',
  noDisputes: 'No dispute is open', noDisputesMore: 'What a customer or a merchant opens appears here for you to settle.', noOrders: 'No order in this state', noOrdersMore: 'Choose another state.', total: 'Total', changed: 'Last change', decide: 'Look and settle', look: 'Look',
  undelivered_too_late: 'It came too late', undelivered_gone: 'The device or address is gone', undelivered_no_address: 'There is no address for it', undelivered_unreadable: 'The notification could not be read',
  noLetters: 'Every message was delivered', noLettersMore: 'What no provider took after many tries appears here.', message: 'Message', to: 'To', fault: 'Why', tries: 'Tries', given: 'Given up', again: 'Send again', drop: 'Give up', dropAsk: 'This message will not be sent any more. The notification stays in the application.', sentAgain: 'It will be sent again', dropped: 'The message was given up',
  channel_sms: 'Text message', channel_email: 'E-mail', channel_push: 'Push',
  journalOf: 'Request', journalHint: 'Begins with req_; it stands in the link of the room', checkIt: 'Check', checking: 'Computing hashes… {n} of {of}', whole: 'The journal is whole', wholeMore: 'Computed anew in your browser: {hashes}, all as they are stored, and the chain ends where the auction says.', wholeFirst: 'Not a letter has changed since it was written.',
  hidden: 'Entries with a private floor of a merchant: {n}. Their text never leaves the server, which vouches for their hash.', broken: 'The journal was changed', brokenMore: 'The first entry that does not fit: no. {n}. Everything before it is whole; nothing behind it can be trusted.', fault_missing: 'The entry is missing', fault_changed: 'Its content, time or hash is not what was written', fault_kind: 'Its kind is not the one written in it', fault_head: 'It is not the entry with which the auction ends', fault_hidden: 'The server itself says that it was changed',
  shut: 'The journal of a sealed auction is shut until bidding has closed', shutMore: 'Come back after the deadline.', draft: 'This request was not published and has no journal', draftMore: 'The journal begins when it is published.', entries: 'Entries', entry: 'Entry {n}', computed: 'Computed', stored: 'Stored', noContent: 'It names a private floor of a merchant and is shown to nobody.', headHash: 'Last hash', moreEntries: 'Show more',
  entry_published: 'Published', entry_opened: 'Opened', entry_bid_placed: 'New bid', entry_bid_revised: 'Revised bid', entry_bid_auto_cut: 'Automatic cut', entry_bid_withdrawn: 'Bid withdrawn', entry_bid_disqualified: 'Bid struck', entry_bid_too_late: 'Bid too late', entry_extended: 'Extended', entry_paused: 'Paused', entry_resumed: 'Resumed', entry_interrupted: 'Interruption', entry_ring_widened: 'Ring widened', entry_closed: 'Bidding closed', entry_reviewing: 'Result', entry_accepted: 'Bid chosen', entry_declined: 'Merchant declined', entry_expired: 'Expired', entry_cancelled: 'Cancelled',
};

export const DESK = { ar, en };
