//! `$WORK`: a separate directory for each invocation.
//!
//! Answers to `NewBuilder` and `Builder.Close` in cmd/go/internal/work/action.go.

use std::fs::DirBuilder;
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;

use forgo_golang::path;
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::event::{Event, Reporter};
use forgo_load::footprint;
use forgo_load::process::errno_text;
use forgo_load::remove::remove_all;

use forgo_load::disk::Because;

/// The work directory; removed when closed, unless -work keeps it. Under -n it is only a name.
#[derive(Debug)]
pub struct WorkDir {
    path: String,
    keep: bool,
}

impl WorkDir {
    /// Makes it, and prints `WORK=` under -x and -work. An error is the stock command's fatal text.
    pub fn create(config: &Config, reporter: &dyn Reporter) -> Result<WorkDir, String> {
        if config.flags.n {
            return Ok(WorkDir {
                path: "$WORK".to_owned(),
                keep: true,
            });
        }
        let parent = if path::is_abs(&config.dirs.tmp) {
            config.dirs.tmp.clone()
        } else {
            path::join2(&config.cwd, &config.dirs.tmp)
        };
        footprint::makes_in(&parent);
        let path = make_unique(&parent).map_err(|e| {
            // Go makes the path absolute once the directory is there.
            let e = e.replacen(&parent, &config.dirs.tmp, 1);
            format!("go: creating work dir: {e}")
        })?;
        if config.flags.x || config.flags.work {
            let text = format!("WORK={path}\n");
            reporter.event(Event::Output {
                package: None,
                text,
            });
        }
        Ok(WorkDir {
            path,
            keep: config.flags.work,
        })
    }

    /// Its path without a final slash, or `$WORK`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Removes it as far as possible, where the process is about to end by a signal.
    pub fn discard(&self) {
        if !self.keep {
            // The process ends, so an error can't be reported.
            let _ = remove_all(&self.path);
        }
    }

    /// Removes it. To be called on every way out.
    pub fn close(self) -> Result<(), String> {
        if self.keep {
            return Ok(());
        }
        remove_all(&self.path)
    }
}

/// A new directory `parent/go-build` and some digits, for the user's eyes only (os.MkdirTemp). The
/// error is a Go fs.PathError.
fn make_unique(parent: &str) -> Result<String, String> {
    let prefix = format!("{}/go-build", parent.trim_end_matches('/'));
    loop {
        // Hashers are seeded at random.
        let random = RandomState::new().hash_one(&prefix) >> 32;
        let path = format!("{prefix}{random}");
        #[expect(
            clippy::disallowed_methods,
            reason = "its parent is among the writable ones"
        )]
        let error = match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(e) => e,
        };
        if error.kind() == ErrorKind::AlreadyExists {
            continue;
        }
        if error.kind() == ErrorKind::NotFound
            && let Err(e) = disk::own::metadata(Because::Target, parent)
        {
            return Err(format!("stat {parent}: {}", errno_text(&e)));
        }
        return Err(format!("mkdir {path}: {}", errno_text(&error)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl Reporter for Nobody {
        fn event(&self, _: Event) {}

        fn stdout(&self, _: &[u8]) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn config(tmp: &str) -> Config {
        let mut config = Config {
            cwd: "/".to_owned(),
            ..Config::default()
        };
        config.dirs.tmp = tmp.to_owned();
        config
    }

    #[test]
    fn it_is_private_and_removed_unless_kept() {
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().unwrap();
        let mut config = config(tmp.path().to_str().unwrap());
        for keep in [false, true] {
            config.flags.work = keep;
            let dir = WorkDir::create(&config, &Nobody).unwrap();
            let path = dir.path().to_owned();
            let digits = path
                .strip_prefix(&format!("{}/go-build", config.dirs.tmp))
                .unwrap();
            assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{path}");
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            std::fs::write(format!("{path}/x"), "").unwrap();
            dir.close().unwrap();
            assert_eq!(std::fs::exists(&path).unwrap(), keep);
        }
    }

    #[test]
    fn what_a_tool_locked_does_not_keep_the_rest() {
        use std::fs::{Permissions, create_dir, read_dir, set_permissions, write};
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().unwrap();
        let config = config(tmp.path().to_str().unwrap());
        let dir = WorkDir::create(&config, &Nobody).unwrap();
        let path = dir.path().to_owned();
        let locked = format!("{path}/locked");
        create_dir(&locked).unwrap();
        write(format!("{locked}/file"), "").unwrap();
        for i in 0..20 {
            create_dir(format!("{path}/b{i}")).unwrap();
        }
        set_permissions(&locked, Permissions::from_mode(0o555)).unwrap();
        let closed = dir.close();
        // Root may remove everything.
        let left = read_dir(&path).map_or(0, Iterator::count);
        let why = format!("unlinkat {locked}/file: permission denied");
        assert_eq!(left, usize::from(closed.is_err()));
        assert!(closed.is_ok() || closed == Err(why));
        if left > 0 {
            set_permissions(&locked, Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn it_is_a_mere_name_under_n_and_an_error_without_a_place() {
        let tmp = tempfile::tempdir().unwrap();
        let absent = format!("{}/absent", tmp.path().to_str().unwrap());
        let mut config = config(&absent);
        let error = WorkDir::create(&config, &Nobody).unwrap_err();
        let want = format!("go: creating work dir: stat {absent}: no such file or directory");
        assert_eq!(error, want);
        config.flags.n = true;
        assert_eq!(WorkDir::create(&config, &Nobody).unwrap().path(), "$WORK");
    }
}
