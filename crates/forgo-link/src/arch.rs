//! The differences between architectures.

use crate::error::{Result, unsupported};

/// A supported architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// x86-64
    Amd64,
    /// 64-bit ARM: static executables without objects of other compilers
    Arm64,
}

/// What passes need to know of an architecture. Answers to Arch in cmd/internal/sys and in
/// cmd/link/internal/ld/lib.go.
#[derive(Debug)]
pub struct Target {
    /// ELF's number of the machine.
    pub machine: u16,
    /// The dynamic linker, and musl's, which is used where only that one exists.
    pub interpreters: [&'static str; 2],
    /// The program's first function.
    pub entry: &'static str,
    /// The address of an executable's first page.
    pub base: i64,
    /// The alignment of segments.
    pub page: i64,
    /// The alignment of functions.
    pub function_align: i64,
    /// The byte between functions.
    pub code_pad: u8,
    /// The size of the shortest instruction.
    pub quantum: u32,
    /// Bytes that a call pushes: 0 where it leaves the return address in a register.
    pub call: i32,
    /// Bytes of the nosplit limit that the frame pointer takes.
    pub frame_pointer: i32,
    /// DWARF's numbers of the stack pointer and of the return address.
    pub registers: [u8; 2],
    /// How far a call's relocation follows the address to which a deferred function returns.
    pub deferreturn: u32,
    /// The size of code from which calls may need trampolines.
    pub code_limit: i64,
}

impl Arch {
    /// Returns the architecture of a GOARCH.
    pub fn of(name: &str) -> Result<Arch> {
        match name {
            "amd64" => Ok(Arch::Amd64),
            "arm64" => Ok(Arch::Arm64),
            _ => unsupported(format!("architecture {name}")),
        }
    }

    /// Returns its constants.
    pub fn target(self) -> &'static Target {
        match self {
            Arch::Amd64 => &AMD64,
            Arch::Arm64 => &ARM64,
        }
    }
}

const AMD64: Target = Target {
    machine: 62,
    interpreters: ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"],
    entry: "_rt0_amd64_linux",
    base: 1 << 22,
    page: 4096,
    function_align: 32,
    // A breakpoint.
    code_pad: 0xcc,
    quantum: 1,
    call: 8,
    frame_pointer: 0,
    registers: [7, 16],
    deferreturn: 1,
    code_limit: i64::MAX,
};

const ARM64: Target = Target {
    machine: 183,
    interpreters: ["/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"],
    entry: "_rt0_arm64_linux",
    base: 1 << 16,
    page: 1 << 16,
    function_align: 16,
    code_pad: 0,
    quantum: 4,
    call: 0,
    frame_pointer: 8,
    registers: [31, 30],
    deferreturn: 0,
    code_limit: 0x7c0_0000,
};
