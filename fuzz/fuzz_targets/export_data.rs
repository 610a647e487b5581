//! Export data: writing it gives the input again, and renamed data can be read.
#![no_main]

use forgo_golang::object::pkgbits::{Export, Renames};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(export) = Export::read(bytes) else {
        return;
    };
    let mut out = Vec::new();
    export.write(&Renames::default(), &mut out);
    let sum = bytes.len() - 8;
    assert_eq!(out[..sum], bytes[..sum]);
    if let Ok(renames) = export.renames(&|name| Some([b"/elsewhere", name].concat())) {
        out.clear();
        export.write(&renames, &mut out);
        assert!(Export::read(&out).is_ok());
    }
});
