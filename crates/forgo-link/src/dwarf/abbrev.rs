//! The abbreviations, which are the same in every program: kinds of entries, and the attributes of
//! each. Answers to cmd/internal/dwarf/dwarf.go.

use super::put_uleb128;

/// Attributes.
#[allow(missing_docs, reason = "the names are DWARF's")]
pub mod at {
    pub const LOCATION: u16 = 0x02;
    pub const NAME: u16 = 0x03;
    pub const BYTE_SIZE: u16 = 0x0b;
    pub const STMT_LIST: u16 = 0x10;
    pub const LOW_PC: u16 = 0x11;
    pub const HIGH_PC: u16 = 0x12;
    pub const LANGUAGE: u16 = 0x13;
    pub const COMP_DIR: u16 = 0x1b;
    pub const CONST_VALUE: u16 = 0x1c;
    pub const INLINE: u16 = 0x20;
    pub const PRODUCER: u16 = 0x25;
    pub const ABSTRACT_ORIGIN: u16 = 0x31;
    pub const COUNT: u16 = 0x37;
    pub const DATA_MEMBER_LOCATION: u16 = 0x38;
    pub const DECL_FILE: u16 = 0x3a;
    pub const DECL_LINE: u16 = 0x3b;
    pub const ENCODING: u16 = 0x3e;
    pub const EXTERNAL: u16 = 0x3f;
    pub const FRAME_BASE: u16 = 0x40;
    pub const TYPE: u16 = 0x49;
    pub const VARIABLE_PARAMETER: u16 = 0x4b;
    pub const RANGES: u16 = 0x55;
    pub const TRAMPOLINE: u16 = 0x56;
    pub const CALL_FILE: u16 = 0x58;
    pub const CALL_LINE: u16 = 0x59;
    pub const ADDR_BASE: u16 = 0x73;
    pub const GO_KIND: u16 = 0x2900;
    pub const GO_KEY: u16 = 0x2901;
    pub const GO_ELEM: u16 = 0x2902;
    pub const GO_EMBEDDED_FIELD: u16 = 0x2903;
    pub const GO_RUNTIME_TYPE: u16 = 0x2904;
    pub const GO_PACKAGE_NAME: u16 = 0x2905;
    pub const GO_DICT_INDEX: u16 = 0x2906;
    pub const GO_CLOSURE_OFFSET: u16 = 0x2907;
}

/// How an attribute is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are DWARF's")]
pub enum Form {
    Addr = 0x01,
    Data4 = 0x06,
    String = 0x08,
    Block1 = 0x0a,
    Data1 = 0x0b,
    Flag = 0x0c,
    Sdata = 0x0d,
    Udata = 0x0f,
    RefAddr = 0x10,
    SecOffset = 0x17,
    Addrx = 0x1b,
}

use Form::*;

/// Kinds of entries that the linker makes, by their numbers.
#[allow(missing_docs, reason = "the names are cmd/internal/dwarf's")]
pub mod kind {
    pub const COMPUNIT: u8 = 1;
    pub const COMPUNIT_TEXTLESS: u8 = 2;
    pub const STRUCTFIELD: u8 = 14;
    pub const FUNCTYPEPARAM: u8 = 15;
    pub const FUNCTYPEOUTPARAM: u8 = 16;
    pub const DOTDOTDOT: u8 = 17;
    pub const ARRAYRANGE: u8 = 18;
    pub const NULLTYPE: u8 = 19;
    pub const BASETYPE: u8 = 20;
    pub const ARRAYTYPE: u8 = 21;
    pub const CHANTYPE: u8 = 22;
    pub const FUNCTYPE: u8 = 23;
    pub const IFACETYPE: u8 = 24;
    pub const MAPTYPE: u8 = 25;
    pub const PTRTYPE: u8 = 26;
    pub const BARE_PTRTYPE: u8 = 27;
    pub const SLICETYPE: u8 = 28;
    pub const STRINGTYPE: u8 = 29;
    pub const STRUCTTYPE: u8 = 30;
    pub const TYPEDECL: u8 = 31;
}

/// An abbreviation.
#[derive(Debug, Clone, Copy)]
pub struct Abbrev {
    tag: u8,
    /// Whether entries have children.
    pub children: bool,
    /// The attributes.
    pub attrs: &'static [(u16, Form)],
}

