//! Whole archives: reading, finding the build ID, moving.
#![no_main]

use forgo_golang::object::relocate::{Move, archive as relocate};
use forgo_golang::object::archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = archive::build_id(bytes);
    let _ = archive::members(bytes).count();
    if let Ok(entries) = archive::read(bytes) {
        let mut out = archive::MAGIC.to_vec();
        for entry in entries {
            let write = |out: &mut Vec<u8>| -> Result<(), ()> {
                out.extend_from_slice(entry.data);
                Ok(())
            };
            let _ = archive::write_entry(&mut out, entry.header, write);
        }
        assert_eq!(out, bytes);
    }
    let how = Move {
        rename: &|name| Some([b"/elsewhere", name].concat()),
        import: &|_, old| Ok(old),
    };
    if let Ok(moved) = relocate(bytes, &how) {
        assert!(archive::read(&moved.pieces.to_vec()).is_ok());
    }
});
