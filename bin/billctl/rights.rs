//! Whether who runs this may do what they ask for.

use anyhow::Result;
use celcombiller::config::roles::Right;
use celcombiller::config::{Config, DEFAULT_PATH};
use celcombiller::domain::refusal::Refusal;
use celcombiller::host::person::Person;

use crate::deed::Asked;
use crate::deferred::whole_command;

/// The right to answer in another's name.
const ACTOR: &str = "--actor";

/// The nouns that have nothing to do with the books.
const FOR_EVERYBODY: [&str; 4] = ["demo", "country", "completions", "man"];

/// What is asked, by whom, on whose books.
pub(crate) struct Request<'a> {
    pub(crate) person: &'a Person,
    /// Who owns the database.
    pub(crate) owner: Option<u32>,
    pub(crate) asked: &'a Asked,
    /// Whether it is asked in another's name.
    pub(crate) for_another: bool,
    /// Whether another configuration than the machine's is named.
    pub(crate) own_config: bool,
}

impl Request<'_> {
    /// Permits it, or says why not.
    pub(crate) fn permit(&self, config: &Config) -> Result<()> {
        let Self { person, asked, .. } = self;
        let noun = asked.verb.split('.').next().unwrap_or_default();
        let owns = Some(person.uid) == self.owner && !person.has_lent_rights;
        if person.uid == 0 || owns || FOR_EVERYBODY.contains(&noun) {
            return Ok(());
        }
        // Rights that are lent are lent by the machine's own configuration.
        if person.has_lent_rights && self.own_config && !Config::load(None)?.roles.is_empty() {
            let fact = format!("{} may not name another configuration than {DEFAULT_PATH}", person.name);
            return Err(Refusal::new(fact).into());
        }
        if config.roles.is_empty() {
            return Ok(());
        }
        known(config)?;
        let roles = config.roles.values().filter(|role| {
            role.users.iter().any(|user| person.is(user)) || role.groups.iter().any(|group| person.is_in(group))
        });
        let rights: Vec<&Right> = roles.flat_map(|role| &role.may).collect();
        let what = asked.verb.replace('.', " ");
        if !rights.iter().any(|right| right.covers(&asked.verb)) {
            let fact = format!("{} may not {what}: no role of theirs has the right {}", person.name, asked.verb);
            return Err(Refusal::new(fact).hint(format!("ask who may change [roles] in {DEFAULT_PATH}")).into());
        }
        if self.for_another && !rights.iter().any(|right| right.as_str() == ACTOR) {
            let fact =
                format!("{} may not {what} in another's name: no role of theirs has the right {ACTOR}", person.name);
            return Err(Refusal::new(fact).hint("without --actor it is done in your own").into());
        }
        Ok(())
    }
}

/// Refuses a right to what no verb does, which would be one misspelt.
fn known(config: &Config) -> Result<(), Refusal> {
    let verbs = whole_command();
    let mut names = Vec::new();
    for noun in verbs.get_subcommands() {
        let below: Vec<_> =
            noun.get_subcommands().map(|verb| format!("{}.{}", noun.get_name(), verb.get_name())).collect();
        names.extend(if below.is_empty() { vec![noun.get_name().to_owned()] } else { below });
    }
    for (role, rights) in &config.roles {
        let unknown = |right: &&Right| right.as_str() != ACTOR && !names.iter().any(|name| right.covers(name));
        if let Some(right) = rights.may.iter().find(unknown) {
            let fact = format!("[roles] {role} has the right \"{}\", which is none", right.as_str());
            return Err(Refusal::new(fact).hint("a right is NOUN.VERB as in billctl --help, such as balance.add"));
        }
    }
    Ok(())
}
