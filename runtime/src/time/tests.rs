//! Zones, reading and writing of date-times, and arithmetic where clocks are changed (OEL §3.6, §3.7).

use super::{DateTime, Pattern, Zone, read};

fn at(text: &str, zone: &str) -> DateTime {
    read(text).unwrap().in_zone(Zone::find(zone).unwrap()).unwrap()
}

#[test]
fn old_short_ids_are_regions_with_summer_time() {
    let cases = [
        ("EST", "2015-07-31T13:30:49.964-04:00"),
        ("PST", "2015-07-31T10:30:49.964-07:00"),
        ("HST", "2015-07-31T07:30:49.964-10:00"),
        ("IST", "2015-07-31T23:00:49.964+05:30"),
        ("UTC", "2015-07-31T17:30:49.964Z"),
        ("GMT", "2015-07-31T17:30:49.964Z"),
        ("CET", "2015-07-31T19:30:49.964+02:00"),
        ("US/Pacific-New", "2015-07-31T10:30:49.964-07:00"),
        ("Asia/Kathmandu", "2015-07-31T23:15:49.964+05:45"),
        ("Europe/London", "2015-07-31T18:30:49.964+01:00"),
    ];
    for (zone, expected) in cases {
        assert_eq!(at("2015-07-31T17:30:49.964Z", zone).text(), expected, "{zone}");
    }
    for id in ["", "Nowhere/City", "est", "america/new_york", "+02:00", "Z", "UTC ", "EST/"] {
        assert_eq!(Zone::find(id), None, "{id}");
    }
    assert!(Zone::ids().count() > 500);
    assert!(Zone::ids().all(|id| Zone::find(id).is_some_and(|zone| zone.id().is_some())));
}

