//! The dates of a plan, a line a plan with its dates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

#[path = "support/table.rs"]
mod table;

use celcombiller::domain::calendar::Calendar;
use celcombiller::domain::plan::{Draft, DraftEnd, End, Plan, PlanError};
use celcombiller::domain::time::Timestamp;
use jiff::civil::Date;
use table::table;

/// Returns dates with blanks between them.
fn listed(dates: impl Iterator<Item = Date>) -> String {
    dates.map(|date| date.to_string()).collect::<Vec<_>>().join(" ")
}

/// Reads what an operator says: `day=31 month=1 count=4`.
fn draft(text: &str) -> Draft {
    let mut draft = Draft { gift: Some("credit=5".parse().unwrap()), ..Draft::default() };
    for word in text.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "day" => draft.day = Some(value.parse().unwrap()),
            "month" => draft.month = Some(value.parse().unwrap()),
            "year" => draft.year = Some(value.parse().unwrap()),
            "every" => draft.every = Some(value.parse().unwrap()),
            "count" => draft.end = Some(DraftEnd::At(End::Count(value.parse().unwrap()))),
            "until" => draft.end = Some(DraftEnd::At(End::Until(value.parse().unwrap()))),
            "open" => draft.end = Some(DraftEnd::At(End::Open)),
            "extend" => draft.end = Some(DraftEnd::Extend(value.parse().unwrap())),
            "expires" => draft.expires = Some(true),
            "zone" => draft.calendar = Some(Calendar::named(value).unwrap()),
            _ => panic!("{word}"),
        }
    }
    draft
}

fn noon(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn plan(now: &str, text: &str) -> Result<Plan, PlanError> {
    Plan::of(&draft(text), &Calendar::named("UTC").unwrap(), noon(now))
}

#[test]
fn a_plan_has_its_dates() {
    table(
        "
        2026-11-21 | day=1 month=1 year=2027 count=3 -> 2027-01-01 2027-02-01 2027-03-01
        2026-11-21 | day=31 month=1 year=2027 count=5 -> 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31
        2026-11-21 | day=30 month=1 year=2028 count=3 -> 2028-01-30 2028-02-29 2028-03-30
        2026-11-21 | day=29 month=1 year=2027 count=3 -> 2027-01-29 2027-02-28 2027-03-29
        2026-11-21 | day=31 month=12 year=2026 count=3 -> 2026-12-31 2027-01-31 2027-02-28
        2026-11-21 | day=21 count=1 -> 2026-11-21
        2026-11-21 | day=22 count=1 -> 2026-11-22
        2026-11-21 | day=20 count=1 -> 2026-12-20
        2026-11-21 | day=31 count=2 -> 2026-11-30 2026-12-31
        2027-01-31 | day=30 count=2 -> 2027-02-28 2027-03-30
        2026-11-21 | day=5 month=11 count=1 -> 2027-11-05
        2026-11-21 | day=5 month=12 count=1 -> 2026-12-05
        2026-11-21 | day=29 month=2 count=2 -> 2028-02-29 2028-03-29
        2026-11-21 | count=2 -> 2026-11-21 2026-12-21
        2026-11-21 | every=day count=3 -> 2026-11-21 2026-11-22 2026-11-23
        2026-11-21 | every=week count=3 -> 2026-11-21 2026-11-28 2026-12-05
        2026-11-21 | day=28 every=week until=2026-12-12 -> 2026-11-28 2026-12-05 2026-12-12
        2026-11-21 | day=28 every=week until=2026-12-11 -> 2026-11-28 2026-12-05
        2026-11-21 | day=31 until=2027-03-01 -> 2026-11-30 2026-12-31 2027-01-31 2027-02-28
        ",
        |line| {
            let (now, text) = line.split_once('|').unwrap();
            let plan = plan(now.trim(), text).unwrap();
            assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan, "a plan is read as it was written");
            listed(plan.dates())
        },
    );
}

