//! What is wrong in a configuration, and where.

use crate::support::Ledger;

#[test]
fn a_configuration_error_names_the_key_and_its_line() {
    let ledger = Ledger::new("seconds");
    for (toml, said) in [
        ("[dial]\nring_second = 30\n", "line 2: unknown field `ring_second`"),
        ("[calls]\n\nmax_seconds = 0\n", "line 3: 0 is out of bounds: expected 1 to 86400"),
        ("[dial]\nonnet = \"PJSIP/{nummer}\"\n", "line 2: dial template `PJSIP/{nummer}` has an unknown placeholder"),
        ("[identify]\nby = [\"face\"]\n", "line 2: `face` is not a way to identify"),
        ("[dial]\nlimit = \"W\"\n", "line 2: unknown variant `W`, expected one of `S`, `cut`, `L`, `warn`"),
        ("[dial]\nwarn_sound = \"a&b\"\n", "line 2: `a&b` is not a sound file: expected letters, digits and / . _ -"),
        ("[announce]\nbalances = true\n", "line 2: unknown field `balances`"),
        ("[announce]\nat_least = -1\n", "line 2: invalid value: integer `-1`"),
        ("[announce]\nunit_one = \"euro,skip\"\n", "line 2: `euro,skip` is not a sound file"),
        ("[announce]\nunit_one = \"euro&\"\n", "line 2: `` is not a sound file"),
        ("[prompts]\nNO_CREDIT = \"\"\n", "line 2: `` is not a sound file"),
        ("[prompts]\nNO_MONEY = \"x\"\n", "line 2: `NO_MONEY` is not a reason of refusal"),
        ("[dial\n", "line 1: "),
    ] {
        ledger.configure(toml);
        let error = ledger.refused(2, &["user", "list"]);
        assert!(error.contains(said), "{error}");
        assert_eq!(error.lines().count(), 2, "one line, and the way out: {error}");
    }
    let missing = ledger.refused(2, &["--config", "/nowhere/c.toml", "user", "list"]);
    assert!(missing.contains("cannot read config /nowhere/c.toml"), "{missing}");
}