#[test]
fn iso_8601_is_read_leniently() {
    let cases = [
        ("2017-04-11", "2017-04-11T00:00:00.000Z"),
        ("2017-04", "2017-04-01T00:00:00.000Z"),
        ("2017", "2017-01-01T00:00:00.000Z"),
        ("2017-101", "2017-04-11T00:00:00.000Z"),
        ("2017-W15-2", "2017-04-11T00:00:00.000Z"),
        ("2017-W15", "2017-04-10T00:00:00.000Z"),
        ("2017-04-11T10", "2017-04-11T10:00:00.000Z"),
        ("2017-04-11T10:20", "2017-04-11T10:20:00.000Z"),
        ("2017-04-11T10.5", "2017-04-11T10:30:00.000Z"),
        ("2017-04-11T10:20,25Z", "2017-04-11T10:20:15.000Z"),
        ("2017-04-11t10:20:30z", "2017-04-11T10:20:30.000Z"),
        ("2017-04-11T10:20:30.1239999", "2017-04-11T10:20:30.123Z"),
        ("2017-04-11T10:20:30+02:00", "2017-04-11T10:20:30.000+02:00"),
        ("2017-04-11T10:20:30-0230", "2017-04-11T10:20:30.000-02:30"),
        ("2017-04-11T10:20+02", "2017-04-11T10:20:00.000+02:00"),
        ("2017-04-11T10:20+00:19:32", "2017-04-11T10:20:00.000+00:19:32"),
        ("2017-04-11T10:20-00:00", "2017-04-11T10:20:00.000Z"),
        ("-0001-12-31T23:59:59.9999999Z", "-0001-12-31T23:59:59.999Z"),
        ("+2017-04-11", "2017-04-11T00:00:00.000Z"),
        ("0000-02-29", "0000-02-29T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("-9999-01-01T00:00:00Z", "-9999-01-01T00:00:00.000Z"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).map(DateTime::text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_time_is_not_read() {
    let long = format!("2017-04-11T10:20:30.{}x", "1".repeat(1000));
    for text in [
        "",
        "x",
        "T10:20",
        "17-04-11",
        "2017-4-11",
        "2017-13-01",
        "2017-02-29",
        "2017-00-01",
        "2017-366",
        "2017-000",
        "2017-W53",
        "2017-W15-8",
        "2017-04-11T",
        "2017-04-11Z",
        "2017-04-11 10:20",
        " 2017-04-11",
        "2017-04-11 ",
        "2017-04-11T24:00",
        "2017-04-11T23:60",
        "2017-04-11T23:59:60",
        "2017-04-11T10:20:30.",
        "2017-04-11T10:20:3",
        "20170411",
        "2017-04-11T10:20+24:00",
        "2017-04-11T10:20+2",
        "2017-04-11T10:20+02:0",
        "2017-04-11T10:20ZZ",
        "2017-04-11T10:20+02:00:00:00",
        "+10000-01-01",
        "-10000-12-31",
        "2017-04-11T10:20:30,1Zé",
        "٢٠١٧-04-11",
        "9999-12-31T23:00-23:59é",
        long.as_str(),
    ] {
        assert!(read(text).is_none(), "{text}");
    }
}

#[test]
fn the_long_text_says_no_more_than_there_is() {
    let cases = [
        ("2015-07-30T23:58:32Z", "2015-07-30T23:58:32Z"),
        ("2015-07-30T00:00:00Z", "2015-07-30T00:00Z"),
        ("2015-07-30T00:00:00.5Z", "2015-07-30T00:00:00.500Z"),
        ("2015-07-30T00:00:00.000123+01:00", "2015-07-30T00:00:00.000123+01:00"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).unwrap().long_text(), expected);
    }
    let there = at("2015-07-31T17:18:37.979Z", "Asia/Tokyo");
    assert_eq!(there.long_text(), "2015-08-01T02:18:37.979+09:00[Asia/Tokyo]");
    assert_eq!(at("2015-01-31T17:18Z", "UTC").long_text(), "2015-01-31T17:18Z[UTC]");
    assert_eq!(at("1850-01-01T00:00Z", "Europe/Paris").text(), "1850-01-01T00:09:21.000+00:09:21");
}

#[test]
fn days_keep_the_time_of_day_and_hours_do_not() {
    let new_york = |text| at(text, "America/New_York");
    let cases = [
        // The night of 8 March 2015 has no 2:30.
        (new_york("2015-03-07T07:30Z"), 1, "2015-03-08T03:30:00.000-04:00"),
        (new_york("2015-03-07T07:30Z"), 2, "2015-03-09T02:30:00.000-04:00"),
        // 1 November 2015 has 1:30 twice.
        (new_york("2015-10-31T05:30Z"), 1, "2015-11-01T01:30:00.000-04:00"),
        (new_york("2015-11-02T06:30Z"), -1, "2015-11-01T01:30:00.000-05:00"),
        (new_york("2015-11-01T06:30Z"), 0, "2015-11-01T01:30:00.000-05:00"),
        (new_york("2024-02-28T12:00Z"), 1, "2024-02-29T07:00:00.000-05:00"),
        (new_york("2023-12-31T23:00Z"), 1, "2024-01-01T18:00:00.000-05:00"),
    ];
    for (time, days, expected) in cases {
        assert_eq!(time.plus_days(days).map(DateTime::text).as_deref(), Some(expected));
    }
    let hour = 3_600_000_000;
    let later = new_york("2015-03-08T06:30Z").plus(hour).unwrap();
    assert_eq!(later.text(), "2015-03-08T03:30:00.000-04:00");
    for days in [i64::MAX, i64::MIN, 4_000_000, -4_500_000] {
        assert!(new_york("2015-03-07T07:30Z").plus_days(days).is_none(), "{days}");
    }
    for shift in [i64::MAX, i64::MIN] {
        assert!(new_york("2015-03-07T07:30Z").plus(shift).is_none(), "{shift}");
    }
}

#[test]
fn any_bits_can_be_looked_at() {
    for microseconds in [1 << 63, u64::MAX, 0, u64::MAX >> 1] {
        for bits in [0, 1, 7_000, u32::MAX, 1 << 31, (1 << 31) - 1] {
            let time = DateTime::from_bits(microseconds, bits);
            assert_eq!(time.to_bits(), (microseconds, bits));
            assert!(!time.text().is_empty() && !time.long_text().is_empty());
        }
    }
    assert_eq!(DateTime::new(-1, Zone::UTC).unwrap().text(), "1969-12-31T23:59:59.999Z");
    for seconds in [0, 1, -1, 86_399, -86_399, 19_800] {
        assert_eq!(Zone::fixed(seconds).unwrap().offset(0), seconds);
    }
    assert_eq!(Zone::fixed(86_400), None);
}

fn written(text: &str, zone: &str, pattern: &str) -> String {
    Pattern::new(pattern).unwrap().write(at(text, zone))
}

#[test]
fn every_letter_of_a_pattern_is_written() {
    let time = "2015-07-31T17:08:09.123456Z";
    let cases = [
        ("G C Y YYYY YY", "AD 20 2015 2015 15"),
        ("x xxxx w ww e", "2015 2015 31 31 5"),
        ("E EEE EEEE EEEEEE", "Fri Fri Friday Friday"),
        ("y yy yyy yyyy yyyyyy", "2015 15 2015 2015 002015"),
        ("D DDDD", "212 0212"),
        ("M MM MMM MMMM MMMMM", "7 07 Jul July July"),
        ("d dd ddd", "31 31 031"),
        ("a K KK h hh", "PM 1 01 1 01"),
        ("H HH k kk", "13 13 13 13"),
        ("m mm s ss", "8 08 9 09"),
        ("S SS SSS SSSS SSSSSS SSSSSSSSS", "1 12 123 1234 123456 123456000"),
        ("z zzz zzzz", "EDT EDT Eastern Daylight Time"),
        ("Z ZZ ZZZ ZZZZ", "-0400 -04:00 America/New_York America/New_York"),
        ("'at' ''HH'' 'o''clock'", "at '13' o'clock"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2015-07-31T13:08:09.123-04:00"),
        ("''''", "''"),
        ("é.-/年", "é.-/年"),
        ("MM''dd 'it''s'", "07'31 it's"),
    ];
    for (pattern, expected) in cases {
        assert_eq!(written(time, "America/New_York", pattern), expected, "{pattern}");
    }
}

#[test]
fn the_edges_of_a_year_a_day_and_an_era_are_written() {
    let cases = [
        ("2016-01-01T00:00Z", "UTC", "YYYY xxxx-'W'ww-e D", "2016 2015-W53-5 1"),
        ("2018-12-31T12:00Z", "UTC", "yyyy xxxx ww a h", "2018 2019 01 PM 12"),
        ("2015-07-31T00:30Z", "UTC", "K h H k a", "0 12 0 24 AM"),
        ("0000-03-01T00:00Z", "UTC", "yyyy YYYY G yy C", "0000 0001 BC 00 0"),
        ("-0099-03-01T00:00Z", "UTC", "yyyy YYYY GG yy C", "-0099 0100 BC 99 1"),
        (
            "2015-01-31T00:00Z",
            "UTC",
            "z zzzz Z ZZ ZZZ",
            "UTC Coordinated Universal Time +0000 +00:00 UTC",
        ),
        ("2015-01-31T00:00Z", "America/Sao_Paulo", "z zzzz", "-02:00 -02:00"),
        ("2015-01-31T00:00Z", "Asia/Kolkata", "z zzzz Z", "IST India Standard Time +0530"),
        ("2024-12-31T23:59:59.999999Z", "UTC", "DDD SSS", "366 999"),
    ];
    for (time, zone, pattern, expected) in cases {
        assert_eq!(written(time, zone, pattern), expected, "{pattern} {time}");
    }
    let fixed = read("2015-01-31T00:00+02:00").unwrap();
    assert_eq!(Pattern::new("z ZZZ Z").unwrap().write(fixed), "+02:00 +02:00 +0200");
    let utc = read("2015-01-31T00:00Z").unwrap();
    let pattern = Pattern::new("z zzzz ZZZ ZZ").unwrap();
    assert_eq!(pattern.write(utc), "UTC Coordinated Universal Time UTC +00:00");
}

#[test]
fn what_a_pattern_asks_for_is_read() {
    let now = read("2026-11-28").unwrap();
    let cases = [
        ("2017-04-11", "yyyy-MM-dd", "2017-04-11T00:00:00.000Z"),
        ("4/1/2017", "MM/dd/yyyy", "2017-04-01T00:00:00.000Z"),
        ("20170411", "yyyyMMdd", "2017-04-11T00:00:00.000Z"),
        ("17 June 2015 00:23:19", "dd MMMM yyyy HH:mm:ss", "2015-06-17T00:23:19.000Z"),
        ("17 jun 2015", "dd MMMM yyyy", "2015-06-17T00:00:00.000Z"),
        ("Tue, 11 APRIL 2017", "EEE, dd MMM YYYY", "2017-04-11T00:00:00.000Z"),
        ("17-04-11", "yy-MM-dd", "2017-04-11T00:00:00.000Z"),
        ("46-04-11", "yy-MM-dd", "1946-04-11T00:00:00.000Z"),
        ("45-04-11", "yy-MM-dd", "2045-04-11T00:00:00.000Z"),
        ("1899-04-11", "yy-MM-dd", "1899-04-11T00:00:00.000Z"),
        ("170411", "yyMMdd", "2017-04-11T00:00:00.000Z"),
        ("10:30", "HH:mm", "1970-01-01T10:30:00.000Z"),
        ("29.2.", "d.M.", "2000-02-29T00:00:00.000Z"),
        ("2017", "yyyy", "2017-01-01T00:00:00.000Z"),
        ("-17", "yyyy", "-0017-01-01T00:00:00.000Z"),
        ("12:05 AM", "hh:mm a", "1970-01-01T00:05:00.000Z"),
        ("12:05 pm", "hh:mm a", "1970-01-01T12:05:00.000Z"),
        ("0 PM", "K a", "1970-01-01T12:00:00.000Z"),
        ("24:30", "kk:mm", "1970-01-01T00:30:00.000Z"),
        ("2017-101", "yyyy-DDD", "2017-04-11T00:00:00.000Z"),
        ("2017-W15-2", "xxxx-'W'ww-e", "2017-04-11T00:00:00.000Z"),
        ("2009-W53", "yyyy-'W'ww", "2009-12-28T00:00:00.000Z"),
        ("10:00:00.5", "HH:mm:ss.SSS", "1970-01-01T10:00:00.500Z"),
        ("10:00:00.1239999", "HH:mm:ss.SSSSSSS", "1970-01-01T10:00:00.123Z"),
        ("44 BC", "Y G", "-0043-01-01T00:00:00.000Z"),
        ("2017-04-11 10:00 +0200", "yyyy-MM-dd HH:mm Z", "2017-04-11T10:00:00.000+02:00"),
        ("2017-04-11 10:00-02:30", "yyyy-MM-dd HH:mmZ", "2017-04-11T10:00:00.000-02:30"),
        ("2017-04-11T10:00Z", "yyyy-MM-dd'T'HH:mmZZ", "2017-04-11T10:00:00.000Z"),
        ("2017-04-11 10:00 PST", "yyyy-MM-dd HH:mm z", "2017-04-11T10:00:00.000-07:00"),
        ("2017-04-11 10:00 Asia/Tokyo", "yyyy-MM-dd HH:mm ZZZ", "2017-04-11T10:00:00.000+09:00"),
        ("2015-11-01 01:30 EST", "yyyy-MM-dd HH:mm z", "2015-11-01T01:30:00.000-04:00"),
        ("It's 5 O'CLOCK", "'it''s' H 'o''clock'", "1970-01-01T05:00:00.000Z"),
        ("20", "CC", "2000-01-01T00:00:00.000Z"),
    ];
    for (text, pattern, expected) in cases {
        let read = Pattern::new(pattern).unwrap().read(text, now);
        assert_eq!(read.map(DateTime::text).as_deref(), Some(expected), "{text} {pattern}");
    }
}

/// Answers of Joda-Time: fields are set in the order of what they are parts of, then of what they
/// count, the longer first; twice, as the year decides what a week is.
#[test]
fn of_what_contradicts_itself_the_shorter_field_holds() {
    let now = read("2026-11-28").unwrap();
    let cases = [
        ("2015-07-31", "YYYY-MM-DD", "2015-01-31T00:00:00.000Z"),
        ("07/31/2015", "MM/DD/YYYY", "2015-01-31T00:00:00.000Z"),
        ("366 2", "D M", "2000-12-31T00:00:00.000Z"),
        ("60 2 7", "D M d", "2000-02-07T00:00:00.000Z"),
        ("14:30 AM", "HH:mm a", "1970-01-01T14:30:00.000Z"),
        ("01 PM", "HH a", "1970-01-01T01:00:00.000Z"),
        ("3 AM 14", "h a H", "1970-01-01T15:00:00.000Z"),
        ("10:30 14", "HH:mm HH", "1970-01-01T14:30:00.000Z"),
        ("14 24", "HH kk", "1970-01-01T00:00:00.000Z"),
        ("2017 2018", "yyyy yyyy", "2018-01-01T00:00:00.000Z"),
        ("2018 2017", "YYYY xxxx", "2017-01-02T00:00:00.000Z"),
        ("2015 19", "yyyy CC", "2015-01-01T00:00:00.000Z"),
        ("0001-01-01 BC", "yyyy-MM-dd G", "0001-01-01T00:00:00.000Z"),
        ("AD", "G", "0001-01-01T00:00:00.000Z"),
        ("20 BC", "CC G", "-2000-01-01T00:00:00.000Z"),
        ("Mon 2017-04-11", "EEE yyyy-MM-dd", "2017-04-10T00:00:00.000Z"),
        ("2015-08-01 Sunday", "yyyy-MM-dd EEEE", "2015-08-02T00:00:00.000Z"),
        ("2016-01-01 1", "yyyy-MM-dd e", "2015-12-28T00:00:00.000Z"),
        ("2016-01 05", "yyyy-MM ww", "2016-02-01T00:00:00.000Z"),
        ("05", "ww", "2000-01-31T00:00:00.000Z"),
        ("05 10", "ww HH", "2000-02-01T10:00:00.000Z"),
        ("2000 52", "yyyy ww", "2000-12-25T00:00:00.000Z"),
        ("Tue", "EEE", "2000-12-26T00:00:00.000Z"),
    ];
    for (text, pattern, expected) in cases {
        let read = Pattern::new(pattern).unwrap().read(text, now);
        assert_eq!(read.map(DateTime::text).as_deref(), Some(expected), "{text} {pattern}");
    }
}

#[test]
fn the_longest_id_of_a_zone_is_read() {
    assert_eq!(Zone::ids().map(str::len).max(), Some(super::zone::LONGEST_ID));
    for id in Zone::ids() {
        let zone = Zone::find(id).unwrap();
        assert_eq!(Zone::read(id), Some((zone, "")));
        assert_eq!(Zone::read(&format!("{id} x")), Some((zone, " x")));
        assert_eq!(Zone::read(&format!("{id}_é")), Some((zone, "_é")));
    }
    assert_eq!(Zone::read("GMT0x"), Zone::find("GMT0").map(|zone| (zone, "x")));
    assert_eq!(Zone::read("GMT+x"), Zone::find("GMT").map(|zone| (zone, "+x")));
    assert_eq!(Zone::read(&"x".repeat(1_000)), None);
}

#[test]
fn what_does_not_fit_a_pattern_is_not_read() {
    let now = read("2026-11-28").unwrap();
    for (text, pattern) in [
        ("x", "yyyy-MM-dd"),
        ("", "yyyy"),
        ("2017-04-11 ", "yyyy-MM-dd"),
        ("2017-04-11T", "yyyy-MM-dd"),
        ("2017-13-01", "yyyy-MM-dd"),
        ("2017-02-29", "yyyy-MM-dd"),
        ("2017-04-1é", "yyyy-MM-dd"),
        ("13 PM", "HH a x"),
        ("13:00", "hh:mm"),
        ("0", "k"),
        ("60", "s"),
        ("Janvier", "MMMM"),
        ("2015-03-08 02:30 EST", "yyyy-MM-dd HH:mm z"),
        ("2017 Eastern Standard Time", "yyyy zzzz"),
        ("2017 XYZ", "yyyy z"),
        ("2017 Nowhere/City", "yyyy ZZZ"),
        ("10000", "yyyy"),
        ("999999999", "yyyy"),
        ("12345678901", "yyyyyyyyyyyyyy"),
        ("-", "yyyy"),
        ("0", "Y"),
        ("366", "DDD'x'"),
        ("2017-W53", "xxxx-'W'ww"),
        ("99999999999", "C"),
        ("999999999", "C"),
        ("2015-02-30", "yyyy-MM-dd"),
        ("2015 366", "yyyy D"),
        ("2015 0", "yyyy D"),
        ("2015 13 12", "yyyy MM MM"),
        ("2017 8", "yyyy e"),
        ("24 10", "HH HH"),
        ("2 AM 13", "h a h"),
        ("BC", "G"),
        ("BC 5", "G M"),
        ("Asia/Toky", "ZZZ"),
        ("", "ZZZ"),
        ("é", "ZZZ"),
    ] {
        let read = Pattern::new(pattern).unwrap().read(text, now);
        assert!(read.is_none(), "{text} {pattern} {read:?}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_in_words() {
    let long = "y".repeat(1001);
    for text in ["", "yyyy-MM-ddTHH:mm", "Q", "b", "L", "u", "HH:mm X", "n", long.as_str()] {
        let words = Pattern::new(text).unwrap_err();
        assert!(!words.is_empty() && !words.contains('\n'), "{text}: {words}");
    }
    assert!(Pattern::new("'unfinished").is_ok());
    assert!(!written("2015-01-31", "UTC", &"y".repeat(1000)).is_empty());
    assert!(!written("2015-01-31", "UTC", &"S".repeat(1000)).is_empty());
}
