//! A snapshot as a file. It is read whole, which takes less than a millisecond, and used as it lies
//! in memory. (Mapped, it would end the process by a signal when another one truncates it.) A file
//! that is damaged, cut off or of another format is ignored; the key is the file's
//! ([`crate::kept`]). that is damaged, cut off or of another format is ignored; the key is the
//! file's ([`crate::kept`]).
//!
//! ```text
//! time in nanoseconds since 1970
//! number of outputs; each: path, size, mode, build ID
//! number of directories that must be writable; each: path
//! inputs: see crate::footprint::Table
//! inputs: see footprint::Table
//! number of pieces of output; each: stream, bytes
//! ```
//!
//! Numbers are little endian; texts and bytes come after their length.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Input, Table};

/// The stream that a piece of output was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// On standard output.
    Stdout,
    /// On standard error.
    Stderr,
}

/// The format of the files.
pub const MAGIC: &[u8; 8] = b"forgoS2\n";

/// A file that an invocation put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<'b> {
    /// Absolute.
    pub path: &'b str,
    /// Its size.
    pub size: u64,
    /// Its kind and permissions.
    pub mode: u32,
    /// Its build ID.
    pub build_id: &'b str,
}

/// What goes into a file.
#[derive(Debug)]
pub struct Contents<'b> {
    /// When the invocation began.
    pub recorded: SystemTime,
    /// Its outputs.
    pub outputs: Vec<Output<'b>>,
    /// Where it made files.
    pub writable: &'b [String],
    /// Its inputs.
    pub inputs: &'b [Input],
    /// Its output.
    pub said: &'b [(Said, Vec<u8>)],
}

/// What a file holds.
#[derive(Debug)]
pub struct View<'b> {
    /// See [`Contents`].
    pub recorded: SystemTime,
    /// See [`Contents`].
    pub outputs: Vec<Output<'b>>,
    /// See [`Contents`].
    pub writable: Vec<&'b str>,
    /// See [`Contents`].
    pub inputs: Table<'b>,
    /// See [`Contents`].
    pub said: Vec<(Said, &'b [u8])>,
}

impl Contents<'_> {
    /// The content of the file; `None` where something is too large or has no place in it.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut to = Vec::new();
        let nanos = self.recorded.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        to.extend_from_slice(&u64::try_from(nanos).ok()?.to_le_bytes());
        put_length(&mut to, self.outputs.len())?;
        for output in &self.outputs {
            put(&mut to, output.path.as_bytes())?;
            to.extend_from_slice(&output.size.to_le_bytes());
            to.extend_from_slice(&output.mode.to_le_bytes());
            put(&mut to, output.build_id.as_bytes())?;
        }
        put_length(&mut to, self.writable.len())?;
        for dir in self.writable {
            put(&mut to, dir.as_bytes())?;
        }
        Table::write(self.inputs, &mut to)?;
        put_length(&mut to, self.said.len())?;
        for (stream, bytes) in self.said {
            to.push(match stream {
                Said::Stdout => 1,
                Said::Stderr => 2,
            });
            put(&mut to, bytes)?;
        }
        Some(to)
    }
}

fn put_length(to: &mut Vec<u8>, length: usize) -> Option<()> {
    to.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    Some(())
}

fn put(to: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    put_length(to, bytes.len())?;
    to.extend_from_slice(bytes);
    Some(())
}

impl<'b> View<'b> {
    /// What a file's content holds.
    pub fn parse(content: &'b [u8]) -> Option<View<'b>> {
        let mut rest = Rest(content);
        let recorded = UNIX_EPOCH.checked_add(Duration::from_nanos(rest.long()?))?;
        let mut outputs = Vec::new();
        for _ in 0..rest.number()? {
            outputs.push(Output {
                path: rest.text()?,
                size: rest.long()?,
                mode: rest.number()?,
                build_id: rest.text()?,
            });
        }
        let mut writable = Vec::new();
        for _ in 0..rest.number()? {
            writable.push(rest.text()?);
        }
        let (inputs, after) = Table::parse(rest.0)?;
        rest.0 = after;
        let mut said = Vec::new();
        for _ in 0..rest.number()? {
            let stream = match rest.take(1)? {
                [1] => Said::Stdout,
                [2] => Said::Stderr,
                _ => return None,
            };
            said.push((stream, rest.bytes()?));
        }
        rest.0.is_empty().then_some(View {
            recorded,
            outputs,
            writable,
            inputs,
            said,
        })
    }
}

/// The bytes that are not read yet.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::footprint::{Look, Seen, Stat};

    fn sample() -> Vec<u8> {
        let seen = |path: &str| match Stat::of(path) {
            Ok(stat) => Seen::Present(stat, Look::Whole),
            Err(errno) => Seen::Failed(errno),
        };
        let inputs: Vec<Input> = ["/", "/bin", "/etc/passwd", "/no/such", "/no/such/file"]
            .iter()
            .map(|path| Input {
                path: (*path).to_owned(),
                seen: seen(path),
            })
            .collect();
        let said = [
            (Said::Stdout, b"out\n".to_vec()),
            (Said::Stderr, b"\xff".to_vec()),
        ];
        let contents = Contents {
            recorded: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            outputs: vec![Output {
                path: "/o/ut",
                size: 5,
                mode: 0o100_755,
                build_id: "a/b/c/d",
            }],
            writable: &["/".to_owned(), "/tmp".to_owned()],
            inputs: &inputs,
            said: &said,
        };
        contents.to_bytes().unwrap()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let bytes = sample();
        let view = View::parse(&bytes).unwrap();
        assert_eq!(view.outputs.len(), 1);
        assert_eq!(view.outputs[0].path, "/o/ut");
        assert_eq!(view.outputs[0].build_id, "a/b/c/d");
        let said: Vec<_> = view.said.iter().map(|(_, bytes)| *bytes).collect();
        assert_eq!(said, [&b"out\n"[..], b"\xff"]);
        assert_eq!(view.writable, ["/", "/tmp"]);
        assert_eq!(view.inputs.len(), 5);
        assert!(view.inputs.holds());
    }

    /// Damage of every kind that a checksum was made to match: the structure itself has to stand
    /// it.
    #[test]
    fn damage_is_no_snapshot_and_no_panic() {
        let good = sample();
        for length in 0..good.len() {
            assert!(View::parse(&good[..length]).is_none(), "{length}");
        }
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % below
        };
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            match random(3) {
                0 => bytes.truncate(random(good.len())),
                1 => bytes.extend((0..1 + random(9)).map(|n| n as u8)),
                _ => {}
            }
            for _ in 0..1 + random(3) {
                let at = random(bytes.len() + 1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = [0, 1, 0x7f, 0xff, byte.wrapping_add(1)][random(5)];
                }
            }
            if let Some(view) = View::parse(&bytes) {
                view.inputs.holds();
            }
        }
    }
}
