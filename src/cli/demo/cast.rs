//! Who plays and what is asked for. Every name is made up.

use crate::cli::demo::character::Character;

/// A simulated merchant.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// The business.
    pub name: &'static str,
    /// Its number.
    pub phone: &'static str,
    /// Its temper.
    pub character: Character,
    /// Mean of its rated orders in thousandths of a star, and how many.
    pub rated: (i64, i64),
    /// What it costs the merchant to deliver, in percent of the usual price.
    pub cost_percent: i64,
    /// Hours to deliver.
    pub delivery_hours: i64,
    /// Whether it bids over the WebSocket, or over REST.
    pub by_socket: bool,
}

/// The merchants.
pub const MERCHANTS: &[Role] = &[
    role("مركز الصفوة لقطع الغيار", "0550000101", Character::Aggressive, (4_700, 210), 71, 24, true),
    role("Najd Auto Parts", "0550000102", Character::Cautious, (4_900, 86), 78, 48, false),
    role("مؤسسة ركن المحرك", "0550000103", Character::Sniper, (4_200, 34), 69, 36, true),
    role("تشليح الدرعية الحديث", "0550000104", Character::Aggressive, (3_600, 58), 64, 72, false),
    role("Red Sea Motors Supply", "0550000105", Character::Automatic, (4_500, 140), 63, 30, true),
    role("بيت القطع الأصلية", "0550000106", Character::Cautious, (4_800, 320), 82, 12, true),
    role("واحة القطيف للسيارات", "0550000107", Character::Sniper, (4_000, 12), 67, 60, false),
    role("Asir Mountain Spares", "0550000108", Character::Automatic, (3_900, 25), 62, 60, false),
];

/// Names are told, numbers are set in a row: a table.
const fn role(
    name: &'static str,
    phone: &'static str,
    character: Character,
    rated: (i64, i64),
    cost_percent: i64,
    delivery_hours: i64,
    by_socket: bool,
) -> Role {
    Role { name, phone, character, rated, cost_percent, delivery_hours, by_socket }
}

/// The customers, each with a vehicle: name, number, brand, model, year.
pub const CUSTOMERS: &[(&str, &str, &str, &str, i64)] = &[
    ("سارة الشمري", "0550000001", "Toyota", "Camry", 2021),
    ("فهد العتيبي", "0550000002", "Toyota", "Hilux", 2019),
    ("Omar Al-Harbi", "0550000003", "Hyundai", "Sonata", 2020),
    ("نورة القحطاني", "0550000004", "Nissan", "Patrol", 2018),
];

/// The visitor's own workshop: a merchant whom nobody plays.
pub const VISITOR: (&str, &str) = ("ورشتك أنت · Your workshop", "0550000100");

/// A request that is published again and again.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Whose, by place in [`CUSTOMERS`].
    pub customer: usize,
    /// The title.
    pub title: &'static str,
    /// What else there is to say.
    pub description: &'static str,
    /// The parts: name, pieces, usual unit price in halalas.
    pub parts: &'static [(&'static str, i64, i64)],
    /// How long bids are taken, in seconds.
    pub bidding_secs: u64,
    /// Who sees what.
    pub visibility: &'static str,
    /// Whether it is urgent.
    pub urgent: bool,
}

/// The requests. The first closes within minutes, so that a newcomer sees an end.
pub const SCENES: &[Scene] = &[
    Scene {
        customer: 0,
        title: "صدام ومصابيح أمامية لكامري 2021",
        description: "بعد حادث بسيط. اللون أبيض لؤلؤي، والقطع جديدة أو مستعملة نظيفة.",
        parts: &[("صدام أمامي", 1, 145_000), ("مصباح أمامي", 2, 98_000), ("شبك أمامي", 1, 42_000)],
        bidding_secs: 240,
        visibility: "open",
        urgent: false,
    },
    Scene {
        customer: 1,
        title: "دينامو وسلف لهايلكس 2019",
        description: "السيارة متوقفة في الموقع، نحتاجها بأسرع وقت.",
        parts: &[("دينامو", 1, 118_000), ("سلف", 1, 86_000)],
        bidding_secs: 420,
        visibility: "rank_only",
        urgent: true,
    },
    Scene {
        customer: 2,
        title: "Brake discs and pads, Sonata 2020",
        description: "Front and rear. Original or a good aftermarket brand.",
        parts: &[("Front brake disc", 2, 32_000), ("Rear brake disc", 2, 27_000), ("Brake pad set", 2, 18_500)],
        bidding_secs: 900,
        visibility: "lead_price",
        urgent: false,
    },
    Scene {
        customer: 3,
        title: "مكينة مستعملة لباترول 2018",
        description: "محرك 4.0 مع ضمان، والعروض مغلقة حتى نهاية الوقت.",
        parts: &[("محرك كامل 4.0", 1, 1_450_000), ("قير أوتوماتيك", 1, 620_000)],
        bidding_secs: 1_800,
        visibility: "sealed",
        urgent: false,
    },
];
