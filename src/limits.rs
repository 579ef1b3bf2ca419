//! Every bound in the system, with its unit in its name.
//!
//! A queue, list or text without a number here is a defect. How the numbers relate is asserted at the
//! bottom, so a change that breaks a relation does not compile.

// ------------------------------------------------------------------ money and quantities

/// The largest landed total a bid may have: 1 000 000 000.00 SAR, in halalas.
///
/// With it `N = 1_000_000 × Y` (see `domain::auction::score`) fits in a `u64`, so scoring never needs 128 bits.
pub const LANDED_MAX_HALALAS: i64 = 100_000_000_000;
/// The largest unit price: 10 000 000.00 SAR, in halalas (rules §2, check 9).
pub const UNIT_PRICE_MAX_HALALAS: i64 = 1_000_000_000;
/// The largest delivery fee: 1 000 000.00 SAR, in halalas.
pub const DELIVERY_FEE_MAX_HALALAS: i64 = 100_000_000;
/// Items in one part request.
pub const ITEMS_MAX: usize = 50;
/// Pieces of one item.
pub const QUANTITY_MAX: i64 = 10_000;

// ------------------------------------------------------------------ texts, in characters

/// A person's or a business' name.
pub const NAME_CHARS_MAX: usize = 120;
/// A request's title.
pub const TITLE_CHARS_MAX: usize = 160;
/// A description.
pub const DESCRIPTION_CHARS_MAX: usize = 4_000;
/// Notes on a bid, and the reason of a withdrawal, pause or cancellation.
pub const NOTES_CHARS_MAX: usize = 1_000;
/// An idempotency key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
/// A password, in bytes; the lower bound is in characters.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// A password's least characters (NIST SP 800-63B asks for at least eight).
pub const PASSWORD_CHARS_MIN: usize = 8;

// ------------------------------------------------------------------ the auction's rules (rules §§1–4)

/// Shortest bidding time, in seconds.
pub const BIDDING_SECS_MIN: i64 = 60;
/// Longest bidding time, in seconds: 14 days.
pub const BIDDING_SECS_MAX: i64 = 14 * 86_400;
/// Open requests of one customer.
pub const OPEN_REQUESTS_PER_CUSTOMER_MAX: i64 = 20;
/// Pauses of one auction.
pub const PAUSES_MAX: u8 = 2;
/// Longest pause, in seconds.
pub const PAUSE_SECS_MAX: i64 = 86_400;
/// Extensions by the host.
pub const HOST_EXTENSIONS_MAX: u8 = 3;
/// Shortest extension by the host, in seconds.
pub const HOST_EXTENSION_SECS_MIN: i64 = 60;
/// Longest extension by the host, in seconds.
pub const HOST_EXTENSION_SECS_MAX: i64 = 3 * 86_400;
/// Soft close moves the deadline at most this far past the first one, in seconds.
pub const SOFT_CLOSE_TOTAL_SECS_MAX: i64 = 30 * 60;
/// Default soft-close window and extension, in seconds.
pub const SOFT_CLOSE_SECS: i64 = 120;
/// The same where the whole bidding time is under two hours.
pub const SOFT_CLOSE_SHORT_SECS: i64 = 60;
/// A leader may not withdraw in the last so many seconds.
pub const LEADER_LOCK_SECS: i64 = 120;
/// Downtime longer than this, in seconds, shortly before a deadline counts as an interruption.
pub const INTERRUPTION_SECS: i64 = 10;
/// "Shortly before a deadline", in seconds.
pub const INTERRUPTION_WINDOW_SECS: i64 = 300;
/// What an interruption leaves at least for bidding, in seconds.
pub const INTERRUPTION_GRACE_SECS: i64 = 120;
/// Time to choose after the close, in seconds.
pub const REVIEW_SECS: i64 = 48 * 3_600;
/// Time for a merchant to confirm an order, in seconds; then it is declined and the customer chooses again.
pub const CONFIRM_SECS: i64 = 24 * 3_600;
/// A delivered order that nobody complains of is complete after so many seconds.
pub const COMPLETE_SECS: i64 = 7 * 86_400;
/// Reviews count towards a merchant's rating for so many seconds: 24 months (rules §5).
pub const RATING_SECS: i64 = 730 * 86_400;
/// Overdue orders that one round of the market's own steps takes of each kind.
pub const DEALS_PER_SWEEP_MAX: i64 = 100;
/// Bids among which a customer's comparison looks for the cheapest split, in the order of their ranks.
pub const COMPARED_BIDS_MAX: usize = 100;
/// Longest delivery, in hours.
pub const DELIVERY_HOURS_MAX: i64 = 1_440;
/// Longest warranty, in days: ten years.
pub const WARRANTY_DAYS_MAX: i64 = 3_650;
/// The delivery horizon of the score, in hours.
pub const HORIZON_HOURS: i64 = 336;
/// The same for an urgent request.
pub const HORIZON_URGENT_HOURS: i64 = 72;
/// Bids of one merchant in one request, per second.
pub const BIDS_PER_SECOND: u32 = 2;
/// Bids of one merchant in one request, ever.
pub const BIDS_PER_MERCHANT: u32 = 120;
/// Live bids below which the ring of merchants is widened, where the rules ask for one bid only.
pub const RING_BIDS_WANTED: u16 = 3;
/// Late bids of one merchant that are kept.
pub const LATE_BIDS_KEPT: u32 = 3;
/// The stamp of a bid is at most this much older than its arrival at the actor, in microseconds.
pub const STAMP_AGE_MICROS_MAX: i64 = 2_000_000;
/// Merchants with a live bid in one request.
pub const BIDDERS_MAX: usize = 20_000;

