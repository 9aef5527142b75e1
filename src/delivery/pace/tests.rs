use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Sends to a relay by a clock of its own. The relay says at each moment what it
/// answers; a message takes no time, and one message is under way at a time.
struct Scene {
    pace: Pace,
    now: Duration,
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    /// The most by which a timer is late.
    latest: Duration,
}

impl Scene {
    fn new(connections: usize, rate: Option<SendRate>) -> Self {
        let pace = Pace::new(connections, rate);
        let (now, latest) = (Duration::ZERO, Duration::ZERO);
        Self { pace, now, accepted: Vec::new(), refused: Vec::new(), latest }
    }

    /// Sends until so many were accepted, or the time is over.
    fn send(
        &mut self,
        messages: usize,
        longest: Duration,
        mut relay: impl FnMut(Duration) -> Option<Meaning>,
    ) {
        while self.accepted.len() < messages && self.now < longest {
            let at = match self.pace.ask(self.now) {
                Permit::At(at) => {
                    let tries = self.accepted.len() + self.refused.len();
                    self.now = at + self.latest * (tries as u32 * 7 % 10) / 9;
                    continue;
                }
                Permit::Go => self.now,
            };
            let begun = self.now;
            self.now += Duration::from_millis(1);
            match relay(at) {
                None => {
                    self.accepted.push(at);
                    self.pace.accept(self.now);
                }
                Some(meaning) => {
                    self.refused.push(at);
                    self.pace.refuse(meaning, begun, self.now);
                }
            }
        }
    }

    fn refused_within(&self, time: Duration) -> usize {
        self.refused.iter().filter(|at| **at < time).count()
    }
}

/// A relay that takes so many messages in a second, and so many at once.
fn bucket(per_second: f64, burst: f64) -> impl FnMut(Duration) -> Option<Meaning> {
    let (mut tokens, mut last) = (burst, Duration::ZERO);
    move |at| {
        tokens = (tokens + (at - last).as_secs_f64() * per_second).min(burst);
        last = at;
        if tokens < 1.0 {
            return Some(Meaning::Rate);
        }
        tokens -= 1.0;
        None
    }
}

#[test]
fn without_a_limit_nothing_waits() {
    let mut scene = Scene::new(4, None);
    scene.send(1000, Duration::from_secs(60), |_| None);
    assert_eq!(scene.now, Duration::from_secs(1));
}

#[test]
fn the_rate_that_a_relay_takes_is_found() {
    // A limit of 14 a second, with a burst of 14 (as Amazon SES has it) and without.
    let (punctual, late) = (Duration::ZERO, Duration::from_millis(10));
    for (burst, latest) in [(14.0, punctual), (14.0, late), (1.0, punctual), (1.0, late)] {
        let mut scene = Scene::new(4, None);
        scene.latest = latest;
        scene.send(600, Duration::from_secs(600), bucket(14.0, burst));
        let least = (600.0 - burst) / 14.0;
        let took = scene.now.as_secs_f64();
        assert!(took <= 1.3 * least, "burst {burst}, {latest:?} late: {took} s, at least {least}");
        let share = scene.refused.len() as f64 / (600 + scene.refused.len()) as f64;
        assert!(share <= 0.03, "burst {burst}, {latest:?} late: {} refused", scene.refused.len());
    }
}

#[test]
fn a_relay_that_is_busy_from_the_start_is_asked_at_most_ten_times_in_a_minute() {
    for meaning in [Meaning::Server, Meaning::Rate, Meaning::Quota, Meaning::Connections] {
        let mut scene = Scene::new(4, None);
        scene.send(1, Duration::from_secs(3600), |_| Some(meaning));
        assert!(scene.refused_within(60 * SECOND) <= 10, "{meaning:?}: {:?}", scene.refused);
        let waits: Vec<_> = scene.refused.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.is_sorted(), "{waits:?}");
    }
}

#[test]
fn a_relay_that_refuses_after_a_while_is_asked_less_and_less_and_then_at_the_old_rate() {
    let mut scene = Scene::new(4, None);
    let outage = 1..600;
    let relay = |at: Duration| outage.contains(&at.as_secs()).then_some(Meaning::Rate);
    scene.send(3000, Duration::from_secs(7200), relay);
    assert!(scene.refused.len() < 20, "{:?}", scene.refused);
    assert_eq!(scene.accepted.len(), 3000);
    assert!(scene.now < Duration::from_secs(1200), "{:?}", scene.now);
}

#[test]
fn a_quota_is_asked_after_once_an_hour() {
    let mut scene = Scene::new(4, None);
    let mut day = (0, 0);
    let relay = |at: Duration| {
        let today = at.as_secs() / (24 * 3600);
        if day.0 != today {
            day = (today, 0);
        }
        day.1 += 1;
        (day.1 > 200).then_some(Meaning::Quota)
    };
    scene.send(700, Duration::from_secs(30 * 24 * 3600), relay);
    let took = scene.now;
    assert!(took < Duration::from_secs((3 * 24 + 2) * 3600), "{took:?}");
    assert!(scene.refused.len() < 4 * 40, "{}", scene.refused.len());
}

#[test]
fn one_message_that_is_refused_among_others_costs_no_pause() {
    for meaning in [Meaning::Server, Meaning::Quota, Meaning::Connections] {
        let mut scene = Scene::new(4, None);
        let mut count = 0;
        scene.send(100, Duration::from_secs(60), |_| {
            count += 1;
            (count == 50).then_some(meaning)
        });
        let took = scene.now;
        assert!(took < Duration::from_secs(30), "{meaning:?}: {took:?}");
    }
}

#[test]
fn a_configured_rate_is_kept() {
    let rate = SendRate { messages: NonZeroU32::new(600).unwrap(), per: Duration::from_secs(60) };
    let mut scene = Scene::new(4, Some(rate));
    scene.send(101, Duration::from_secs(600), |_| None);
    let took = scene.now.as_millis();
    assert!((10_000..10_100).contains(&took), "{took} ms");
}

#[test]
fn messages_that_were_under_way_say_nothing_new() {
    let now = Duration::ZERO;
    let mut pace = Pace::new(8, None);
    pace.accept(now);
    for _ in 0..7 {
        pace.refuse(Meaning::Server, now, now + SECOND);
    }
    assert_eq!(pace.held_until(now + SECOND), None);
    assert_eq!(pace.refusals, 1);
}

#[test]
fn a_run_opens_up_after_the_first_acceptance_and_narrows_when_it_pauses() {
    let now = Duration::ZERO;
    let mut pace = Pace::new(8, None);
    assert_eq!(pace.width(now), 1);
    // A first message without a reply does not hold up the others for long.
    assert_eq!(pace.width(now + LONGEST_ALONE), 8);
    let widths: Vec<_> = (0..4)
        .map(|_| {
            pace.accept(now);
            pace.width(now)
        })
        .collect();
    assert_eq!(widths, [2, 4, 8, 8]);
    pace.refuse(Meaning::Connections, now, now);
    assert_eq!(pace.width(now), 7);
    let mut at = now;
    for _ in 0..=WITHOUT_PAUSE {
        at += SECOND;
        pace.refuse(Meaning::Server, at, at);
    }
    assert_eq!((pace.width(at), pace.held_until(at)), (1, Some(at + SECOND * 2)));
}
