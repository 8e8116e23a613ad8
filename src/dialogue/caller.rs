//! The caller's program: authorise, dial within the grant, settle.

use std::io::{BufRead, Write};

use super::books::{Ledger, tell};
use super::decisions::{self, Parties, Pending};
use super::ending::Ending;
use super::{announce, policy, variables};
use crate::agi::session::Session;
use crate::agi::wire::{Environment, Reply, WireError};
use crate::billing::{self, BillingError};
use crate::config::{Config, ConfigError, Limit};
use crate::domain::account::{Caller, Language};
use crate::domain::announcement::{Sound, Utterance};
use crate::domain::call::{Authorisation, CallId, CallRequest, Denial, Grant};
use crate::domain::dialling::{DialFacts, DialString};
use crate::domain::money::Money;
use crate::domain::numbering::Dialled;
use crate::domain::outcome::{CallReport, Disposition, Witness};
use crate::domain::rate::TalkTime;
use crate::host::Clock;
use crate::store::Role;

/// The dialplan's context that stamps the callee's answer, where the operator has installed it.
const ANSWER_STAMP: &str = "celcombiller-answered";

/// What the dialplan asked for in `AGI(celcombiller_caller,…)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Stop before Dial and leave dialling to the dialplan.
    authorise_only: bool,
    /// The number, where it is not the extension.
    to: Option<String>,
    /// The user whose balance is told, and nothing else done.
    balance_of: Option<String>,
    /// The sound before it.
    prompt: Option<Sound>,
}

/// An argument that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown argument `{0}`: expected authorise, to=NUMBER, balance=USER or prompt=SOUND")]
pub struct ArgumentError(String);

impl Arguments {
    /// Reads the program's arguments; each is one, whatever it holds.
    ///
    /// # Errors
    /// One is none of ours.
    pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, ArgumentError> {
        arguments.into_iter().filter(|argument| !argument.is_empty()).try_fold(Self::default(), |read, argument| {
            match argument.split_once('=') {
                None if argument == "authorise" => Ok(Self { authorise_only: true, ..read }),
                Some(("to", number)) => Ok(Self { to: Some(number.to_owned()), ..read }),
                Some(("balance", user)) => Ok(Self { balance_of: Some(user.to_owned()), ..read }),
                Some(("prompt", sound)) => match Sound::try_from(sound.to_owned()) {
                    Ok(sound) => Ok(Self { prompt: Some(sound), ..read }),
                    Err(_) => Err(ArgumentError(argument.escape_debug().to_string())),
                },
                _ => Err(ArgumentError(argument.escape_debug().to_string())),
            }
        })
    }
}

/// Talks with Asterisk about one call, from the environment block to the charge.
///
/// # Errors
/// The environment block is not Asterisk's, or the pipe failed before anything was dialled.
pub fn run<R: BufRead, W: Write>(
    (input, output): (R, W),
    arguments: Result<Arguments, ArgumentError>,
    config: Result<Config, ConfigError>,
    clock: &impl Clock,
) -> Result<(), WireError> {
    let (session, environment) = Session::begin(input, output)?;
    let dialled = environment.extension.clone();
    let mut talk = Talk { session, environment, dialled, clock, language: None, in_seconds: false };
    // A configuration that cannot be used as a whole may still say which numbers are free.
    let (config, broken) = match config {
        Ok(config) => (config, None),
        Err(error) => (error.rescue(), Some(error.to_string())),
    };
    if let Some(fact) = &broken {
        tell(fact);
    }
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => {
            tell(&format!("a call is refused: {error}"));
            return talk.refuse(None, Denial::Unavailable, &error.to_string());
        }
    };
    match (&arguments.balance_of, &broken) {
        (Some(user), None) => return talk.tell_balance(&config, user, arguments.prompt.as_ref()),
        (Some(_), Some(fact)) => return talk.refuse(None, Denial::Unavailable, fact),
        (None, _) => {}
    }
    if let Some(number) = arguments.to {
        talk.dialled = number;
    }
    let dialled: Dialled = match talk.dialled.parse() {
        Ok(dialled) => dialled,
        Err(error) => return talk.refuse(Some(&config), Denial::InvalidNumber, &format!("{error}")),
    };
    if let Dialled::Number(number) = &dialled {
        // Decided before the books are opened: no balance, lock or disk stands between a caller and help.
        if config.free.numbers.contains(number) {
            let facts = DialFacts { number: Some(number.as_str()), ..DialFacts::default() };
            return match config.free_dial().and_then(|template| template.dial_string(&facts)) {
                Some(dial) => talk.dial_free(&config, &dial, arguments.authorise_only),
                None => talk.refuse(Some(&config), Denial::NoRoute, &format!("nothing reaches the free {number}")),
            };
        }
        if let Some(prefix) = config.calls.blocks(number) {
            let fact = format!("{number} begins with the blocked {prefix}");
            return talk.refuse(Some(&config), Denial::BlockedNumber, &fact);
        }
    }
    match broken {
        None => talk.prepaid(&config, dialled, arguments.authorise_only),
        Some(fact) => talk.refuse(None, Denial::Unavailable, &fact),
    }
}