// ------------------------------------------------------------------ queues

/// Commands of one auction that wait for their answer; beyond it `429 busy`.
pub const AUCTION_IN_FLIGHT_MAX: usize = 256;
/// Commands of all auctions that wait for their answer; beyond it `503 overloaded`.
pub const COMMANDS_IN_FLIGHT_MAX: usize = 8_192;
/// The mailbox of an auction, in messages: commands, questions and its own alarms.
pub const AUCTION_MAILBOX: usize = 1_024;
/// Appends in one transaction of the journal.
pub const GROUP_APPENDS_MAX: usize = 256;
/// Connections to a database server, beside the journal's own; who finds none waits two seconds and hears 503.
pub const SERVER_CONNECTIONS: u32 = 16;
/// How long a statement on a server waits for a lock, in seconds.
pub const LOCK_WAIT_SECS: u32 = 3;
/// How often a group is tried that the database took back (deadlock, lock wait).
pub const APPEND_TRIES: u32 = 5;
/// After so long no other try is begun, in seconds: whoever bids is waiting.
pub const APPEND_TRIES_SECS: u64 = 6;
/// Processes on one database: their numbers are in the ten bits of an id that its minter has, which others share.
pub const NODES_MAX: i64 = 1_000;
/// A process that did not say for so many seconds that it lives is taken for dead, and its auctions are taken over.
pub const NODE_LEASE_SECS: i64 = 5;
/// How often it says so, in seconds.
pub const NODE_RENEW_SECS: u64 = 1;
/// The number of a process that vanished is given to another address after so many seconds: it may only be stopped, and
/// wake up and mint ids.
pub const NODE_NUMBER_KEPT_SECS: i64 = 3_600;
/// A process whose clock differs from the database's by more microseconds is not ready and takes no auction (P18).
pub const NODE_CLOCK_MICROS_MAX: i64 = 250_000;
/// A message between processes is refused when it is older, in seconds, or that much from the future.
pub const PEER_MESSAGE_SECS_MAX: i64 = 10;
/// A command on its way to another process is given up after so many seconds; its outcome is then unknown.
pub const PEER_SECS_MAX: u64 = 5;
/// The body of a message between processes, in bytes: a bid with every line and text at its longest.
pub const PEER_BYTES_MAX: usize = 256 * 1_024;
/// Appends that wait for the journal.
pub const JOURNAL_QUEUE_MAX: usize = 16_384;
/// Rows of the board in a live frame.
pub const BOARD_FRAME_ROWS: usize = 5;
/// Frames a room keeps for clients that come back.
pub const ROOM_BUFFER_FRAMES: usize = 256;
/// Frames kept for a socket whose kernel buffer is full.
pub const SOCKET_BACKLOG_FRAMES_MAX: usize = 64;
/// The same in bytes.
pub const SOCKET_BACKLOG_BYTES_MAX: usize = 256 * 1_024;
/// The kernel's send buffer of a socket, in bytes: what a reader that stopped can hold there.
pub const SOCKET_SEND_BUFFER_BYTES: usize = 128 * 1_024;
/// The mailbox of a session.
pub const SESSION_MAILBOX: usize = 64;
/// Commands of one session that wait for their answer.
pub const SESSION_IN_FLIGHT_MAX: usize = 8;
/// The mailbox of a broadcaster.
pub const BROADCASTER_MAILBOX: usize = 8_192;
/// A frame from a client, in bytes.
pub const CLIENT_FRAME_BYTES_MAX: usize = 16 * 1_024;
/// Fragments of one message from a client.
pub const CLIENT_FRAGMENTS_MAX: usize = 64;

