//! Why an action failed: the shared type of all that works for one.

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionError {
    /// The message.
    pub text: String,
    /// The import path that the message already names (load.ImportPathError): it is not put before
    /// it again.
    pub import_path: Option<String>,
    /// The stock command would print the message alone and exit at once (base.Fatal).
    pub fatal: bool,
}

impl ActionError {
    /// A message that names no import path.
    pub fn new(text: impl Into<String>) -> Self {
        ActionError {
            text: text.into(),
            import_path: None,
            fatal: false,
        }
    }

    /// A message after which nothing more is done.
    pub fn fatal(text: impl Into<String>) -> Self {
        ActionError {
            fatal: true,
            ..ActionError::new(text)
        }
    }
}

impl std::fmt::Display for ActionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ActionError {}
