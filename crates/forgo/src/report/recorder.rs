//! The output of an invocation, recorded for an answer that can be reused (`crate::snapshot`).

use std::sync::{Mutex, PoisonError};

use forgo_load::footprint::snapshot::Said;

use super::Tap;

/// The output, in order.
pub type Pieces = Vec<(Said, Vec<u8>)>;

/// More than this is not kept.
const LIMIT: usize = 64 << 20;

/// Keeps the output.
#[derive(Debug)]
pub struct Recorder(Mutex<Option<Pieces>>);

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder(Mutex::new(Some(Vec::new())))
    }
}

impl Recorder {
    /// Returns the output, and records no more; `None` if it was too much.
    pub fn take(&self) -> Option<Pieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Tap for Recorder {
    fn written(&self, stream: Said, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pieces) = kept.as_mut().filter(|_| !bytes.is_empty()) else {
            return;
        };
        match pieces.last_mut() {
            Some((last, text)) if *last == stream => text.extend_from_slice(bytes),
            _ => pieces.push((stream, bytes.to_vec())),
        }
        if pieces.iter().map(|(_, text)| text.len()).sum::<usize>() > LIMIT {
            *kept = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_stream_are_one() {
        let recorder = Recorder::default();
        for (stream, text) in [
            (Said::Stdout, "a"),
            (Said::Stdout, "b"),
            (Said::Stderr, ""),
            (Said::Stderr, "c"),
            (Said::Stdout, "d"),
        ] {
            recorder.written(stream, text.as_bytes());
        }
        let pieces = [
            (Said::Stdout, b"ab".to_vec()),
            (Said::Stderr, b"c".to_vec()),
            (Said::Stdout, b"d".to_vec()),
        ];
        assert_eq!(recorder.take(), Some(pieces.to_vec()));
        recorder.written(Said::Stdout, b"e");
        assert_eq!(recorder.take(), None);
    }

    #[test]
    fn too_much_is_not_kept() {
        let recorder = Recorder::default();
        recorder.written(Said::Stdout, &vec![b'x'; LIMIT + 1]);
        recorder.written(Said::Stdout, b"x");
        assert_eq!(recorder.take(), None);
    }
}