// ------------------------------------------------------------------ ways in

/// Digits of a one-time code.
pub const OTP_DIGITS: u32 = 6;
/// Life of a one-time code, in seconds.
pub const OTP_SECS: i64 = 300;
/// Attempts at one code.
pub const OTP_ATTEMPTS_MAX: i64 = 5;
/// Failed attempts of one phone in a day, whatever number of codes.
pub const OTP_FAILURES_PER_DAY: i64 = 20;
/// Least time between two codes for one phone, in seconds.
pub const OTP_PAUSE_SECS: i64 = 60;
/// Codes for one phone in an hour.
pub const OTP_PER_HOUR: u32 = 5;
/// Codes for one phone in a day.
pub const OTP_PER_DAY: u32 = 10;
/// Codes are kept for so long, in seconds: longer than any window in which they are counted.
pub const OTP_KEPT_SECS: i64 = 2 * 86_400;
/// Passwords that may be tried without success under one name, from wherever, before …
pub const PASSWORD_TRIES_MAX: u32 = 10;
/// … none is looked at for so long, in seconds.
pub const PASSWORD_TRIES_SECS: i64 = 900;
/// A challenge of work may be answered for so long, in seconds.
pub const WORK_SECS: i64 = 300;
/// An answer to one, in bytes.
pub const WORK_ANSWER_BYTES_MAX: usize = 160;
/// Zero bits that may be asked for: 2^24 digests are minutes of a telephone's time.
pub const WORK_BITS_MAX: u32 = 24;
/// Messages that wait for the provider; beyond it one is lost, is logged, and may be asked for again.
pub const SMS_QUEUE_MAX: usize = 1_000;
/// Messages that are being handed over to the provider.
pub const SMS_AT_ONCE: usize = 8;
/// Failures in a row after which a provider is left alone, and for how long, in seconds: it doubles up to the longest. Then one
/// attempt, which another follows when nobody hears of it for so many seconds.
pub const BREAKER_FAILURES: u32 = 5;
/// See there.
pub const BREAKER_SECS_MIN: i64 = 5;
/// See there.
pub const BREAKER_SECS_MAX: i64 = 300;
/// See there.
pub const BREAKER_TRIAL_SECS: i64 = 60;
/// Providers that are remembered, for so many seconds after they were asked last; whoever registers a device names one.
pub const BREAKERS_MAX: u64 = 1_000;
/// See there.
pub const BREAKER_IDLE_SECS: u64 = 3_600;
/// A push's text, in units of UTF-16; screens cut earlier, and services take 4 096 octets in all.
pub const PUSH_UNITS_MAX: usize = 400;
/// Time for a step of a mail server, in seconds, and connections to it at most.
pub const SMTP_SECS_MAX: u64 = 10;
/// See there.
pub const SMTP_CONNECTIONS_MAX: u32 = 4;
/// Life of our name to a push service, in hours; RFC 8292 allows 24.
pub const VAPID_HOURS: i64 = 12;
/// Life of what buys a token of Firebase, in seconds; Google allows 3 600.
pub const FCM_ASSERTION_SECS: i64 = 3_000;
/// So long before its end a token is not used any more, in seconds.
pub const FCM_TOKEN_SPARE_SECS: i64 = 300;
/// Time to leave Firebase alone that says "too many" without a time, in seconds, as its manual asks.
pub const FCM_QUOTA_SECS: u64 = 60;
/// Sessions of one account; a further one ends the oldest.
pub const SESSIONS_PER_USER_MAX: u32 = 50;
/// Life of a sign-in with a provider, in seconds: from the start to the answer, and from there to its end.
pub const OIDC_SECS: i64 = 600;
/// An answer from outside, in bytes.
pub const OUTBOUND_BYTES_MAX: usize = 64 * 1_024;
/// Time for a call to the outside, in seconds.
pub const OUTBOUND_SECS_MAX: u64 = 5;
/// Life of a ticket for the live room, in seconds.
pub const TICKET_SECS: i64 = 30;
/// Tickets that wait to be used.
pub const TICKETS_MAX: u64 = 100_000;
/// Absolute life of a session, in seconds: 30 days.
pub const SESSION_SECS_MAX: i64 = 30 * 86_400;
/// How long a refresh token that was spent under an idempotency key may be sent again under it, in seconds. A page gives up
/// waiting for an answer, and a telephone finds another network, within a minute.
pub const REFRESH_AGAIN_SECS: i64 = 120;
/// How far the clocks of two nodes may differ, in seconds.
pub const TOKEN_LEEWAY_SECS: i64 = 5;
/// Access tokens whose signature was checked; beyond it the least used is checked again.
pub const CHECKED_TOKENS_MAX: u64 = 100_000;
/// Longest life of an access token, in minutes.
pub const ACCESS_MINUTES_MAX: u32 = 1_440;
/// Sessions that ended and whose access tokens may still be valid; beyond it every access token is refreshed once.
pub const ENDED_SESSIONS_MAX: usize = 250_000;
/// Passwords that wait to be hashed; beyond it `503 overloaded`.
pub const HASHES_WAITING_MAX: usize = 32;
/// Ids of uploads in one list.
pub const IMAGES_MAX: usize = 10;
/// Merchants who are invited to one request.
pub const INVITED_MAX: usize = 100;
/// Vehicles of one customer.
pub const VEHICLES_PER_CUSTOMER_MAX: i64 = 50;