#[test]
fn what_is_no_plan_is_refused_with_the_value() {
    table(
        "
        day=30 month=2 year=2027 count=1 -> there is no day 30 in month 2
        day=30 month=2 count=1 -> there is no day 30 in month 2
        day=29 month=2 year=2027 count=1 -> there is no day 29 in month 2
        day=31 month=4 count=1 -> there is no day 31 in month 4
        day=1 -> a plan needs an end: a count, a last date, or that it is open-ended
        day=1 extend=3 -> the plan has no count of dates that could be extended
        day=1 count=0 -> a plan has 1 to 10000 dates, not 0
        day=1 count=10001 -> a plan has 1 to 10000 dates, not 10001
        day=1 month=1 year=9990 count=200 -> 200 dates from 9990-01-01 on go beyond the calendar
        day=1 every=day until=9999-01-01 -> a plan until 9999-01-01 has more than 10000 dates
        day=1 until=2026-11-30 -> a plan that ends on 2026-11-30 has no date: its first is 2026-12-01
        ",
        |text| plan("2026-11-21", text).unwrap_err().to_string(),
    );
    let nothing = Draft { gift: None, ..draft("count=1") };
    let local = Calendar::named("UTC").unwrap();
    assert_eq!(Plan::of(&nothing, &local, noon("2026-11-21")), Err(PlanError::NoGift));
}

#[test]
fn without_an_end_a_plan_goes_on() {
    let plan = plan("2026-11-21", "day=31 open").unwrap();
    assert!(!plan.ends());
    let far = "2400-01-30".parse().unwrap();
    assert_eq!(listed(plan.to_come(far).take(2)), "2400-01-31 2400-02-29");
}

#[test]
fn a_change_is_for_the_dates_to_come() {
    // Made on 1 November for the tenth of four months; changed later, after something was given for some date.
    table(
        "
        2026-11-05 | never      | count=2         -> 2026-11-10 2026-12-10
        2026-11-05 | never      | extend=1        -> 2026-11-10 2026-12-10 2027-01-10 2027-02-10 2027-03-10
        2026-11-10 | never      | count=2         -> 2026-11-10 2026-12-10
        2026-11-10 | 2026-11-10 | count=2         -> 2026-12-10 2027-01-10
        2026-11-21 | 2026-11-10 | extend=1        -> 2026-12-10 2027-01-10 2027-02-10 2027-03-10
        2026-11-21 | 2026-12-10 | extend=1        -> 2027-01-10 2027-02-10 2027-03-10
        2026-11-21 | 2026-11-10 | day=31          -> 2026-11-30 2026-12-31 2027-01-31
        2026-11-21 | 2026-11-10 | day=15 month=1  -> 2027-01-15 2027-02-15 2027-03-15
        2026-11-21 | 2026-11-10 | every=week      -> 2026-12-10 2026-12-17 2026-12-24
        2026-11-21 | 2026-11-10 | day=23 every=day count=2 -> 2026-11-23 2026-11-24
        2026-11-21 | 2026-11-10 | until=2027-01-01 -> 2026-12-10
        2027-06-01 | 2027-02-10 | extend=2        -> 2027-06-10 2027-07-10
        2026-11-21 | 2026-11-10 | zone=Europe/Berlin -> 2026-11-10 2026-12-10 2027-01-10 2027-02-10
        ",
        |line| {
            let [now, given, text] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{line}") };
            let plan = plan("2026-11-01", "day=10 count=4").unwrap();
            listed(plan.changed(&draft(text), noon(now), given.parse().ok()).unwrap().dates())
        },
    );
    let plan = plan("2026-11-01", "day=31 open").unwrap();
    let extended = plan.changed(&draft("extend=1"), noon("2026-11-02"), None);
    assert_eq!(extended, Err(PlanError::NotCounted));
    let monthly = plan.changed(&draft("count=3"), noon("2027-02-01"), None).unwrap();
    assert_eq!(listed(monthly.dates()), "2027-02-28 2027-03-31 2027-04-30", "the day is not forgotten");
}

