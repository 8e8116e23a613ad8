//! The house: arrows point down, SQL stays in the store, and only the doors write to standard output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails says where")]

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("agi", &["agi", "domain"]),
    ("store", &["store", "domain"]),
    ("pbx", &["pbx", "domain"]),
    ("config", &["domain"]),
    ("host", &["domain"]),
    ("billing", &["billing", "store", "domain"]),
    ("torture", &["torture", "billing", "store", "domain"]),
    ("dialogue", &["dialogue", "billing", "agi", "store", "pbx", "config", "host", "domain"]),
];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// Returns the room of a file below `src`.
fn room(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    below.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn every_path_between_rooms_points_down() {
    let mut arrows = 0;
    for (path, text) in sources("src") {
        let from = room(&path);
        if from == "lib" {
            continue;
        }
        let (_, allowed) =
            MAY_USE.iter().find(|(name, _)| *name == from).unwrap_or_else(|| panic!("no floor for {from}"));
        for part in text.split("crate::").skip(1) {
            let to: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(allowed.contains(&to.as_str()), "{} uses {to}, which {from} may not", path.display());
            arrows += 1;
        }
    }
    assert!(arrows > 50, "the paths were found");
}

#[test]
fn sql_and_its_library_stay_in_the_store() {
    for (path, text) in sources("src").into_iter().chain(sources("bin")) {
        if path.components().any(|part| part.as_os_str() == "store") {
            continue;
        }
        for word in ["rusqlite", "SELECT ", "INSERT INTO", "DELETE FROM"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn the_domain_knows_no_clock_and_no_files() {
    for (path, text) in sources("src/domain") {
        for word in ["std::fs", "std::env", "std::net", "SystemTime", "Instant::now", "Utc::now", "println!"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn only_heaps_and_the_disk_that_fails_need_unsafe_code() {
    // How many blocks and promises there are, each with its reason.
    let blocks = [("host/heap.rs", 10), ("store/file/heap.rs", 8), ("store/file/faulty.rs", 15)];
    for (path, text) in sources("src").into_iter().chain(sources("bin")) {
        let allowed = blocks.iter().find(|(file, _)| path.ends_with(file)).map_or(0, |(_, blocks)| *blocks);
        let unsafe_ones = text.matches("unsafe {").count() + text.matches("unsafe impl").count();
        assert_eq!(unsafe_ones, allowed, "{}", path.display());
        assert_eq!(text.matches("// SAFETY: ").count(), allowed, "{}", path.display());
    }
}

#[test]
fn money_never_meets_a_float() {
    for (path, text) in sources("src").into_iter().chain(sources("bin")) {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            assert!(!["f32", "f64"].contains(&word), "{} has a float", path.display());
        }
    }
}

#[test]
fn only_the_renderer_the_demonstration_and_the_shell_texts_write_to_standard_output() {
    let doors = ["render.rs", "demo.rs", "shell.rs", "celcombiller-caller.rs", "celcombiller-reducer.rs"];
    for (path, text) in sources("src").into_iter().chain(sources("bin")) {
        let text = text.replace("eprintln!(", "").replace("eprint!(", "");
        let writes = ["stdout()", "println!(", "print!("].iter().any(|word| text.contains(word));
        let door = doors.contains(&path.file_name().unwrap().to_str().unwrap());
        assert!(!writes || door, "{} writes to standard output", path.display());
    }
}