/// Merchants whom one customer blocks.
pub const BLOCKS_PER_CUSTOMER_MAX: i64 = 500;
/// Brands and groups of parts in which one merchant deals.
pub const SPECIALIZATIONS_MAX: usize = 100;
/// Cities that one merchant serves.
pub const SERVICE_AREAS_MAX: usize = 50;
/// Times in a day at which one merchant opens.
pub const OPENINGS_PER_DAY_MAX: usize = 4;
/// Documents that one merchant shows.
pub const DOCUMENTS_MAX: usize = 10;
/// The number of a document, in characters.
pub const DOCUMENT_NUMBER_CHARS_MAX: usize = 40;
/// A search word, in characters.
pub const SEARCH_CHARS_MAX: usize = 120;
/// Words that are looked for at once; what comes after them is not looked for.
pub const SEARCH_WORDS_MAX: usize = 12;
/// Pages that one call for a merchant's list reads; what it found by then is its answer, and the next call goes on there.
pub const BROWSED_PAGES_MAX: usize = 10;
/// Questions of one merchant in one request.
pub const QUESTIONS_PER_MERCHANT_MAX: i64 = 5;
/// Questions in one request.
pub const QUESTIONS_PER_REQUEST_MAX: i64 = 200;
/// A name in the catalogue, in characters: its column's width on a server.
pub const CATALOGUE_NAME_CHARS_MAX: usize = 64;
/// Lines of a catalogue that is imported.
pub const CATALOGUE_ROWS_MAX: usize = 200_000;
/// Pieces of an export that wait for the client.
pub const EXPORT_PIECES_WAITING_MAX: usize = 4;