#[test]
fn a_date_is_due_from_midnight_on_where_the_plan_is() {
    let plan = plan("2026-11-21", "day=1 month=4 year=2027 count=1 zone=America/Sao_Paulo").unwrap();
    let due = |now: &str| {
        listed({
            let today = plan.today(now.parse().unwrap()).unwrap();
            plan.due(today, today)
        })
    };
    assert_eq!(due("2027-04-01T02:59:59Z"), "");
    assert_eq!(due("2027-04-01T03:00:00Z"), "2027-04-01");
    let over = plan.end_of("2027-04-01".parse().unwrap()).unwrap();
    assert_eq!(over.to_string(), "2027-04-02T03:00:00Z");
    let later = "2028-01-01".parse().unwrap();
    assert_eq!(listed(plan.clone().done_up_to("2027-04-01".parse().unwrap()).due(later, later)), "");
}

#[test]
fn what_expires_ends_at_midnight_of_the_next_date() {
    table(
        "
        day=31 count=3 expires | 2026-11-30 -> bonus=5 ends=2026-12-31T00:00:00Z
        day=31 count=1 expires | 2026-11-30 -> bonus=5 ends=2026-12-31T00:00:00Z
        every=week open expires zone=Europe/Berlin | 2026-11-28 -> bonus=5 ends=2026-12-04T23:00:00Z
        every=day open | 2026-11-28 -> credit=5
        ",
        |line| {
            let (text, date) = line.split_once('|').unwrap();
            plan("2026-11-21", text).unwrap().gift_on(date.trim().parse().unwrap()).unwrap().to_string()
        },
    );
    let mut bundle = draft("day=31 count=1 expires");
    let local = Calendar::named("UTC").unwrap();
    let on = |draft: &Draft| {
        let plan = Plan::of(draft, &local, noon("2026-11-21"))?;
        assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan);
        plan.gift_on(plan.first()).map(|gift| gift.to_string())
    };
    bundle.gift = Some("minutes=10 to=34".parse().unwrap());
    assert_eq!(on(&bundle).unwrap(), "seconds=600 to=34 ends=2026-12-31T00:00:00Z");
    bundle.gift = Some("minutes=10 days=30".parse().unwrap());
    assert_eq!(on(&bundle), Err(PlanError::TwoEnds("seconds=600 days=30".to_owned())));
}

#[test]
fn what_would_have_ended_already_is_not_due() {
    let plan = plan("2026-11-21", "day=1 open expires").unwrap();
    let due = |by: &str, today: &str| listed(plan.due(by.parse().unwrap(), today.parse().unwrap()));
    assert_eq!(due("2027-02-28", "2027-02-28"), "2027-02-01");
    assert_eq!(due("2027-03-01", "2027-02-28"), "2027-02-01 2027-03-01", "also when the next is given early");
    assert_eq!(due("2027-03-01", "2027-03-01"), "2027-03-01");
}

#[test]
fn dates_before_a_plan_was_made_are_never_due() {
    let plan = plan("2026-11-21", "day=1 month=1 year=2020 count=1000").unwrap();
    let by = "2027-01-01".parse().unwrap();
    assert_eq!(listed(plan.due(by, by)), "2026-12-01 2027-01-01");
}

#[test]
fn a_text_that_is_no_plan_is_refused() {
    let right = "first=2026-11-30 every=month:31 count=12 zone=Europe/Berlin done=2026-11-20 gives credit=5";
    assert_eq!(right.parse::<Plan>().unwrap().to_string(), right);
    for (from, to) in [
        ("every=month:31", "every=month"),
        ("every=month:31", "every=month:32"),
        ("every=month:31", "every=month:28"),
        ("every=month:31", "every=year"),
        ("count=12", "count=0"),
        ("count=12", "count=12 until=2027-01-01"),
        ("Berlin", "Bern"),
        ("first=2026-11-30", "first=2026-11-31"),
        (" done=2026-11-20", ""),
        ("credit=5", "credit=0"),
        (" gives credit=5", ""),
    ] {
        let wrong = right.replace(from, to);
        assert!(wrong.parse::<Plan>().is_err(), "{wrong}");
    }
}