struct Talk<'a, R, W, C> {
    session: Session<R, W>,
    environment: Environment,
    /// What was asked for.
    dialled: String,
    clock: &'a C,
    /// The language of the account, once that is known and where it has one.
    language: Option<Language>,
    /// Whether balances are talk time; known where one is told.
    in_seconds: bool,
}

/// What the channel is like before the dial.
struct Channel {
    is_up: bool,
    /// Seconds until it is hung up anyway; 0 for never.
    hangs_up_in: u32,
    stamps_answers: bool,
    /// Where a call file connects the callee to.
    then: Option<Dialled>,
    last: Ending,
}

impl Channel {
    /// Returns the seconds until it is hung up anyway, when so many have passed; `None` for never.
    fn hangs_up_in_after(&self, seconds: u64) -> Option<u32> {
        let passed = u32::try_from(seconds).unwrap_or(u32::MAX);
        (self.hangs_up_in != 0).then(|| self.hangs_up_in.saturating_sub(passed).max(1))
    }
}

/// What became of one dial.
struct DialEnd {
    ending: Ending,
    /// How long it took, rounded up.
    millis: u64,
    /// Whether the caller was still there.
    caller_stays: bool,
}

impl DialEnd {
    fn may_go_on(&self) -> bool {
        self.caller_stays && self.ending.did_not_reach()
    }
}