/// Bidders, permissions and bids that are remembered between look-ups.
pub const BIDDERS_REMEMBERED_MAX: u64 = 100_000;
/// Ends of pages of events that are remembered.
pub const EVENT_PLACES_REMEMBERED_MAX: u64 = 10_000;

// ------------------------------------------------------------------ notifications

/// Devices of one account; a further one takes the place of the oldest.
pub const DEVICES_PER_USER_MAX: i64 = 20;
/// What a device is called, in characters: its column's width on a server.
pub const DEVICE_NAME_CHARS_MAX: usize = 100;
/// Where a device is reached, in bytes: its column's width on a server.
pub const DEVICE_ADDRESS_BYTES_MAX: usize = 2_000;
/// Notices that are planned in one transaction: a file's one writer is held for a few milliseconds.
pub const PLANNED_NOTICES_MAX: u32 = 64;
/// Requests that a digest names; the rest is counted.
pub const DIGEST_REQUESTS_MAX: usize = 5;
/// Notifications that a feed repeats to who comes back; who missed more reads the list.
pub const FEED_NOTICES_MAX: u32 = 50;
/// The mailbox of whoever looks after the feeds' sockets; a hint that finds it full is lost, and the next look sees the same.
pub const FEEDS_MAILBOX: usize = 8_192;
/// Notifications are forgotten after so many seconds: 180 days.
pub const NOTICE_KEPT_SECS: i64 = 180 * 86_400;
/// Old notifications that are forgotten in one transaction.
pub const NOTICES_FORGOTTEN_MAX: u32 = 500;

// ------------------------------------------------------------------ files

/// An upload, and what is kept of it, in bytes: 10 MiB.
pub const FILE_BYTES_MAX: usize = 10 * 1_024 * 1_024;
/// The body of an upload: the file and the lines of the form around it, in bytes.
pub const UPLOAD_BODY_BYTES_MAX: usize = FILE_BYTES_MAX + 16 * 1_024;
/// Uploads that are in memory at the same time, in bytes; beyond it `503 overloaded`.
pub const UPLOADS_BYTES_MAX: usize = 96 * 1_024 * 1_024;
/// Time for an upload's body, in seconds: ten megabytes over a slow telephone.
pub const UPLOAD_SECS_MAX: u64 = 60;
/// Points of an image; more are refused before they are unpacked.
pub const IMAGE_PIXELS_MAX: u64 = 40_000_000;
/// Points for each byte of an image's file: what photographs have is a hundredth of it, a bomb a thousand times as much.
pub const IMAGE_PIXELS_PER_BYTE_MAX: u64 = 1_000;
/// Points that an image may have however small its file is.
pub const IMAGE_PIXELS_FREE: u64 = 4_000_000;
/// Memory for unpacking one image, in bytes: the largest with four bytes a point.
pub const IMAGE_MEMORY_BYTES_MAX: u64 = 176 * 1_024 * 1_024;
/// Memory for what a PNG has beside its points, such as a colour profile, in bytes.
pub const PNG_EXTRAS_BYTES_MAX: u64 = 4 * 1_024 * 1_024;
/// Images that are unpacked at the same time.
pub const IMAGES_AT_ONCE: usize = 2;
/// Images that wait for that; beyond it `503 overloaded`.
pub const IMAGES_WAITING_MAX: usize = 32;
/// The longer side of a thumbnail, in points.
pub const THUMBNAIL_PIXELS: u32 = 320;
/// Life of an upload url, in seconds.
pub const UPLOAD_URL_SECS: i64 = 900;
/// How long one call has an upload to itself to look at, in seconds: to fetch it from a bucket, to wait, and to pack it anew.
pub const FILE_CHECK_SECS: i64 = 180;
/// A file that nothing shows is deleted after so many seconds.
pub const FILE_IDLE_SECS: i64 = 86_400;
/// Files that one round of sweeping deletes.
pub const FILES_SWEPT_MAX: u32 = 500;

