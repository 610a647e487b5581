//! As much of Mach-O as build IDs need: load commands. Answers to the uses of debug/macho and
//! cmd/internal/macho in cmd/internal/buildid.

use std::ops::Range;

use super::ReadAt;

const LC_SEGMENT: u32 = 0x1;
const LC_SEGMENT_64: u32 = 0x19;
const LC_UUID: u32 = 0x1b;
const LC_CODE_SIGNATURE: u32 = 0x1d;
const MH_EXECUTE: u32 = 2;

/// Reports whether these bytes begin a Mach-O file.
pub(super) fn is_macho(head: &[u8]) -> bool {
    format_of(head).is_some()
}

/// Reports whether it is a 64-bit file, and whether it is big-endian.
fn format_of(head: &[u8]) -> Option<(bool, bool)> {
    match head.get(..4)? {
        [0xfe, 0xed, 0xfa, 0xce] => Some((false, true)),
        [0xfe, 0xed, 0xfa, 0xcf] => Some((true, true)),
        [0xce, 0xfa, 0xed, 0xfe] => Some((false, false)),
        [0xcf, 0xfa, 0xed, 0xfe] => Some((true, false)),
        _ => None,
    }
}

/// A Mach-O file's load commands.
pub(super) struct Macho<'f, F: ?Sized> {
    file: &'f F,
    big_endian: bool,
    file_type: u32,
    /// Offset, number and bytes of each command.
    commands: Vec<(u64, u32, Vec<u8>)>,
}

impl<'f, F: ReadAt + ?Sized> Macho<'f, F> {
    /// Reads the load commands; `None` if there are none to read.
    pub(super) fn parse(file: &'f F) -> Option<Macho<'f, F>> {
        let head = file.bytes_at(0, 28)?;
        let (wide, big_endian) = format_of(&head)?;
        let mut macho = Macho {
            file,
            big_endian,
            file_type: 0,
            commands: Vec::new(),
        };
        macho.file_type = macho.word(&head, 12)?;
        let (count, size) = (macho.word(&head, 16)?, macho.word(&head, 20)?);
        let mut at = if wide { 32 } else { 28 };
        let bytes = file.bytes_at(at, size as usize)?;
        let mut rest = &bytes[..];
        for _ in 0..count {
            let number = macho.word(rest, 0)?;
            let size = macho.word(rest, 4)? as usize;
            let command = rest.get(..size).filter(|_| size >= 8)?;
            macho.commands.push((at, number, command.to_vec()));
            rest = &rest[size..];
            at += size as u64;
        }
        Some(macho)
    }

    fn word(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(if self.big_endian {
            u32::from_be_bytes(word)
        } else {
            u32::from_le_bytes(word)
        })
    }

    fn long(&self, bytes: &[u8], at: usize) -> Option<u64> {
        let long = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(if self.big_endian {
            u64::from_be_bytes(long)
        } else {
            u64::from_le_bytes(long)
        })
    }

    /// The first command of a number: its offset and bytes.
    fn command(&self, number: u32) -> Option<(u64, &[u8])> {
        let found = self.commands.iter().find(|command| command.1 == number)?;
        Some((found.0, &found.2))
    }

    /// A main executable, not a library or object?
    pub(super) fn is_executable(&self) -> bool {
        self.file_type == MH_EXECUTE
    }

    /// Where the code signature is.
    pub(super) fn code_signature(&self) -> Option<Range<u64>> {
        let (_, command) = self.command(LC_CODE_SIGNATURE)?;
        let (offset, size) = (self.word(command, 8)?, self.word(command, 12)?);
        Some(offset.into()..u64::from(offset) + u64::from(size))
    }

    /// Where the UUID is.
    pub(super) fn uuid(&self) -> Option<Range<u64>> {
        let (at, command) = self.command(LC_UUID)?;
        Some(at + 8..at + command.len() as u64)
    }

    /// The part of the file that the segment `__TEXT` is.
    pub(super) fn text_segment(&self) -> Option<Range<u64>> {
        self.commands.iter().find_map(|(_, number, command)| {
            if c_string(command.get(8..24)?) != b"__TEXT" {
                return None;
            }
            let (offset, size) = match *number {
                LC_SEGMENT => (
                    self.word(command, 32)?.into(),
                    self.word(command, 36)?.into(),
                ),
                LC_SEGMENT_64 => (self.long(command, 40)?, self.long(command, 48)?),
                _ => return None,
            };
            Some(offset..offset.checked_add(size)?)
        })
    }

    /// The beginning of the section `__text`.
    pub(super) fn text(&self, limit: usize) -> Option<Vec<u8>> {
        let (offset, size) = self.commands.iter().find_map(|(_, number, command)| {
            let (first, length, count_at) = match *number {
                LC_SEGMENT => (56, 68, 48),
                LC_SEGMENT_64 => (72, 80, 64),
                _ => return None,
            };
            let count = self.word(command, count_at)? as usize;
            (0..count).find_map(|i| {
                let section = command.get(first + i * length..)?.get(..length)?;
                if c_string(&section[..16]) != b"__text" {
                    return None;
                }
                Some(if length == 80 {
                    (self.word(section, 48)?, self.long(section, 40)?)
                } else {
                    (self.word(section, 40)?, self.word(section, 36)?.into())
                })
            })
        })?;
        let length = usize::try_from(size).unwrap_or(limit).min(limit);
        self.file.bytes_at(offset.into(), length)
    }
}

/// The bytes before the first zero.
fn c_string(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| *b == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}
