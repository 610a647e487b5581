//! Objects: writing one gives the input again, and a changed one can be read.
#![no_main]

use forgo_golang::object::goobj::{Changes, Object};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(object) = Object::read(bytes) else {
        return;
    };
    let mut out = Vec::new();
    object.write(&mut out);
    assert_eq!(out, bytes);
    let changes = Changes {
        rename: &|name| Some([b"/elsewhere", name].concat()),
        fingerprint: [1; 8],
        import: &|_, old| Ok(old),
    };
    if let Ok(changed) = object.changed(&changes) {
        assert!(Object::read(&changed.to_vec()).is_ok());
    }
});
