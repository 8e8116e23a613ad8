//! What a caller hears from us: before the dial, at a refusal, and near the end of the call.

use std::io::{BufRead, Write};

use crate::agi::session::Session;
use crate::agi::wire::WireError;
use crate::config::{Dial, Limit};
use crate::domain::account::Language;
use crate::domain::announcement::Utterance;

/// Speaks, in the language of the account if it has one, on a channel that stays as unanswered as it is.
pub(super) fn speak<R: BufRead, W: Write>(
    session: &mut Session<R, W>,
    language: Option<&Language>,
    said: &[Utterance<'_>],
) -> Result<(), WireError> {
    set_language(session, language)?;
    // Early media: a channel that is not answered costs its caller nothing at any other exchange.
    // PJSIP opens it only after Progress; without that, the caller hears nothing.
    session.exec("Progress", "")?;
    // A sound that is missing is passed over, and nothing takes time once the caller is gone.
    for utterance in said {
        match utterance {
            Utterance::Sound(sound) => session.exec("Playback", &format!("{},noanswer", sound.as_str())).map(drop)?,
            Utterance::Number(number) => session.say_number(*number)?,
        }
    }
    Ok(())
}

/// Says how Dial warns of the end; what is Dial's own way is not said.
pub(super) fn prepare_warnings<R: BufRead, W: Write>(
    session: &mut Session<R, W>,
    language: Option<&Language>,
    dial: &Dial,
) -> Result<(), WireError> {
    if dial.limit == Limit::Cut {
        return Ok(());
    }
    set_language(session, language)?;
    for (name, sound) in [
        ("LIMIT_WARNING_FILE", &dial.warn_sound),
        ("LIMIT_CONNECT_FILE", &dial.warn_connect_sound),
        ("LIMIT_TIMEOUT_FILE", &dial.warn_timeout_sound),
    ] {
        if let Some(sound) = sound {
            session.set(name, sound.as_str())?;
        }
    }
    if dial.warn_callee {
        session.set("LIMIT_PLAYAUDIO_CALLEE", "yes")?;
    }
    Ok(())
}

fn set_language<R: BufRead, W: Write>(
    session: &mut Session<R, W>,
    language: Option<&Language>,
) -> Result<(), WireError> {
    language.map_or(Ok(()), |language| session.set("CHANNEL(language)", language.as_str()))
}