// ------------------------------------------------------------------ payments

/// The least that is paid by card, in halalas: the gateway's own bound.
pub const CARD_HALALAS_MIN: i64 = 100;
/// A gateway's id of an event or an invoice, in bytes.
pub const GATEWAY_ID_BYTES_MAX: usize = 64;
/// An open payment is looked at when it was not for so many seconds.
pub const PAYMENT_CHECK_SECS: i64 = 60;
/// Payments, and refunds, that one round of sweeping looks at.
pub const PAYMENTS_CHECKED_MAX: u32 = 50;
/// A refund that the gateway does not show after so many seconds it never took: a day.
pub const REFUND_UNCLEAR_SECS: i64 = 86_400;

// ------------------------------------------------------------------ notices

/// Auctions of which something may be to tell; beyond it one is found by the next sweep, a minute later.
pub const CHANGED_AUCTIONS_MAX: usize = 65_536;
/// A customer hears of new bids once in so many seconds at most.
pub const NEW_BID_PAUSE_SECS: i64 = 60;
/// A bidder hears of its rank once in so many seconds at most.
pub const RANK_PAUSE_SECS: i64 = 10;
/// A soft close that goes on and on is told once in so many seconds at most.
pub const EXTENDED_PAUSE_SECS: i64 = 30;
/// Less time than this is not told, in seconds.
pub const EXTENDED_SECS_MIN: i64 = 60;
/// Who bids hears once that so many seconds are left.
pub const CLOSING_SOON_SECS: i64 = 600;
/// Auctions that are looked at for notices in one transaction.
pub const TELLINGS_MAX: usize = 32;
/// Notices in one transaction: some milliseconds of the one writer of a file, for which bids wait.
pub const NOTICES_TOLD_MAX: usize = 256;
/// Merchants that are asked in one round whether a new request is for them; each round is a page of each request.
pub const ANNOUNCED_MAX: u32 = 256;
/// After a turn on the writer of a file it is rested so many times as long as that took, while bids come …
pub const TURN_REST: u64 = 7;
/// … but no longer than this, in microseconds: a disk that stood still once does not silence everybody for seconds.
pub const TURN_REST_MICROS_MAX: u64 = 250_000;
/// Bids come where the last ones were written no longer ago, in microseconds.
pub const BIDS_COME_MICROS: u64 = 25_000;
/// Requests that are announced in one round.
pub const ANNOUNCEMENTS_MAX: u32 = 16;
/// Auctions that one sweep finds untold; the next goes on.
pub const UNTOLD_MAX: u32 = 4_096;

/// Deliveries of one way that are handed to providers at the same time.
pub const SENT_AT_ONCE_MAX: u32 = 32;
/// A delivery is one sender's for so many seconds; longer than a call to the outside takes.
pub const SENDING_SECS_MAX: i64 = 60;
/// Attempts at one delivery while its provider works.
pub const SENDING_ATTEMPTS_MAX: i64 = 8;
/// Pause after the first attempt, in seconds; each further one is twice as long …
pub const SENDING_PAUSE_SECS: i64 = 10;
/// … up to this.
pub const SENDING_PAUSE_SECS_MAX: i64 = 900;
/// What is for a provider that is left alone is looked at again after so many seconds.
pub const PROVIDER_PAUSE_SECS: i64 = 30;
/// Why a delivery was not made, in characters: its column's width on a server.
pub const FAULT_CHARS_MAX: usize = 200;
/// Most notices are worth sending for so many seconds: three days.
pub const NOTICE_SECS_MAX: i64 = 3 * 86_400;
/// One of a rank for so many: a day.
pub const RANK_SECS_MAX: i64 = 86_400;

// ------------------------------------------------------------------ analytics

