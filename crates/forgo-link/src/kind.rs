//! The kind of memory that a symbol stands for. Answers to cmd/link/internal/sym/symkind.go.
//!
//! The order matters: ranges of kinds are tested, and the text segment is sorted by kind. The kinds
//! of both releases are in one list; those of Go 1.26 alone stand where they do not change a range.

/// A symbol's kind, which decides its section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are cmd/link's")]
pub enum Kind {
    Xxx,
    Text,
    TextFipsStart,
    TextFips,
    TextFipsEnd,
    TextEnd,
    ElfRxSect,
    GoString,
    GcBits,
    RoData,
    RoDataFipsStart,
    RoDataFips,
    RoDataFipsEnd,
    RoDataEnd,
    Pclntab,
    ElfRoSect,
    RoDataRelro,
    TypeRelro,
    GoStringRelro,
    GoFuncRelro,
    GcBitsRelro,
    Type,
    GoFunc,
    ElfRelroSect,
    TypeLink,
    ItabLink,
    BuildInfo,
    FipsInfo,
    ElfSect,
    ModuleData,
    ElfGot,
    NoPtrData,
    NoPtrDataFipsStart,
    NoPtrDataFips,
    NoPtrDataFipsEnd,
    NoPtrDataEnd,
    Data,
    DataFipsStart,
    DataFips,
    DataFipsEnd,
    DataEnd,
    Bss,
    NoPtrBss,
    GcMask,
    Fuzzer8BitCounter,
    CoverageCounter,
    CoverageAuxVar,
    TlsBss,
    FirstUnallocated,
    Xref,
    DynImport,
    HostObj,
    DwarfSect,
    DwarfCuInfo,
    DwarfConst,
    DwarfFcn,
    DwarfAbsFcn,
    DwarfType,
    DwarfVar,
    DwarfRange,
    DwarfLoc,
    DwarfLines,
    DwarfAddr,
    SehUnwindInfo,
}

/// Number of kinds that a data section is made of.
pub const ALLOCATED: usize = Kind::FirstUnallocated as usize;

impl Kind {
    /// The kinds of data, in their order here.
    pub fn data() -> impl Iterator<Item = Kind> {
        use Kind::*;
        const DATA: [Kind; ALLOCATED - ElfRxSect as usize] = [
            ElfRxSect,
            GoString,
            GcBits,
            RoData,
            RoDataFipsStart,
            RoDataFips,
            RoDataFipsEnd,
            RoDataEnd,
            Pclntab,
            ElfRoSect,
            RoDataRelro,
            TypeRelro,
            GoStringRelro,
            GoFuncRelro,
            GcBitsRelro,
            Type,
            GoFunc,
            ElfRelroSect,
            TypeLink,
            ItabLink,
            BuildInfo,
            FipsInfo,
            ElfSect,
            ModuleData,
            ElfGot,
            NoPtrData,
            NoPtrDataFipsStart,
            NoPtrDataFips,
            NoPtrDataFipsEnd,
            NoPtrDataEnd,
            Data,
            DataFipsStart,
            DataFips,
            DataFipsEnd,
            DataEnd,
            Bss,
            NoPtrBss,
            GcMask,
            Fuzzer8BitCounter,
            CoverageCounter,
            CoverageAuxVar,
            TlsBss,
        ];
        DATA.into_iter()
    }

    /// The kind of a symbol in an object file, where kinds have other numbers
    /// (cmd/internal/objabi/symkind.go).
    pub fn of_object(number: u8) -> Option<Kind> {
        use Kind::*;
        const KINDS: [Kind; 26] = [
            Xxx,
            Text,
            TextFips,
            RoData,
            RoDataFips,
            NoPtrData,
            NoPtrDataFips,
            Data,
            DataFips,
            Bss,
            NoPtrBss,
            TlsBss,
            DwarfCuInfo,
            DwarfConst,
            DwarfFcn,
            DwarfAbsFcn,
            DwarfType,
            DwarfVar,
            DwarfRange,
            DwarfLoc,
            DwarfLines,
            DwarfAddr,
            Fuzzer8BitCounter,
            CoverageCounter,
            CoverageAuxVar,
            SehUnwindInfo,
        ];
        KINDS.get(usize::from(number)).copied()
    }

    /// Reports whether this is code.
    pub fn is_text(self) -> bool {
        (Kind::Text..=Kind::TextEnd).contains(&self)
    }

    /// Reports whether this is writable data or zeros of any kind.
    pub fn is_data(self) -> bool {
        (Kind::NoPtrData..=Kind::NoPtrBss).contains(&self)
    }

    /// Reports whether this is initialized data with pointers.
    pub fn is_pointer_data(self) -> bool {
        (Kind::Data..=Kind::DataEnd).contains(&self)
    }

    /// Reports whether this is read-only data without relocations at run time.
    pub fn is_rodata(self) -> bool {
        (Kind::RoData..=Kind::RoDataEnd).contains(&self)
    }

    /// Reports whether this is initialized data without pointers.
    pub fn is_noptr_data(self) -> bool {
        (Kind::NoPtrData..=Kind::NoPtrDataEnd).contains(&self)
    }

    /// Reports whether a symbol of this kind can be in a data section.
    pub fn is_allocated_data(self) -> bool {
        (Kind::ElfRxSect..Kind::FirstUnallocated).contains(&self)
    }
}
