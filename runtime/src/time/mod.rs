//! Rows of dates and times (OEL §3.6, §3.7): the classic `Time.…` functions over texts, and the
//! date-time value with its methods.

mod body;
mod civil;
mod instant;
mod iso;
mod names;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;
mod write;
mod zone;

pub use instant::DateTime;
pub use iso::read;
pub use pattern::Pattern;
pub use zone::Zone;

use crate::fault::Fault;
use crate::functions::Meaning::Body;
use crate::functions::{Accepts, Function, Null, Parameter, Returns};
use civil::{DAY, HOUR, MINUTE, SECOND};

/// The source of a classic function: null stays null.
const SOURCE: Parameter = Parameter::new("text", Accepts::Text).null(Null::Flows).sized();
const CLASSIC_ZONE: Parameter = Parameter::new("zone", Accepts::Zone).null(Null::Flows);
const TEXT: Parameter = Parameter::new("text", Accepts::Text).sized();
const TIME: Parameter = Parameter::new("time", Accepts::DateTime);
const ZONE: Parameter = Parameter::new("zone", Accepts::Zone);
const CLASSIC_FORMAT: Parameter =
    Parameter::new("format", Accepts::TimePattern).null(Null::Flows).sized();
const FORMAT: Parameter = Parameter::new("format", Accepts::TimePattern).sized();
const AMOUNT: Parameter = Parameter::new("amount", Accepts::Integer);