/// The form in which parts' names are compared, in characters.
pub const PART_KEY_CHARS_MAX: usize = 64;
/// Requests that are counted anew in one transaction: on a file bids wait for it, some milliseconds.
pub const ROLLUP_BATCH: usize = 32;
/// A request that takes bids is counted anew once in so many seconds.
pub const ROLLUP_OPEN_SECS: i64 = 60;
/// Callers whose figures are read at the same time.
pub const ANALYTICS_AT_ONCE: usize = 2;
/// Callers who wait for that; beyond it `503 overloaded`.
pub const ANALYTICS_WAITING_MAX: usize = 8;
/// Parts in the list of those that are asked for most.
pub const POPULAR_PARTS: i64 = 20;
/// A price band is told from so many deals on …
pub const PRICED_DEALS_MIN: usize = 5;
/// … of so many merchants, …
pub const PRICED_MERCHANTS_MIN: usize = 3;
/// … and from so many deals at most, the last ones.
pub const PRICED_DEALS_MAX: usize = 500;

// ------------------------------------------------------------------ between processes

/// A call to Redis may be waited for so many milliseconds at most.
pub const REDIS_WAIT_MILLIS_MAX: u64 = 500;
/// Calls to Redis that are under way on the one connection; a further one waits its turn within its time.
pub const REDIS_CALLS_MAX: usize = 1_024;
/// Time for a connection to Redis, in seconds.
pub const REDIS_CONNECT_SECS: u64 = 1;
/// A Redis from which a process has not heard its own heartbeat for so many seconds is left.
pub const REDIS_SILENT_SECS: u64 = 3;
/// Longest pause between two attempts to reach Redis, in milliseconds.
pub const REDIS_PAUSE_MILLIS_MAX: u64 = 2_000;
/// Messages that wait to be published; beyond it they are dropped and counted.
pub const BUS_QUEUE_MAX: usize = 1_024;
/// Messages that were heard and wait for a listener; who falls behind by more is told that it missed some.
pub const BUS_HEARD_MAX: usize = 1_024;
/// A message, in bytes; a longer one is dropped and counted.
pub const BUS_MESSAGE_BYTES_MAX: usize = 64 * 1_024;
/// Messages, or rooms, in one call.
pub const BUS_BATCH_MAX: usize = 128;

// ------------------------------------------------------------------ http