impl<R: BufRead, W: Write, C: Clock> Talk<'_, R, W, C> {
    fn prepaid(&mut self, config: &Config, dialled: Dialled, authorise_only: bool) -> Result<(), WireError> {
        let Some(longest) = config.calls.max_talk_time() else {
            return self.refuse(Some(config), Denial::Unavailable, "[calls] max_seconds is zero");
        };
        let channel = self.channel()?;
        let mut ledger = Ledger::of(config);
        let uniqueid = &self.environment.uniqueid;
        let call = match channel.last.call(uniqueid) {
            None => CallId::first(uniqueid.clone()),
            Some(last) => {
                if !channel.last.is_settled() {
                    // The program that dialled before on this channel was killed; what it left is still
                    // readable and is gone with the next dial.
                    ledger.report(&channel.last.report(last.clone(), Witness::Afterwards, self.clock.now()));
                }
                last.next()
            }
        };
        let request = CallRequest {
            call,
            caller: Caller::from_channel(&self.environment.accountcode, &self.environment.callerid),
            // The leg that is dialled last sees its own number there.
            then: channel.then.clone().filter(|then| *then != dialled),
            dialled,
            answered_before: channel.is_up,
            at: self.clock.now(),
        };
        let policy = policy(config, longest);
        let authorised = ledger.decide(Role::Authorise, |store| {
            let (authorisation, language) = billing::authorise(store, &request, &policy)?;
            self.in_seconds = config.announce.balance && store.read(|books| books.unit())?.is_seconds();
            self.language = language;
            Ok(authorisation)
        });
        let told = match authorised {
            Ok(Authorisation::Granted(grant)) => self.granted(config, &mut ledger, &grant, &channel, authorise_only),
            Ok(Authorisation::Denied(denial, fact)) => self.refuse(Some(config), denial, &fact),
            Err(error) => {
                tell(&format!("call {} is refused: {error}", request.call));
                self.refuse(Some(config), Denial::Unavailable, &error.to_string())
            }
        };
        ledger.leave();
        told
    }

    /// Tells whoever answered what a user has, and dials nothing.
    fn tell_balance(&mut self, config: &Config, user: &str, prompt: Option<&Sound>) -> Result<(), WireError> {
        let mut ledger = Ledger::of(config);
        let found = ledger.decide(Role::Authorise, |store| {
            let found = store.read(|books| {
                let account = billing::find_user(books, user)?;
                Ok((account.available()?, account.language, books.unit()?.is_seconds()))
            });
            match found {
                Ok(found) => Ok(Ok(found)),
                Err(BillingError::Refused(refusal)) => Ok(Err(refusal.to_string())),
                Err(BillingError::Store(error)) => Err(error),
            }
        });
        ledger.leave();
        match found.unwrap_or_else(|error| Err(error.to_string())) {
            Ok((available, language, in_seconds)) => {
                let mut said: Vec<_> = prompt.map(Utterance::Sound).into_iter().collect();
                said.extend(config.announce.balance_said(available, in_seconds));
                announce::speak(&mut self.session, language.as_ref(), &said)
            }
            Err(fact) => {
                tell(&format!("the balance is not told: {fact}"));
                self.session.verbose(&format!("celcombiller: the balance is not told: {fact}"))
            }
        }
    }

    fn channel(&mut self) -> Result<Channel, WireError> {
        const STATE: [&str; 4] = [
            "${CHANNEL(state)}",
            "${TIMEOUT(absolute)}",
            "${DIALPLAN_EXISTS(celcombiller-answered,s,1)}",
            "${CELCOMBILLER_THEN}",
        ];
        let mut values = self.session.expressions(&[&STATE[..], &Ending::EXPRESSIONS].concat())?.into_iter();
        let [state, hangs_up_in, stamps, then] = STATE.map(|_| values.next().unwrap_or_default());
        let whole = hangs_up_in.split('.').next().unwrap_or_default();
        Ok(Channel {
            is_up: state == "Up",
            hangs_up_in: whole.parse().unwrap_or(0),
            stamps_answers: stamps == "1",
            then: then.parse().ok(),
            last: Ending::of(values),
        })
    }

    fn granted(
        &mut self,
        config: &Config,
        ledger: &mut Ledger<'_>,
        grant: &Grant,
        channel: &Channel,
        authorise_only: bool,
    ) -> Result<(), WireError> {
        let line = decisions::granted(grant, self.parties());
        let untold = Pending { to: &config.log.decisions, at: self.clock.now(), line };
        let began = self.clock.monotonic_millis();
        let waited = |clock: &C| clock.monotonic_millis().saturating_sub(began) / 1000;
        for stale in channel.last.stale() {
            self.session.set(stale, "")?;
        }
        // The call is named before it is dialled, so that `h` can settle it whatever becomes of us.
        self.session.set_all(&[
            (variables::CALL, &grant.call.to_string()),
            (variables::SECONDS, &grant.talk_time.to_string()),
            (variables::STATUS, "GRANTED"),
        ])?;
        if !authorise_only && !self.announce(config, grant)? {
            // The caller hung up before there was a dial, so the hold is given back now.
            drop(untold);
            let never_dialled = CallReport {
                call: grant.call.clone(),
                disposition: Disposition::Cancelled,
                answered_millis: None,
                answered_at: None,
                limit_is_heard: false,
                witness: Witness::Dialler { dial_millis: 0 },
                at: self.clock.now(),
            };
            return self.tell_charge(ledger.report(&never_dialled));
        }
        let spoken = waited(self.clock);
        // The limit of Dial sits on the callee's channel and can be lost with it (a Local channel that
        // optimises itself away, a transfer). This one sits on the caller's, and comes before the hold
        // expires, however long the caller was spoken to, or Asterisk was silent.
        let overlong = u32::try_from(spoken).unwrap_or(u32::MAX).saturating_sub(config.announce.seconds());
        let last_second = (config.dial.ring_seconds() + grant.talk_time.seconds()).saturating_sub(overlong).max(1);
        let second_net = channel.hangs_up_in_after(spoken).is_none_or(|left| left > last_second);
        if second_net {
            self.session.auto_hangup(last_second)?;
        }
        if authorise_only {
            return Ok(());
        }
        announce::prepare_warnings(&mut self.session, self.language.as_ref(), &config.dial)?;
        let data = |dial: &DialString| dial_data(config, dial, Some(grant.talk_time), channel.stamps_answers);
        let mut dialled = self.dial(&data(&grant.dial), || drop(untold))?;
        let mut further = grant.further.as_slice();
        while dialled.may_go_on()
            && let Some((way, after)) = ledger.take_next_route(&grant.call, further)
        {
            further = after;
            self.session.verbose(&format!("celcombiller: not reached, going on over trunk {}", way.trunk))?;
            if second_net {
                let left = channel.hangs_up_in_after(waited(self.clock));
                self.session.auto_hangup(left.map_or(last_second, |left| left.min(last_second)))?;
            }
            dialled = self.dial(&data(&way.dial), || {})?;
        }
        let DialEnd { ending, millis: dial_millis, .. } = dialled;
        if let Some(odd) = ending.odd_time(if channel.is_up { u64::MAX } else { dial_millis }) {
            let call = &grant.call;
            tell(&format!("call {call} took {dial_millis} ms and was talked for `{odd}`: was the clock set?"));
        }
        let report = ending.report(grant.call.clone(), Witness::Dialler { dial_millis }, self.clock.now());
        let charged = ledger.report(&report);
        // A call that goes on elsewhere keeps the net.
        if second_net && !report.leaves_the_call_open() {
            self.session.auto_hangup(channel.hangs_up_in_after(waited(self.clock)).unwrap_or(0))?;
        }
        self.tell_charge(charged)
    }

    /// Tells the caller what the operator wants told before the dial; says whether the caller is still there.
    fn announce(&mut self, config: &Config, grant: &Grant) -> Result<bool, WireError> {
        let said = config.announce.said(grant.available, self.in_seconds, grant.talk_time);
        if said.is_empty() {
            return Ok(true);
        }
        announce::speak(&mut self.session, self.language.as_ref(), &said)?;
        self.session.is_gone().map(|gone| !gone)
    }

    /// Tells the dialplan what the call came to, where it is settled.
    fn tell_charge(&mut self, charged: Option<(u32, Money)>) -> Result<(), WireError> {
        if let Some((billsec, charge)) = charged {
            self.session.set(variables::CHARGE, &charge.to_string())?;
            self.session.set(variables::BILLSEC, &billsec.to_string())?;
        }
        Ok(())
    }

    /// Dials, does something meanwhile that takes no time, and reads how it ended.
    fn dial(&mut self, data: &str, meanwhile: impl FnOnce()) -> Result<DialEnd, WireError> {
        let began = self.clock.monotonic_millis();
        let reply = self.session.exec_and("Dial", data, meanwhile);
        let millis = self.clock.monotonic_millis().saturating_sub(began) + 1;
        // Whatever fails from here on, the call was made: `h` still settles it, and after that the expiry.
        let reply = reply?;
        match reply {
            Reply::Done { result: -2, .. } => tell("Asterisk has no Dial application"),
            Reply::Done { .. } => {}
            Reply::NotDone(code) => tell(&format!("Asterisk answered {code} to Dial")),
        }
        let caller_stays = matches!(reply, Reply::Done { result: 0, .. });
        Ok(DialEnd { ending: Ending::read(&mut self.session)?, millis, caller_stays })
    }

    fn dial_free(&mut self, config: &Config, dial: &DialString, authorise_only: bool) -> Result<(), WireError> {
        let ledger = Ledger::of(config);
        let last = Ending::read(&mut self.session)?;
        let killed = last.call(&self.environment.uniqueid).filter(|_| !last.is_settled());
        if let Some(call) = &killed {
            // This dial writes over what is left of the one before. It is kept without the books, which must
            // not make a free call wait.
            ledger.keep(&last.report(call.clone(), Witness::Afterwards, self.clock.now()));
            self.session.set(variables::CALL, "")?;
        }
        self.session.set(variables::STATUS, "GRANTED")?;
        if !authorise_only {
            let line = decisions::free(self.environment.uniqueid.as_str(), self.parties());
            let at = self.clock.now();
            let tell = || decisions::write(&config.log.decisions, at, &line);
            self.session.exec_and("Dial", &dial_data(config, dial, None, false), tell)?;
        }
        if killed.is_some() {
            ledger.post_kept(self.clock.now());
        }
        Ok(())
    }

    fn parties(&self) -> Parties<'_> {
        let Environment { callerid, accountcode, .. } = &self.environment;
        Parties { caller: callerid, account_code: accountcode, dialled: &self.dialled }
    }

    /// Tells the caller and the operator why not, and dials nothing.
    fn refuse(&mut self, config: Option<&Config>, denial: Denial, fact: &str) -> Result<(), WireError> {
        self.session.set(variables::STATUS, denial.as_str())?;
        let line: String = fact.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        self.session.verbose(&format!("celcombiller: {denial}: {line}"))?;
        if let Some(config) = config {
            let line = decisions::refused(self.environment.uniqueid.as_str(), self.parties(), denial, fact);
            decisions::write(&config.log.decisions, self.clock.now(), &line);
        }
        if let Some(prompt) = config.and_then(|config| config.prompts.get(&denial)) {
            announce::speak(&mut self.session, self.language.as_ref(), &[Utterance::Sound(prompt)])?;
        }
        Ok(())
    }
}

/// Builds what Dial takes. `i` ignores a callee that redirects to a destination of its own choice.
fn dial_data(config: &Config, dial: &DialString, limit: Option<TalkTime>, stamps_answers: bool) -> String {
    let stamp = if stamps_answers { format!("U({ANSWER_STAMP})") } else { String::new() };
    let limit = limit.map_or_else(String::new, |talk_time| match config.dial.limit {
        Limit::Cut => format!("S({talk_time})"),
        Limit::Warn => {
            let millis = |seconds: u32| u64::from(seconds) * 1000;
            let all = millis(talk_time.seconds());
            match (config.dial.first_warning(talk_time), millis(config.dial.warn_every_seconds)) {
                (None, _) => format!("L({all})"),
                (Some(first), 0) => format!("L({all}:{})", millis(first)),
                (Some(first), every) => format!("L({all}:{}:{every})", millis(first)),
            }
        }
    });
    format!("{},{},i{stamp}{limit}", dial.as_str(), config.dial.ring_seconds())
}