/// The rows of this family.
pub(crate) static ROWS: &[Function] = &[
    Function::classic(&["DateTime.now"], &[], Returns::DateTime, Body(body::now))
        .total()
        .timely()
        .says("the time of the request, in UTC", "DateTime.now() == Time.now()", "true"),
    Function::classic(
        &["Time.now"],
        &[CLASSIC_ZONE, CLASSIC_FORMAT],
        Returns::TimeOrText,
        Body(body::now_as),
    )
    .timely()
    .optional(2)
    .faults(&[Fault::BadZone, Fault::BadTime])
    .says(
        "the time of the request, in UTC or in this zone; with a pattern as text",
        "Time.now('EST', \"'at' zzz\").startsWith('at E')",
        "true",
    ),
    Function::classic(
        &["Time.fromStringToIso8601"],
        &[SOURCE, CLASSIC_FORMAT],
        Returns::Text,
        Body(body::string_to_iso),
    )
    .timely()
    .faults(&[Fault::BadTime])
    .says(
        "the time that the text writes in this pattern; in UTC if it names no zone",
        "Time.fromStringToIso8601('11.4.2017', 'd.M.yyyy')",
        "\"2017-04-11T00:00:00.000Z\"",
    ),
    Function::classic(
        &["Time.fromIso8601ToString"],
        &[SOURCE, CLASSIC_FORMAT],
        Returns::Text,
        Body(body::iso_to_string),
    )
    .faults(&[Fault::BadTime])
    .says(
        "the time as this pattern writes it",
        "Time.fromIso8601ToString('2017-04-11T00:00:00.000Z', 'MM/dd/yyyy')",
        "\"04/11/2017\"",
    ),
    Function::classic(
        &["Time.fromWindowsToIso8601"],
        &[SOURCE],
        Returns::Text,
        Body(body::windows_to_iso),
    )
    .faults(&[Fault::BadTime])
    .says(
        "the time that is so many tenths of a microsecond after 1601",
        "Time.fromWindowsToIso8601('130000000000000000')",
        "\"2012-12-14T23:06:40.000Z\"",
    ),
    Function::classic(
        &["Time.fromUnixToIso8601"],
        &[SOURCE],
        Returns::Text,
        Body(body::unix_to_iso),
    )
    .faults(&[Fault::BadTime])
    .says(
        "the time that is so many milliseconds after 1970, or seconds if there are less than 10^11",
        "Time.fromUnixToIso8601('1491868800')",
        "\"2017-04-11T00:00:00.000Z\"",
    ),
    Function::classic(
        &["Time.fromIso8601ToWindows"],
        &[SOURCE],
        Returns::Text,
        Body(body::iso_to_windows),
    )
    .faults(&[Fault::BadTime])
    .says(
        "how many tenths of a microsecond after 1601 the time is",
        "Time.fromIso8601ToWindows('2017-04-11T00:00:00.000Z')",
        "\"131363424000000000\"",
    ),
    Function::classic(
        &["Time.fromIso8601ToUnix"],
        &[SOURCE],
        Returns::Text,
        Body(body::iso_to_unix),
    )
    .faults(&[Fault::BadTime])
    .says(
        "how many milliseconds after 1970 the time is",
        "Time.fromIso8601ToUnix('2017-04-11')",
        "\"1491868800000\"",
    ),
    Function::method(&["parseWindowsTime"], &[TEXT], Returns::DateTime, Body(body::parse_windows))
        .faults(&[Fault::BadTime])
        .says(
            "the time that is so many tenths of a microsecond after 1601",
            "'130828367179790000'.parseWindowsTime()",
            "\"2015-07-31T17:18:37.979Z\"",
        ),
    Function::method(&["parseUnixTime"], &[TEXT], Returns::DateTime, Body(body::parse_unix))
        .faults(&[Fault::BadTime])
        .says(
            "the time that is so many milliseconds after 1970",
            "'1438377580979'.parseUnixTime()",
            "\"2015-07-31T21:19:40.979Z\"",
        ),
    Function::method(
        &["parseStringTime"],
        &[TEXT, FORMAT],
        Returns::DateTime,
        Body(body::parse_string),
    )
    .timely()
    .optional(1)
    .faults(&[Fault::BadTime])
    .says(
        "the time that the text writes in this pattern, or in ISO 8601; in UTC if it names no zone",
        "'17 June 2015 00:23:19'.parseStringTime('dd MMMM yyyy HH:mm:ss')",
        "\"2015-06-17T00:23:19.000Z\"",
    ),
    Function::method(&["toWindows"], &[TIME], Returns::Text, Body(body::to_windows)).says(
        "how many tenths of a microsecond after 1601 the time is",
        "'2015-07-30T23:58:32Z'.parseStringTime().toWindows()",
        "\"130827743120000000\"",
    ),
    Function::method(&["toUnix"], &[TIME], Returns::Text, Body(body::to_unix)).says(
        "how many milliseconds after 1970 the time is",
        "'2015-07-31T17:18:37.979Z'.parseStringTime().toUnix()",
        "\"1438363117979\"",
    ),
    Function::method(&["toString"], &[TIME, FORMAT], Returns::Text, Body(body::to_string))
        .optional(1)
        .faults(&[Fault::BadTime])
        .says(
            "the time as this pattern writes it, or with no more digits than it needs and its zone",
            "'2015-07-30T23:58:32Z'.parseStringTime().toString('MM/dd/yyyy')",
            "\"07/30/2015\"",
        ),
    Function::method(&["toZone"], &[TIME, ZONE], Returns::DateTime, Body(body::to_zone))
        .faults(&[Fault::BadZone, Fault::BadTime])
        .says(
            "the same instant in another zone",
            "'2015-07-31T17:18:37.979Z'.parseStringTime().toZone('Asia/Tokyo').toString()",
            "\"2015-08-01T02:18:37.979+09:00[Asia/Tokyo]\"",
        ),
    Function::method(&["plusDays"], &[TIME, AMOUNT], Returns::DateTime, Body(body::plus::<DAY, 1>))
        .faults(&[Fault::BadTime])
        .says(
            "the same time of day so many days later",
            "'2024-02-28T10:00Z'.parseStringTime().plusDays(2)",
            "\"2024-03-01T10:00:00.000Z\"",
        ),
    Function::method(
        &["plusHours"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<HOUR, 1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many hours later",
        "'2015-07-30T23:58:32Z'.parseStringTime().plusHours(-1)",
        "\"2015-07-30T22:58:32.000Z\"",
    ),
    Function::method(
        &["plusMinutes"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<MINUTE, 1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many minutes later",
        "'2015-07-30T23:58:32Z'.parseStringTime().plusMinutes(2)",
        "\"2015-07-31T00:00:32.000Z\"",
    ),
    Function::method(
        &["plusSeconds"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<SECOND, 1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many seconds later",
        "'2015-07-30T23:58:32Z'.parseStringTime().plusSeconds(28)",
        "\"2015-07-30T23:59:00.000Z\"",
    ),
    Function::method(
        &["minusDays"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<DAY, -1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "the same time of day so many days earlier",
        "'2024-03-01'.parseStringTime().minusDays(1)",
        "\"2024-02-29T00:00:00.000Z\"",
    ),
    Function::method(
        &["minusHours"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<HOUR, -1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many hours earlier",
        "'2015-07-31T17:18:37.979Z'.parseStringTime().minusHours(100)",
        "\"2015-07-27T13:18:37.979Z\"",
    ),
    Function::method(
        &["minusMinutes"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<MINUTE, -1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many minutes earlier",
        "'2015-07-31T17:18:37.979Z'.parseStringTime().minusMinutes(-1)",
        "\"2015-07-31T17:19:37.979Z\"",
    ),
    Function::method(
        &["minusSeconds"],
        &[TIME, AMOUNT],
        Returns::DateTime,
        Body(body::plus::<SECOND, -1>),
    )
    .faults(&[Fault::BadTime])
    .says(
        "so many seconds earlier",
        "'2015-07-31T17:18:37.979Z'.parseStringTime().minusSeconds(2)",
        "\"2015-07-31T17:18:35.979Z\"",
    ),
    Function::method(&["withinDays"], &[TIME, AMOUNT], Returns::Boolean, Body(body::within::<DAY>))
        .timely()
        .total()
        .says(
            "whether the time is not in the future and at most so many times 24 hours ago",
            "Time.now().minusHours(25).withinDays(1)",
            "false",
        ),
    Function::method(
        &["withinHours"],
        &[TIME, AMOUNT],
        Returns::Boolean,
        Body(body::within::<HOUR>),
    )
    .timely()
    .total()
    .says(
        "whether the time is not in the future and at most so many hours ago",
        "Time.now().minusHours(25).withinHours(25)",
        "true",
    ),
    Function::method(
        &["withinMinutes"],
        &[TIME, AMOUNT],
        Returns::Boolean,
        Body(body::within::<MINUTE>),
    )
    .timely()
    .total()
    .says(
        "whether the time is not in the future and at most so many minutes ago",
        "Time.now().plusMinutes(1).withinMinutes(5)",
        "false",
    ),
    Function::method(
        &["withinSeconds"],
        &[TIME, AMOUNT],
        Returns::Boolean,
        Body(body::within::<SECOND>),
    )
    .timely()
    .total()
    .says(
        "whether the time is not in the future and at most so many seconds ago",
        "Time.now().withinSeconds(0)",
        "true",
    ),
];