/// A JSON body, in bytes.
pub const JSON_BODY_BYTES_MAX: usize = 64 * 1_024;
/// A bid's body, in bytes.
pub const BID_BODY_BYTES_MAX: usize = 16 * 1_024;
/// Default and largest page.
pub const PAGE_DEFAULT: u32 = 20;
/// Largest page.
pub const PAGE_MAX: u32 = 100;
/// A request's head, in bytes; beyond it `431`. actix reads at most 128 KiB and 96 lines before it gives up by itself.
pub const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// A request's path and query, in bytes; beyond it `414`.
pub const URL_BYTES_MAX: usize = 8 * 1_024;
/// Buckets of one kind (account or address) and class that the rate limiter remembers; beyond it strangers share.
pub const RATE_KEYS_MAX: usize = 100_000;
/// Addresses read from `X-Forwarded-For`, from its end.
pub const FORWARDED_HOPS_MAX: usize = 16;
/// Lines of the log that wait to be written; beyond it they are dropped and counted.
pub const LOG_LINES_WAITING_MAX: usize = 65_536;
/// A connection without a request is closed after so many seconds.
pub const IDLE_SECS_MAX: u64 = 75;
/// Time for the peer to take the end of a connection, in seconds.
pub const DISCONNECT_SECS_MAX: u64 = 2;
/// Requests that are being answered get so many seconds at shutdown.
pub const SHUTDOWN_SECS_MAX: u64 = 5;
/// Bytes that a peer does not acknowledge end its connection after so many seconds.
pub const TCP_USER_TIMEOUT_SECS: u64 = 15;
/// A silent connection is probed after so many seconds, and again after each further.
pub const TCP_KEEPALIVE_SECS: u64 = 30;
/// Connections of one worker; beyond it the kernel's accept queue waits. 20 000 descriptors are usual as hard limit.
pub const CONNECTIONS_PER_WORKER_MAX: usize = 18_000;
/// Connections that wait to be accepted.
pub const ACCEPT_BACKLOG: u32 = 2_048;
/// Readiness ends when nothing was committed for so many milliseconds; the engine's pulse commits every second.
pub const READY_COMMIT_AGE_MILLIS_MAX: u64 = 2_000;
/// An event loop that did not come round for so many milliseconds hangs; each does every quarter of a second.
pub const LOOP_AGE_MILLIS_MAX: u64 = 1_000;
/// Longest time between the end of readiness and that of the listener, in seconds.
pub const LINGER_SECS_MAX: u64 = 5;
/// What was begun gets so many seconds to be committed at shutdown.
pub const FLUSH_SECS_MAX: u64 = 2;
/// A process that was asked to stop ends within so many seconds, whatever hangs.
pub const STOP_SECS_MAX: u64 = 10;
/// A socket that ends with a restart is told to come back after so many milliseconds …
pub const RESTART_RETRY_MILLIS_MIN: u64 = 500;
/// … and a part of this many more, of its own.
pub const RESTART_RETRY_MILLIS_SPREAD: u64 = 2_000;
/// Spans that wait to be told to a collector; beyond it they are dropped.
pub const SPANS_WAITING_MAX: usize = 8_192;
/// An `X-Request-Id` from a client, in characters; a longer one is replaced.
pub const REQUEST_ID_CHARS_MAX: usize = 64;
/// How long an idempotency key and its answer are kept, in seconds: a day.
pub const KEY_KEPT_SECS: i64 = 86_400;
/// How long a call under an idempotency key may take before it counts as lost, in seconds.
pub const KEY_LEASE_SECS: i64 = 10;
/// Rows in one INSERT. `SQLite` binds at most 32 766 values a statement.
pub const INSERT_ROWS_MAX: usize = 256;
/// The WAL of a file is begun anew by the commit that fills so many pages of 4 KiB, 49 MB.
pub const WAL_PAGES: usize = 12_000;
/// The WAL of a file, in bytes: what a burst made longer is given back.
pub const WAL_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// After so many journal entries, some 1 500 pages, the WAL is copied into the file beside the writer.
pub const WAL_PASS_ENTRIES: usize = 1_000;

const _: () = {
    assert!(AUCTION_IN_FLIGHT_MAX < AUCTION_MAILBOX);
    assert!(COMMANDS_IN_FLIGHT_MAX < JOURNAL_QUEUE_MAX);
    assert!(GROUP_APPENDS_MAX <= COMMANDS_IN_FLIGHT_MAX);
    assert!(BID_BODY_BYTES_MAX <= JSON_BODY_BYTES_MAX);
    assert!(UPLOAD_BODY_BYTES_MAX <= UPLOADS_BYTES_MAX);
    assert!(IMAGE_PIXELS_MAX * 4 <= IMAGE_MEMORY_BYTES_MAX);
    // A page has a header of 24 bytes there; the largest group dirties some pages for each of its entries.
    assert!(
        WAL_PAGES * (4_096 + 24) + GROUP_APPENDS_MAX * 8 * 4_096 < WAL_BYTES_MAX && WAL_PASS_ENTRIES * 4 < WAL_PAGES
    );
    // What is repeated must not look like a reader who is too slow.
    assert!((FEED_NOTICES_MAX as usize) + 2 < SOCKET_BACKLOG_FRAMES_MAX);
    assert!(SENDING_SECS_MAX > 2 * OUTBOUND_SECS_MAX.cast_signed());
    assert!(SOFT_CLOSE_SECS <= SOFT_CLOSE_TOTAL_SECS_MAX);
    // Hundredths of the largest landed total, times a million, fit in 64 bits.
    assert!((LANDED_MAX_HALALAS as u128) * 100 * 1_000_000 <= u64::MAX as u128);
    assert!(LANDED_MAX_HALALAS < i64::MAX / 100);
};
