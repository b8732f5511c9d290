//! Time zones: the bundled tz database by id, old short ids as Joda maps them, and fixed offsets.

use super::civil::SECOND;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use std::sync::{LazyLock, OnceLock};

/// A time zone: with the top bit set a fixed offset in seconds, else the place of a bundled zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(u32);

const FIXED: u32 = 1 << 31;
/// Bytes of the longest id.
pub(super) const LONGEST_ID: usize = 32;
/// Seconds that an offset stays below.
const MOST_OFFSET: i64 = 86_400;

#[derive(Debug)]
struct Bundled {
    id: String,
    /// Read when first used.
    zone: OnceLock<TimeZone>,
}

/// Every bundled zone, in the order of the ids.
static BUNDLED: LazyLock<Vec<Bundled>> = LazyLock::new(|| {
    let database = TimeZoneDatabase::bundled();
    let mut ids: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
    ids.sort_unstable();
    ids.into_iter().map(|id| Bundled { id, zone: OnceLock::new() }).collect()
});

/// Ids that mean a region (OEL §3.6): those of three letters as Joda has them, and two that the
/// database no longer has.
const OLD_IDS: [(&str, &str); 29] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("Canada/East-Saskatchewan", "America/Regina"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "CET"),
    ("EST", "America/New_York"),
    ("HST", "Pacific/Honolulu"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("MST", "America/Denver"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("US/Pacific-New", "America/Los_Angeles"),
];

impl Zone {
    /// Coordinated universal time, without being a region.
    pub const UTC: Self = Self(FIXED);

    /// The zone that is always this many seconds ahead; `None` for a day or more.
    pub(super) fn fixed(seconds: i64) -> Option<Self> {
        let within = seconds.abs() < MOST_OFFSET;
        let seconds = i32::try_from(seconds).ok().filter(|_| within)?;
        Some(Self(FIXED | (seconds.cast_unsigned() & !FIXED)))
    }

    /// The zone of the longest id that a text begins with, and the rest.
    pub(super) fn read(text: &str) -> Option<(Self, &str)> {
        let is_of_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
        let most = text.bytes().take(LONGEST_ID).take_while(is_of_id).count();
        (1..=most).rev().find_map(|n| {
            let (id, rest) = text.split_at_checked(n)?;
            Self::find(id).map(|zone| (zone, rest))
        })
    }

    /// The zone of this id, exactly as written.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        let meant = OLD_IDS.iter().find(|(old, _)| *old == id).map_or(id, |(_, meant)| meant);
        let place = BUNDLED.binary_search_by(|bundled| bundled.id.as_str().cmp(meant)).ok()?;
        u32::try_from(place).ok().map(Self)
    }

    /// Every id that [`Zone::find`] knows.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        let bundled = BUNDLED.iter().map(|bundled| bundled.id.as_str());
        bundled.chain(OLD_IDS.iter().map(|(old, _)| *old))
    }

    /// The bits of a value.
    pub(super) fn to_bits(self) -> u32 {
        self.0
    }

    /// The zone of these bits. Bits that no zone has act as UTC.
    pub(super) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The id, of a region.
    pub(super) fn id(self) -> Option<&'static str> {
        self.bundled().map(|bundled| bundled.id.as_str())
    }

    fn bundled(self) -> Option<&'static Bundled> {
        if self.0 & FIXED != 0 { None } else { BUNDLED.get(self.0 as usize) }
    }

    fn region(self) -> Option<&'static TimeZone> {
        let bundled = self.bundled()?;
        let read = || TimeZoneDatabase::bundled().get(&bundled.id).unwrap_or(TimeZone::UTC);
        Some(bundled.zone.get_or_init(read))
    }

    /// The seconds of a fixed offset; 0 for bits that are no zone.
    fn seconds(self) -> i64 {
        if self.0 & FIXED == 0 {
            return 0;
        }
        // The sign of the 31 bits.
        i64::from((self.0 << 1).cast_signed() >> 1)
    }

    /// How many seconds local time is ahead at this instant (microseconds since 1970).
    pub(super) fn offset(self, instant: i64) -> i64 {
        match self.region() {
            Some(zone) => i64::from(zone.to_offset(timestamp(instant)).seconds()),
            None => self.seconds(),
        }
    }

    /// The abbreviation at this instant, such as `PDT`; `None` for an offset, also one that stands
    /// in the database in place of a name.
    pub(super) fn abbreviation(self, instant: i64) -> Option<String> {
        let info = self.region()?.to_offset_info(timestamp(instant));
        let letters = info.abbreviation();
        letters.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| letters.to_owned())
    }

    /// What a local time is here: there once, never (clocks are put forward over it) or twice.
    pub(super) fn offset_of_local(self, local: civil::DateTime) -> AmbiguousOffset {
        match self.region() {
            Some(zone) => zone.to_ambiguous_timestamp(local).offset(),
            None => {
                let seconds = i32::try_from(self.seconds()).ok();
                let offset = seconds.and_then(|seconds| Offset::from_seconds(seconds).ok());
                AmbiguousOffset::Unambiguous { offset: offset.unwrap_or(Offset::UTC) }
            }
        }
    }
}

/// The nearest instant that the database knows.
fn timestamp(instant: i64) -> Timestamp {
    let nearest = if instant < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(instant.div_euclid(SECOND)).unwrap_or(nearest)
}