const fn abbrev(tag: u8, children: bool, attrs: &'static [(u16, Form)]) -> Abbrev {
    Abbrev {
        tag,
        children,
        attrs,
    }
}

/// The runtime's descriptor of a type, which all types may have.
const TYPE_TAIL: [(u16, Form); 2] = [(at::GO_KIND, Data1), (at::GO_RUNTIME_TYPE, Addr)];
const KIND: (u16, Form) = TYPE_TAIL[0];
const DESCRIPTOR: (u16, Form) = TYPE_TAIL[1];
const NAME: (u16, Form) = (at::NAME, String);
const TYPE: (u16, Form) = (at::TYPE, RefAddr);
const SIZE: (u16, Form) = (at::BYTE_SIZE, Udata);
const LOW: (u16, Form) = (at::LOW_PC, Addrx);
const HIGH: (u16, Form) = (at::HIGH_PC, Udata);
const ORIGIN: (u16, Form) = (at::ABSTRACT_ORIGIN, RefAddr);
const LINE: (u16, Form) = (at::DECL_LINE, Udata);
const EXTERNAL: (u16, Form) = (at::EXTERNAL, Flag);
const FRAME: (u16, Form) = (at::FRAME_BASE, Block1);
const RANGES: (u16, Form) = (at::RANGES, SecOffset);
const CALL: [(u16, Form); 2] = [(at::CALL_FILE, Data4), (at::CALL_LINE, Udata)];
const RESULT: (u16, Form) = (at::VARIABLE_PARAMETER, Flag);
const CLOSURE: (u16, Form) = (at::GO_CLOSURE_OFFSET, Udata);
const LIST: (u16, Form) = (at::LOCATION, SecOffset);
const BLOCK: (u16, Form) = (at::LOCATION, Block1);
const PRODUCER: [(u16, Form); 3] = [
    (at::COMP_DIR, String),
    (at::PRODUCER, String),
    (at::GO_PACKAGE_NAME, String),
];

const VARIABLE: u8 = 0x34;
const PARAMETER: u8 = 0x05;

