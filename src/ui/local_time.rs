//! How people read a time: in the time zone of the newsletter, with its name.
//! Data for scripts keeps UTC.

use jiff::tz::TimeZone;

use crate::domain::Timestamp;

/// A time as people read it, such as `2026-08-26 12:00 Europe/Berlin`: with
/// seconds if there are any, and with the offset where the zone has no name, or
/// where its clocks show that time twice.
pub(crate) fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at);
    let pattern = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    let offset = zone.to_offset(at);
    let zone = match zone.iana_name() {
        Some(name) if zone.to_ambiguous_zoned(local).is_ambiguous() => format!("{offset} {name}"),
        Some(name) => name.to_owned(),
        None => offset.to_string(),
    };
    format!("{} {zone}", local.strftime(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_its_zone_and_is_never_ambiguous() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let unnamed = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (at, zone, shown) in [
            ("2026-08-26T10:00:00Z", &berlin, "2026-08-26 12:00 Europe/Berlin"),
            ("2026-08-26T10:00:00.999Z", &berlin, "2026-08-26 12:00 Europe/Berlin"),
            ("2026-08-26T10:00:07Z", &berlin, "2026-08-26 12:00:07 Europe/Berlin"),
            ("2026-12-31T23:30:00Z", &berlin, "2027-01-01 00:30 Europe/Berlin"),
            // On 25 October 2026 the clocks in Berlin show 02:30 twice.
            ("2026-10-25T00:30:00Z", &berlin, "2026-10-25 02:30 +02 Europe/Berlin"),
            ("2026-10-25T01:30:00Z", &berlin, "2026-10-25 02:30 +01 Europe/Berlin"),
            ("2026-08-26T10:00:00Z", &TimeZone::UTC, "2026-08-26 10:00 UTC"),
            ("2026-08-26T10:00:00Z", &unnamed, "2026-08-26 12:00 +02"),
        ] {
            assert_eq!(local_time(at.parse().unwrap(), zone), shown, "{at}");
        }
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let west = TimeZone::posix("XXX24").unwrap();
        for at in [Timestamp::MIN, Timestamp::MAX] {
            assert!(local_time(at, &west).ends_with("-24"));
        }
    }
}
