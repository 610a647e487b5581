//! Events as text on standard error.

use std::sync::Arc;

use forgo_golang::raw;
use forgo_load::event::Event;

use super::{Listener, Screen};

/// Writes output of builds and errors as they are.
pub struct Text(Arc<Screen>);

impl Text {
    /// On this screen.
    pub fn new(screen: Arc<Screen>) -> Text {
        Text(screen)
    }
}

impl Listener for Text {
    fn event(&self, event: &Event) {
        match event {
            Event::Output { text, .. } | Event::Stderr(text) => self.0.stderr(&raw::bytes(text)),
            Event::Error { text, .. } => self.0.stderr(&raw::bytes(&as_lines(text))),
            _ => {}
        }
    }
}

/// A message with its last newline.
pub fn as_lines(text: &str) -> String {
    let end = match text.is_empty() || text.ends_with('\n') {
        true => "",
        false => "\n",
    };
    format!("{text}{end}")
}
