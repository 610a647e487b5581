//! Build IDs: what an archive or executable carries of the action that made it and of its own
//! contents (`actionID/contentID`, for executables `actionID/actionID(main.a)/contentID(main.a)/
//! contentID`). Reading, finding and replacing them in files; nothing here decides anything.
//!
//! Answers to cmd/internal/buildid and to the helpers of cmd/go/internal/work/buildid.go.

/// The first part of a build ID: the key of the action that made the file.
pub fn action_id(build_id: &str) -> &str {
    build_id
        .split_once('/')
        .map_or(build_id, |(first, _)| first)
}

/// The last part of a build ID: the hash of the file without its build ID.
pub fn content_id(build_id: &str) -> &str {
    build_id.rsplit_once('/').map_or(build_id, |(_, last)| last)
}

/// Where an ID stands in a file, and the file's hash with that ID (and what depends on it) zeroed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Offsets, ascending.
    pub offsets: Vec<u64>,
    /// SHA-256; [`forgo_cache::hash_to_string`] of it is the content ID.
    pub hash: [u8; 32],
}

/// Reads the build ID of an archive or executable: empty where a good file carries none.
/// The error is a text in the stock command's words.
pub fn read_build_id(path: &str) -> Result<String, String> {
    let _ = path;
    todo!()
}

/// Finds an ID in a file's bytes. `id` must not be empty.
pub fn find_and_hash(bytes: &[u8], id: &str) -> Found {
    let _ = (bytes, id);
    todo!()
}

/// Puts another ID of the same length where [`find_and_hash`] found one, in memory, and renews a
/// Mach-O code signature. What differs from the bytes as they were is returned as ranges, for those
/// who write the change to a file.
pub fn stamp(bytes: &mut [u8], offsets: &[u64], id: &str) -> Vec<std::ops::Range<usize>> {
    let _ = (bytes, offsets, id);
    todo!()
}

/// Gives a file that carries `old` the build ID that its contents deserve: `old` with its last part
/// replaced. Returns the new ID, and the file's new bytes; `None` for the latter where the file
/// carries no such ID (the user gave `-ldflags=-buildid=`), and it is left alone.
/// Answers to the middle of Builder.updateBuildID.
pub fn update_file(path: &str, old: &str) -> Result<(String, Option<Vec<u8>>), String> {
    let _ = (path, old);
    todo!()
}
