use super::*;

/// Berlin's rules since 1996, written out so that no test needs a time zone database.
fn berlin() -> Timetable {
    let time_zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    Timetable { time: civil::time(17, 0, 0, 0), time_zone, weekday: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn issue(name: &str, due: &str) -> ScheduledIssue {
    ScheduledIssue {
        slug: slug(name),
        path: format!("issues/{name}.md"),
        number: None,
        draft: false,
        due: Ok(at(due)),
    }
}

const MARK: &str = "2026-08-01T00:00:00Z";
const HOUR: u64 = 60 * 60;

/// A table top: issues and campaigns, with the mark on 1 August and 48 hours of grace.
#[derive(Default)]
struct Table {
    issues: Vec<ScheduledIssue>,
    unfinished: Vec<OpenCampaign>,
    finished: BTreeMap<Slug, String>,
    cancelled: BTreeSet<Slug>,
    switched_on_in: Option<TimeZone>,
}

/// A campaign that was interrupted, and may go on.
fn campaign(name: &str) -> OpenCampaign {
    OpenCampaign {
        slug: slug(name),
        path: format!("issues/{name}.md"),
        file: CampaignFile::Present,
        rest: None,
        stops: 0,
        why: None,
        was_tried: false,
    }
}

/// A campaign that rests until then.
fn resting(name: &str, until: &str, fault: Option<StopFault>) -> OpenCampaign {
    OpenCampaign { rest: Some(Rest { until: at(until), fault }), ..campaign(name) }
}

impl Table {
    fn with(issues: impl IntoIterator<Item = ScheduledIssue>) -> Self {
        Self { issues: issues.into_iter().collect(), ..Self::default() }
    }

    fn situation(&self, now: &str) -> Situation<'_> {
        Situation {
            issues: &self.issues,
            unfinished: &self.unfinished,
            finished: &self.finished,
            cancelled: &self.cancelled,
            switched_on_in: self.switched_on_in.as_ref(),
            mark: at(MARK),
            now: at(now),
            max_late: Duration::from_secs(48 * HOUR),
        }
    }

    /// What is done at that moment, in short words.
    fn action(&self, now: &str) -> String {
        match decide(&self.situation(now)).action {
            DueAction::Resume(slug) => format!("resume {slug}"),
            DueAction::Send(issue) => format!("send {}", issue.slug),
            DueAction::Wait(next) => format!("wait {}", next.map_or("-", |n| n.slug.as_str())),
            DueAction::Refuse(DueRefusal::SeveralDue(issues)) => {
                format!("several {}", names(&issues))
            }
            DueAction::Refuse(DueRefusal::SharedSlug(issues)) => {
                format!("shared {}", names(&issues))
            }
            DueAction::Refuse(DueRefusal::ClockNotSet { .. }) => "no clock".to_owned(),
            DueAction::Refuse(DueRefusal::ClockBeforeMark { .. }) => "clock".to_owned(),
            DueAction::Refuse(DueRefusal::RouteAtFault { issue, .. }) => {
                format!("route {}", issue.slug)
            }
        }
    }

    /// What is not resumed at that moment, and why, in short words.
    fn held(&self, now: &str) -> String {
        let decision = decide(&self.situation(now));
        let words = decision.held.iter().map(|(campaign, hold)| {
            let why = match hold {
                Hold::Draft => "draft",
                Hold::FileGone => "gone",
                Hold::PutOff { .. } => "put-off",
                Hold::Stopped { .. } => "stopped",
                Hold::RouteAtFault { .. } => "route",
            };
            format!("{} {why}", campaign.slug)
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// What is planned at that moment, in short words.
    fn planned(&self, now: &str) -> String {
        let decision = decide(&self.situation(now));
        let words = decision.planned.iter().map(|planned| match planned.put_aside {
            None => planned.issue.slug.to_string(),
            Some(PutAside::Draft) => format!("{} (draft)", planned.issue.slug),
            Some(PutAside::Cancelled) => format!("{} (cancelled)", planned.issue.slug),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn missed(&self, now: &str) -> String {
        names(&decide(&self.situation(now)).missed)
    }
}

fn names(issues: &[&ScheduledIssue]) -> String {
    issues.iter().map(|issue| issue.slug.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_date_is_due_at_the_time_of_day_in_the_zone() {
    for (date, due) in [
        (civil::date(2026, 8, 26), "2026-08-26T15:00:00Z"),
        (civil::date(2026, 12, 30), "2026-12-30T16:00:00Z"),
    ] {
        assert_eq!(due_time(Some(date), None, &berlin()), Ok(at(due)), "{date}");
    }
}

#[test]
fn skipped_times_move_on_and_doubled_ones_take_the_first() {
    let night = Timetable { time: civil::time(2, 30, 0, 0), ..berlin() };
    for (date, due) in [
        // On 29 March 2026 the clocks go from 02:00 to 03:00, so 02:30 is 03:30 CEST.
        (civil::date(2026, 3, 29), "2026-03-29T01:30:00Z"),
        (civil::date(2026, 3, 28), "2026-03-28T01:30:00Z"),
        (civil::date(2026, 3, 30), "2026-03-30T00:30:00Z"),
        // On 25 October 2026 they show 02:30 twice; the first is CEST.
        (civil::date(2026, 10, 25), "2026-10-25T00:30:00Z"),
        (civil::date(2026, 10, 26), "2026-10-26T01:30:00Z"),
    ] {
        assert_eq!(due_time(Some(date), None, &night), Ok(at(due)), "{date}");
    }
    assert_eq!(
        due_time(None, SendTime::parse("2026-03-29 02:30"), &berlin()),
        Ok(at("2026-03-29T01:30:00Z"))
    );
}

#[test]
fn the_front_matter_overrides_the_timetable() {
    let date = Some(civil::date(2026, 8, 26));
    for (send_at, due) in [
        ("2026-08-27 09:15", "2026-08-27T07:15:00Z"),
        ("2026-08-27T09:15", "2026-08-27T07:15:00Z"),
        ("2026-08-27 09:15:07", "2026-08-27T07:15:07Z"),
        ("2026-08-27T09:15:00Z", "2026-08-27T09:15:00Z"),
        ("2026-08-27T09:15:00-05:00", "2026-08-27T14:15:00Z"),
        ("2026-08-27 09:15:00+05:30", "2026-08-27T03:45:00Z"),
        // An offset is honoured even where the text is as long as one with seconds.
        ("2026-08-27 09:15-05", "2026-08-27T14:15:00Z"),
        ("2026-08-27 09:15+05", "2026-08-27T04:15:00Z"),
    ] {
        let time = SendTime::parse(send_at);
        assert_eq!(due_time(date, time, &berlin()), Ok(at(due)), "{send_at}");
        assert_eq!(due_time(None, time, &berlin()), Ok(at(due)), "{send_at}");
    }
}

#[test]
fn without_a_date_or_with_a_year_out_of_range_there_is_no_due_time() {
    assert_eq!(due_time(None, None, &berlin()), Err(NoDueTime::NoDate));
    let west = Timetable { time_zone: TimeZone::posix("XXX24").unwrap(), ..berlin() };
    assert_eq!(due_time(Some(civil::Date::MAX), None, &west), Err(NoDueTime::OutOfRange));
}

#[test]
fn a_weekday_moves_the_date_forward_to_it_and_never_back() {
    let wednesdays = Timetable { weekday: Some(civil::Weekday::Wednesday), ..berlin() };
    for (date, due) in [
        (civil::date(2026, 8, 25), "2026-08-26T15:00:00Z"),
        (civil::date(2026, 8, 26), "2026-08-26T15:00:00Z"),
        (civil::date(2026, 8, 27), "2026-09-02T15:00:00Z"),
    ] {
        assert_eq!(due_time(Some(date), None, &wednesdays), Ok(at(due)), "{date}");
    }
    assert_eq!(
        due_time(Some(civil::Date::MAX), None, &wednesdays),
        Err(NoDueTime::OutOfRange),
        "31 December 9999 is a Friday"
    );
}

#[test]
fn an_issue_is_sent_from_its_second_on_and_for_less_than_max_late() {
    let table = Table::with([issue("a", "2026-08-26T15:00:00Z")]);
    for (now, action, missed) in [
        ("2026-08-26T14:59:59Z", "wait a", ""),
        ("2026-08-26T14:59:59.999Z", "wait a", ""),
        ("2026-08-26T15:00:00Z", "send a", ""),
        ("2026-08-28T14:59:59Z", "send a", ""),
        ("2026-08-28T14:59:59.999Z", "send a", ""),
        ("2026-08-28T15:00:00Z", "wait -", "a"),
        ("2027-08-28T15:00:00Z", "wait -", "a"),
    ] {
        assert_eq!(table.action(now), action, "{now}");
        assert_eq!(table.missed(now), missed, "{now}");
    }
}

#[test]
fn what_was_due_by_the_mark_is_history() {
    let now = "2026-08-01T10:00:00Z";
    for (due, action) in [
        ("2026-07-31T23:59:59Z", "wait -"),
        ("2026-08-01T00:00:00Z", "wait -"),
        ("2026-08-01T00:00:01Z", "send a"),
    ] {
        let table = Table::with([issue("a", due)]);
        assert_eq!(table.action(now), action, "{due}");
        assert_eq!(table.missed("2026-09-01T00:00:00Z").is_empty(), action == "wait -", "{due}");
    }
}

#[test]
fn a_clock_before_the_mark_sends_and_resumes_nothing() {
    let mut table = Table::with([issue("a", "2026-08-26T15:00:00Z")]);
    assert_eq!(table.action("2026-07-31T23:59:59Z"), "clock");
    assert_eq!(table.action(MARK), "wait a");
    table.unfinished.push(campaign("b"));
    assert_eq!(table.action("2026-07-30T00:00:00Z"), "clock");
}

#[test]
fn a_clock_that_was_never_set_decides_nothing() {
    let mut table = Table::with([issue("a", "2026-08-26T15:00:00Z")]);
    table.unfinished.push(campaign("b"));
    for now in ["1970-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2019-12-31T23:59:59Z"] {
        assert_eq!(table.action(now), "no clock", "{now}");
    }
    assert!(is_set("2020-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn two_due_at_once_are_refused_by_name_until_one_is_sent() {
    let mut table = Table::with([
        issue("b", "2026-08-27T15:00:00Z"),
        issue("a", "2026-08-26T15:00:00Z"),
        issue("c", "2026-09-02T15:00:00Z"),
    ]);
    let now = "2026-08-27T16:00:00Z";
    assert_eq!(table.action("2026-08-26T16:00:00Z"), "send a");
    assert_eq!(table.action(now), "several a b");
    table.finished.insert(slug("a"), "issues/a.md".into());
    assert_eq!(table.action(now), "send b");
    table.finished.insert(slug("b"), "issues/b.md".into());
    assert_eq!(table.action(now), "wait c");
    // When the first has become too late, it is missed, and the second is the only one due.
    table.finished.clear();
    assert_eq!(table.action("2026-08-28T15:00:00Z"), "send b");
    assert_eq!(table.missed("2026-08-28T15:00:00Z"), "a");
}

#[test]
fn drafts_and_sent_issues_are_neither_due_nor_missed_nor_next() {
    let draft = ScheduledIssue { draft: true, ..issue("draft", "2026-08-26T15:00:00Z") };
    let mut table = Table::with([draft, issue("sent", "2026-08-26T15:00:00Z")]);
    table.finished.insert(slug("sent"), "issues/sent.md".into());
    for now in ["2026-08-26T14:00:00Z", "2026-08-26T16:00:00Z", "2026-09-26T16:00:00Z"] {
        assert_eq!(table.action(now), "wait -", "{now}");
        assert_eq!(table.missed(now), "", "{now}");
    }
}

#[test]
fn an_unfinished_campaign_comes_first_and_the_one_that_was_frozen_first() {
    let mut table = Table::with([
        issue("a", "2026-08-20T15:00:00Z"),
        issue("b", "2026-08-26T15:00:00Z"),
        issue("old", "2026-08-05T15:00:00Z"),
    ]);
    table.unfinished = vec![campaign("first"), campaign("a")];
    let now = "2026-08-26T16:00:00Z";
    assert_eq!(table.action(now), "resume first");
    assert_eq!(table.held(now), "");
    table.unfinished[0].was_tried = true;
    assert_eq!(table.action(now), "resume a");
    assert_eq!(table.missed(now), "old", "what is under way is late, and not missed");
    table.unfinished.clear();
    table.finished.extend(["first", "a"].map(|name| (slug(name), format!("issues/{name}.md"))));
    assert_eq!(table.action(now), "send b");
}

#[test]
fn an_issue_whose_slug_another_file_has_is_refused() {
    let twin = ScheduledIssue {
        path: "issues/copy.md".to_owned(),
        draft: true,
        ..issue("a", "2026-09-26T15:00:00Z")
    };
    let table = Table::with([issue("a", "2026-08-26T15:00:00Z"), twin]);
    assert_eq!(table.action("2026-08-26T16:00:00Z"), "shared a a");
}

#[test]
fn an_issue_whose_slug_another_file_was_sent_as_is_refused_and_a_renamed_one_is_sent() {
    let second = ScheduledIssue {
        path: "issues/second.md".to_owned(),
        ..issue("a", "2026-08-26T15:00:00Z")
    };
    let mut table = Table::with([issue("a", "2026-08-19T15:00:00Z"), second.clone()]);
    table.finished.insert(slug("a"), "issues/a.md".into());
    assert_eq!(table.action("2026-08-26T14:00:00Z"), "wait a");
    assert_eq!(table.action("2026-08-26T16:00:00Z"), "shared a a");
    assert_eq!(table.missed("2026-08-29T16:00:00Z"), "a");
    table.issues = vec![second];
    assert_eq!(table.action("2026-08-26T16:00:00Z"), "wait -");
}

#[test]
fn an_issue_without_a_due_time_is_named_and_does_not_hold_up_the_others() {
    let undated = |name, draft| ScheduledIssue {
        draft,
        due: Err(NoDueTime::NoDate),
        ..issue(name, "2026-08-26T15:00:00Z")
    };
    let mut table = Table::with([
        undated("x", false),
        undated("y", true),
        undated("z", false),
        issue("a", "2026-08-26T15:00:00Z"),
    ]);
    table.finished.insert(slug("z"), "issues/z.md".into());
    let now = "2026-08-26T16:00:00Z";
    assert_eq!(table.action(now), "send a");
    let decision = decide(&table.situation(now));
    let named: Vec<_> = decision.undated.iter().map(|(issue, _)| issue.slug.as_str()).collect();
    assert_eq!(named, ["x"]);
}

#[test]
fn the_order_of_the_files_decides_nothing() {
    let mut issues = vec![
        issue("a", "2026-08-26T15:00:00Z"),
        issue("b", "2026-08-26T15:00:00Z"),
        issue("m", "2026-08-03T15:00:00Z"),
        issue("l", "2026-08-04T15:00:00Z"),
        issue("next", "2026-09-02T15:00:00Z"),
    ];
    let now = "2026-08-26T16:00:00Z";
    for _ in 0..issues.len() {
        issues.rotate_left(1);
        let table = Table::with(issues.clone());
        assert_eq!(table.action(now), "several a b");
        assert_eq!(table.missed(now), "m l");
    }
}

#[test]
fn limits_of_time_do_not_panic() {
    let table = Table::with([issue("a", "2026-08-26T15:00:00Z")]);
    for (now, mark, max_late) in [
        (Timestamp::MAX, Timestamp::MIN, Duration::MAX),
        (Timestamp::MAX, Timestamp::MIN, Duration::ZERO),
        (Timestamp::MIN, Timestamp::MAX, Duration::MAX),
    ] {
        let situation = Situation { now, mark, max_late, ..table.situation(MARK) };
        let _ = decide(&situation);
    }
    let never = Situation { max_late: Duration::ZERO, ..table.situation("2026-08-26T15:00:00Z") };
    assert_eq!(decide(&never).action, DueAction::Wait(None));
}

#[test]
fn what_holds_a_campaign_and_what_goes_on_meanwhile() {
    let (now, later) = ("2026-08-26T16:00:00Z", "2026-08-26T17:00:00Z");
    let route = Some(StopFault::Route);
    let put_off = |name| resting(name, later, None);
    let stopped = |name| resting(name, later, route);
    let of_file = |file, campaign| OpenCampaign { file, ..campaign };
    use CampaignFile::{Draft, Gone};
    // campaigns in the order of their freeze: what is done while an issue is due, what is held
    for (unfinished, action, held) in [
        (vec![], "send due", ""),
        (vec![put_off("a")], "send due", "a put-off"),
        (vec![put_off("a"), campaign("b")], "resume b", "a put-off"),
        (vec![stopped("a")], "route due", "a stopped"),
        (vec![stopped("a"), campaign("b")], "route due", "a stopped, b route"),
        (vec![campaign("b"), stopped("a")], "route due", "b route, a stopped"),
        (vec![resting("a", later, Some(StopFault::Issue))], "send due", "a stopped"),
        (vec![of_file(Draft, campaign("a"))], "send due", "a draft"),
        (vec![of_file(Gone, campaign("a")), campaign("b")], "resume b", "a gone"),
        // Nobody goes on with them, so they do not hold the route either.
        (vec![of_file(Draft, stopped("a")), campaign("b")], "resume b", "a draft"),
        (vec![of_file(Gone, stopped("a"))], "send due", "a gone"),
    ] {
        let table = Table { unfinished, ..Table::with([issue("due", "2026-08-26T15:00:00Z")]) };
        assert_eq!((table.action(now).as_str(), table.held(now).as_str()), (action, held));
    }
}

#[test]
fn a_campaign_goes_on_at_its_time_and_of_several_that_were_stopped_one_at_the_last_time() {
    let route = Some(StopFault::Route);
    let (one, four) = ("2026-08-26T17:00:00Z", "2026-08-26T20:00:00Z");
    let mut table = Table::with([]);
    table.unfinished = vec![resting("a", one, route), resting("b", four, route)];
    for (now, action, held) in [
        ("2026-08-26T16:59:59Z", "wait -", "a stopped, b stopped"),
        ("2026-08-26T17:00:00Z", "wait -", "a route, b stopped"),
        ("2026-08-26T20:00:00Z", "resume a", ""),
    ] {
        assert_eq!((table.action(now).as_str(), table.held(now).as_str()), (action, held), "{now}");
    }
    // It was stopped again, and the other is not tried in the same run.
    table.unfinished[0] =
        OpenCampaign { was_tried: true, ..resting("a", "2026-08-26T20:15:00Z", route) };
    assert_eq!(table.action(four), "wait -");
    assert_eq!(table.held(four), "a stopped, b route");
}

#[test]
fn an_issue_is_missed_also_while_a_campaign_rests() {
    let mut table = Table::with([issue("m", "2026-08-20T15:00:00Z")]);
    for fault in [None, Some(StopFault::Route), Some(StopFault::Issue)] {
        table.unfinished = vec![resting("a", "2026-08-26T17:00:00Z", fault)];
        assert_eq!(table.missed("2026-08-26T16:00:00Z"), "m", "{fault:?}");
    }
}

#[test]
fn the_run_that_switches_scheduling_on_names_what_was_due_earlier_that_day() {
    // The mark is 02:00 of 1 August in Berlin.
    let names_of = |zone: Option<TimeZone>| {
        let mut table = Table::with([
            issue("yesterday", "2026-07-31T21:59:59Z"),
            issue("midnight", "2026-07-31T22:00:00Z"),
            issue("at-the-mark", MARK),
            issue("later", "2026-08-01T09:00:00Z"),
            ScheduledIssue { draft: true, ..issue("draft", "2026-07-31T23:00:00Z") },
            issue("sent", "2026-07-31T23:00:00Z"),
        ]);
        table.finished.insert(slug("sent"), "issues/sent.md".into());
        table.switched_on_in = zone;
        names(&decide(&table.situation(MARK)).too_early)
    };
    assert_eq!(names_of(Some(berlin().time_zone)), "midnight at-the-mark");
    assert_eq!(names_of(None), "");
}

#[test]
fn the_plan_ends_with_the_first_issue_that_will_be_sent() {
    let draft = |name, due| ScheduledIssue { draft: true, ..issue(name, due) };
    let mut table = Table::with([
        draft("missed-draft", "2026-08-20T15:00:00Z"),
        draft("ready-soon", "2026-08-26T15:00:00Z"),
        issue("called-off", "2026-08-26T15:30:00Z"),
        issue("under-way", "2026-08-26T15:40:00Z"),
        issue("due", "2026-08-26T15:50:00Z"),
        draft("idea", "2026-09-02T15:00:00Z"),
        issue("next", "2026-09-09T15:00:00Z"),
        issue("after", "2026-09-16T15:00:00Z"),
    ]);
    table.unfinished = vec![campaign("under-way")];
    table.finished.insert(slug("called-off"), "issues/called-off.md".into());
    table.cancelled.insert(slug("called-off"));
    assert_eq!(
        table.planned("2026-08-26T16:00:00Z"),
        "ready-soon (draft), called-off (cancelled), due, idea (draft), next"
    );
    assert_eq!(table.planned("2026-09-10T16:00:00Z"), "next, after");
}
