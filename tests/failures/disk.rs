//! A small file system of its own.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::thread::sleep;
use std::time::Duration;

/// A small disk, until the last of its handles is dropped.
#[derive(Clone)]
pub(crate) struct SmallDisk(Rc<Mounted>);

struct Mounted(PathBuf);

impl SmallDisk {
    /// Mounts it on a folder, where this process may.
    pub(crate) fn mount(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=3m,nr_inodes=200,mode=755", "celcombiller-test"]).arg(folder);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(Rc::new(Mounted(folder.to_owned()))))
    }

    pub(crate) fn remount(&self, how: &str) {
        // Whoever is just being started by another test may have a file of it open until it becomes that program.
        let remounts = || {
            let mut mount = Command::new("mount");
            mount.args(["-o", &format!("remount,{how}")]).arg(&self.0.0).stderr(Stdio::null());
            mount.status().unwrap().success() || {
                sleep(Duration::from_millis(20));
                false
            }
        };
        assert!((0..100).any(|_| remounts()), "cannot remount {how}");
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Makes files until there can be no more.
    pub(crate) fn use_up_inodes(&self) {
        let folder = self.filler();
        fs::create_dir(&folder).unwrap();
        let mut count = 0_u32;
        while File::create(folder.join(count.to_string())).is_ok() {
            count += 1;
        }
    }

    /// Takes the filling away.
    pub(crate) fn free(&self) {
        let filler = self.filler();
        if filler.is_dir() { fs::remove_dir_all(filler).unwrap() } else { fs::remove_file(filler).unwrap() }
    }

    fn filler(&self) -> PathBuf {
        self.0.0.join("filler")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