/// The abbreviations; the first has number 1.
pub const ABBREVS: [Abbrev; 46] = [
    abbrev(
        0x11,
        true,
        &[
            NAME,
            (at::LANGUAGE, Data1),
            (at::STMT_LIST, SecOffset),
            (at::LOW_PC, Addr),
            RANGES,
            PRODUCER[0],
            PRODUCER[1],
            PRODUCER[2],
            (at::ADDR_BASE, SecOffset),
        ],
    ),
    abbrev(
        0x11,
        true,
        &[
            NAME,
            (at::LANGUAGE, Data1),
            PRODUCER[0],
            PRODUCER[1],
            PRODUCER[2],
        ],
    ),
    abbrev(
        0x2e,
        true,
        &[
            NAME,
            LOW,
            HIGH,
            FRAME,
            (at::DECL_FILE, Data4),
            LINE,
            EXTERNAL,
        ],
    ),
    abbrev(
        0x2e,
        true,
        &[NAME, LOW, HIGH, FRAME, (at::TRAMPOLINE, Flag)],
    ),
    abbrev(0x2e, true, &[NAME, (at::INLINE, Data1), LINE, EXTERNAL]),
    abbrev(0x2e, true, &[ORIGIN, LOW, HIGH, FRAME]),
    abbrev(
        0x2e,
        true,
        &[ORIGIN, LOW, HIGH, FRAME, (at::TRAMPOLINE, Flag)],
    ),
    abbrev(0x1d, true, &[ORIGIN, LOW, HIGH, CALL[0], CALL[1]]),
    abbrev(0x1d, true, &[ORIGIN, RANGES, CALL[0], CALL[1]]),
    abbrev(VARIABLE, false, &[NAME, BLOCK, TYPE, EXTERNAL]),
    abbrev(0x27, false, &[NAME, TYPE, (at::CONST_VALUE, Sdata)]),
    abbrev(0x0b, true, &[RANGES]),
    abbrev(0x0b, true, &[(at::LOW_PC, Addr), (at::HIGH_PC, Addr)]),
    abbrev(
        0x0d,
        false,
        &[
            NAME,
            (at::DATA_MEMBER_LOCATION, Udata),
            TYPE,
            (at::GO_EMBEDDED_FIELD, Flag),
        ],
    ),
    abbrev(PARAMETER, false, &[TYPE]),
    abbrev(PARAMETER, false, &[RESULT, TYPE]),
    abbrev(0x18, false, &[]),
    abbrev(0x21, false, &[TYPE, (at::COUNT, Udata)]),
    abbrev(0x3b, false, &[NAME]),
    abbrev(
        0x24,
        false,
        &[
            NAME,
            (at::ENCODING, Data1),
            (at::BYTE_SIZE, Data1),
            KIND,
            DESCRIPTOR,
        ],
    ),
    abbrev(0x01, true, &[NAME, TYPE, SIZE, KIND, DESCRIPTOR]),
    abbrev(
        0x16,
        false,
        &[NAME, TYPE, KIND, DESCRIPTOR, (at::GO_ELEM, RefAddr)],
    ),
    abbrev(0x15, true, &[NAME, SIZE, KIND, DESCRIPTOR]),
    abbrev(0x16, true, &[NAME, TYPE, KIND, DESCRIPTOR]),
    abbrev(
        0x16,
        false,
        &[
            NAME,
            TYPE,
            KIND,
            DESCRIPTOR,
            (at::GO_KEY, RefAddr),
            (at::GO_ELEM, RefAddr),
        ],
    ),
    abbrev(0x0f, false, &[NAME, TYPE, KIND, DESCRIPTOR]),
    abbrev(0x0f, false, &[NAME, DESCRIPTOR]),
    abbrev(
        0x13,
        true,
        &[NAME, SIZE, KIND, DESCRIPTOR, (at::GO_ELEM, RefAddr)],
    ),
    abbrev(0x13, true, &[NAME, SIZE, KIND, DESCRIPTOR]),
    abbrev(0x13, true, &[NAME, SIZE, KIND, DESCRIPTOR]),
    abbrev(0x16, false, &[NAME, TYPE]),
    abbrev(0x16, false, &[NAME, TYPE, (at::GO_DICT_INDEX, Udata)]),
    // Variables, of which only the compiler makes entries.
    abbrev(VARIABLE, false, &[NAME, LINE, TYPE]),
    abbrev(PARAMETER, false, &[NAME, RESULT, TYPE]),
    abbrev(VARIABLE, false, &[ORIGIN, LIST]),
    abbrev(VARIABLE, false, &[ORIGIN, BLOCK]),
    abbrev(VARIABLE, false, &[NAME, LINE, TYPE, CLOSURE, LIST]),
    abbrev(VARIABLE, false, &[NAME, LINE, TYPE, CLOSURE, BLOCK]),
    abbrev(VARIABLE, false, &[NAME, LINE, TYPE, LIST]),
    abbrev(VARIABLE, false, &[NAME, LINE, TYPE, BLOCK]),
    abbrev(PARAMETER, false, &[ORIGIN, LIST]),
    abbrev(PARAMETER, false, &[ORIGIN, BLOCK]),
    abbrev(PARAMETER, false, &[NAME, RESULT, LINE, TYPE, CLOSURE, LIST]),
    abbrev(
        PARAMETER,
        false,
        &[NAME, RESULT, LINE, TYPE, CLOSURE, BLOCK],
    ),
    abbrev(PARAMETER, false, &[NAME, RESULT, LINE, TYPE, LIST]),
    abbrev(PARAMETER, false, &[NAME, RESULT, LINE, TYPE, BLOCK]),
];

/// The abbreviation of a kind of entries.
pub fn of(kind: u8) -> &'static Abbrev {
    const NO_ABBREV: Abbrev = abbrev(0, false, &[]);
    ABBREVS
        .get(usize::from(kind).wrapping_sub(1))
        .unwrap_or(&NO_ABBREV)
}

/// The content of .debug_abbrev.
pub fn table() -> Vec<u8> {
    let mut out = Vec::new();
    for (i, abbrev) in ABBREVS.iter().enumerate() {
        put_uleb128(&mut out, i as u64 + 1);
        put_uleb128(&mut out, u64::from(abbrev.tag));
        out.push(u8::from(abbrev.children));
        for (at, form) in abbrev.attrs {
            put_uleb128(&mut out, u64::from(*at));
            put_uleb128(&mut out, u64::from(*form as u8));
        }
        out.extend_from_slice(&[0, 0]);
    }
    out.push(0);
    out
}
