//! Trunks and their routes by hand.

use crate::billing::error::BillingError;
use crate::billing::tariffs::tariff::find_tariff;
use crate::domain::numbering::{Prefix, shown};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Route, Trunk, TrunkName};
use crate::store::{Books, RouteRow, Store, StoreError, TariffId, TariffRow, TrunkRow};

/// Adds a trunk.
///
/// # Errors
/// The name is taken, the template does not dial the number, there is no such tariff, or the books fail.
pub fn add_trunk(store: &mut Store, trunk: &Trunk) -> Result<(), BillingError> {
    store.write(|books| {
        let tariff = checked(books, trunk)?;
        books.add_trunk(trunk, tariff).map_err(|error| name_taken(error, &trunk.name))
    })
}

/// Changes a trunk; calls that are on it stay there.
///
/// # Errors
/// There is no such trunk, as for [`add_trunk`], or the books fail.
pub fn update_trunk(
    store: &mut Store,
    name: &TrunkName,
    change: impl FnOnce(&mut Trunk),
) -> Result<TrunkRow, BillingError> {
    store.write(|books| {
        let TrunkRow { id, mut trunk, .. } = find_trunk(books, name)?;
        change(&mut trunk);
        let tariff = checked(books, &trunk)?;
        books.update_trunk(id, &trunk, tariff).map_err(|error| name_taken(error, &trunk.name))?;
        Ok(TrunkRow { id, trunk, tariff })
    })
}

/// Removes a trunk that has no routes and never carried a call: the record of a call keeps its trunk's name.
///
/// # Errors
/// There is no such trunk, something names it, or the books fail.
pub fn remove_trunk(store: &mut Store, name: &TrunkName) -> Result<TrunkRow, BillingError> {
    store.write(|books| {
        let row = find_trunk(books, name)?;
        let routes = books.routes()?;
        let prefixes: Vec<_> = routes.iter().filter(|route| route.trunk.id == row.id).collect();
        if let Some(first) = prefixes.first() {
            let fact = format!("trunk \"{name}\" has {} routes", prefixes.len());
            let hint = format!("billctl route remove --prefix '{}' --trunk '{name}'", first.route.prefix);
            return Err(Refusal::new(fact).hint(hint).into());
        }
        let (open, ever) = (books.open_calls_on(row.id)?, books.calls_ever_on(row.id)?);
        if ever > 0 {
            let fact = format!("trunk \"{name}\" carries {open} calls and carried {}, which name it", ever - open);
            return Err(Refusal::new(fact).hint("a trunk without routes carries no more").into());
        }
        books.remove_trunk(row.id)?;
        Ok(row)
    })
}

/// Finds a trunk by its name.
///
/// # Errors
/// There is none, or the books fail.
pub fn find_trunk(books: &Books<'_>, name: &TrunkName) -> Result<TrunkRow, BillingError> {
    let none = || Refusal::new(format!("no trunk \"{name}\"")).hint("billctl trunk list");
    Ok(books.trunk(name)?.ok_or_else(none)?)
}

/// Returns the key of what a trunk's calls cost us, once the trunk makes sense.
fn checked(books: &Books<'_>, trunk: &Trunk) -> Result<Option<TariffId>, BillingError> {
    if !trunk.dial.is_for_any_number() {
        let fact = format!("dial template `{}` does not dial any number", shown(&trunk.dial.to_string()));
        return Err(Refusal::new(fact).hint("name {number} in it, and no user's {imsi} or {username}").into());
    }
    let cost = trunk.cost.as_deref().map(|name| find_tariff(books, name)).transpose()?;
    Ok(cost.map(|TariffRow { id, .. }| id))
}

fn name_taken(error: StoreError, name: &TrunkName) -> BillingError {
    match error.breaks("trunk.name") {
        true => Refusal::new(format!("trunk \"{name}\" exists")).hint("billctl trunk list").into(),
        false => error.into(),
    }
}

/// The most digits of a number.
const LONGEST: usize = 15;

/// Adds a route over a trunk.
///
/// # Errors
/// There is no such trunk, it has a route for the prefix, the route leaves no number to dial, or the books fail.
pub fn add_route(store: &mut Store, trunk: &TrunkName, route: &Route) -> Result<RouteRow, BillingError> {
    let (prefix, strip) = (&route.prefix, route.strip);
    let known = prefix.as_str().len();
    let Some(kept) = usize::try_from(strip).ok().and_then(|strip| known.checked_sub(strip)) else {
        let fact = format!("a route for prefix \"{prefix}\" cannot strip {strip} digits: it knows {known}");
        return Err(Refusal::new(fact).hint("name the digits that are stripped in the prefix").into());
    };
    let dialled = route.prepend.as_str().len() + kept;
    if dialled > LONGEST {
        let fact = format!("numbers that begin with \"{prefix}\" would be dialled with {dialled} digits at least");
        return Err(Refusal::new(fact)
            .hint("put digits that are no part of the number into the trunk's --dial")
            .into());
    }
    store.write(|books| {
        let row = find_trunk(books, trunk)?;
        match books.add_route(row.id, route) {
            Err(error) if error.breaks("route.prefix") => {
                let fact = format!("prefix \"{prefix}\" has a route over trunk \"{trunk}\"");
                let hint = format!("billctl route remove --prefix '{prefix}' --trunk '{trunk}'");
                Err(Refusal::new(fact).hint(hint).into())
            }
            added => Ok(added.map(|()| RouteRow { route: route.clone(), trunk: row })?),
        }
    })
}

/// Removes a trunk's route for a prefix; calls that took it go on.
///
/// # Errors
/// There is no such trunk or route, or the books fail.
pub fn remove_route(store: &mut Store, trunk: &TrunkName, prefix: &Prefix) -> Result<RouteRow, BillingError> {
    store.write(|books| {
        let id = find_trunk(books, trunk)?.id;
        let found = books.routes()?.into_iter().find(|row| row.trunk.id == id && row.route.prefix == *prefix);
        let Some(found) = found else {
            let fact = format!("prefix \"{prefix}\" has no route over trunk \"{trunk}\"");
            return Err(Refusal::new(fact).hint("billctl route list").into());
        };
        books.remove_route(id, prefix)?;
        Ok(found)
    })
}
