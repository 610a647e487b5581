//! The edits of the module, one thing at a time. Each edit describes itself completely, so that a
//! sequence can be repeated, also without some of its edits.

use std::fmt;

/// How many packages the module has beside its programs.
pub const PACKAGES: usize = 4;

/// One edit. `p` is a package, `n` a number that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The body of a function that is not inlined.
    Body {
        p: usize,
        n: u8,
    },
    /// The body of one that is.
    Inlined {
        p: usize,
        n: u8,
    },
    /// An exported constant.
    Constant {
        p: usize,
        n: u8,
    },
    /// Whether an exported function has a parameter, and its calls.
    Signature {
        p: usize,
    },
    /// A field more or less in an exported struct.
    Field {
        p: usize,
    },
    /// A comment at the end of a file.
    Comment {
        p: usize,
        n: u8,
    },
    /// Lines at its beginning, which move all positions.
    Lines {
        p: usize,
        n: u8,
    },
    /// One more file, or not.
    Extra {
        p: usize,
    },
    /// Its name.
    Rename {
        p: usize,
    },
    /// Its build tag.
    Tag {
        p: usize,
    },
    /// An import more or less, from a package to the last one.
    Import {
        p: usize,
    },
    /// An error in a file, or no longer.
    Broken {
        p: usize,
    },
    /// A package's directory is called otherwise.
    Move,
    /// The embedded file.
    Embed {
        n: u8,
    },
    /// One more embedded file, or not.
    EmbedMore,
    /// A number in assembly.
    Assembly {
        n: u8,
    },
    /// Of the cgo package: the body of a C function, a constant in its header, a field more or less
    /// in a struct there, the body of a Go function.
    CBody {
        n: u8,
    },
    CConstant {
        n: u8,
    },
    CField,
    BesideC {
        n: u8,
    },
    /// The file that a test reads.
    Data {
        n: u8,
    },
    /// The `go` line of go.mod.
    GoLine {
        n: u8,
    },
    /// A `godebug` line in go.mod, or not.
    GoDebug,
    /// The other module, which a `replace` leads to.
    Other {
        n: u8,
    },
    /// The replacement is another directory.
    Replace,
    /// A variable that a test reads.
    Variable {
        n: u8,
    },
    /// Flags: `-tags`, `-trimpath`, `-ldflags`, `-gcflags`, and back.
    Tags,
    Trimpath,
    Stripped,
    NotOptimized,
    /// A file is written again as it is.
    Rewritten {
        p: usize,
    },
    /// A file gets a modification time in the past, or in the future.
    Touched {
        p: usize,
        hours: i8,
    },
    /// A file is replaced by one of the same size, and given the old one's modification time.
    SameStat {
        p: usize,
        n: u8,
    },
    /// All is again as it was so many steps ago.
    Back {
        steps: u8,
    },
    /// The output is removed, or overwritten.
    OutputGone,
    OutputOverwritten,
    /// Until nothing is too young for its time to tell whether it was changed.
    Rested,
    /// forgo is killed after so many milliseconds.
    Killed {
        ms: u8,
    },
    /// A file of forgo's cache is cut off.
    CutOff {
        n: u8,
    },
}

/// The command after an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// `build -o out ./...`
    Install,
    /// `build ./...`
    Build,
    /// `build -o out/main .`
    One,
    /// `test ./...`
    Test,
    /// `vet ./...`
    Vet,
    /// `list -deps`, with facts of each package.
    List,
}

/// An edit and the question after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub edit: Edit,
    pub ask: Ask,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, then {:?}", self.edit, self.ask)
    }
}

/// Numbers that look random and are the same for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Any step.
    pub fn step(&mut self) -> Step {
        let edit = self.edit();
        self.asked_after(edit)
    }

    fn asked_after(&mut self, edit: Edit) -> Step {
        let ask = match self.below(12) {
            0..=3 => Ask::Install,
            4..=5 => Ask::Build,
            6..=7 => Ask::One,
            8..=9 => Ask::Test,
            10 => Ask::Vet,
            _ => Ask::List,
        };
        Step { edit, ask }
    }

    fn edit(&mut self) -> Edit {
        let p = self.below(PACKAGES as u64) as usize;
        let n = self.below(5) as u8;
        // The edits that people make most often come up most often.
        match self.below(53) {
            0..=5 => Edit::Body { p, n },
            6..=7 => Edit::Inlined { p, n },
            8..=9 => Edit::Constant { p, n },
            10..=11 => Edit::Signature { p },
            12 => Edit::Field { p },
            13..=14 => Edit::Comment { p, n },
            15 => Edit::Lines { p, n },
            16..=17 => Edit::Extra { p },
            18 => Edit::Rename { p },
            19 => Edit::Tag { p },
            20 => Edit::Import { p },
            21 => Edit::Broken { p },
            22 => Edit::Move,
            23 => Edit::Embed { n },
            24 => Edit::EmbedMore,
            25 => Edit::Assembly { n },
            26..=27 => Edit::Data { n },
            28 => Edit::GoLine { n },
            29 => Edit::GoDebug,
            30 => Edit::Other { n },
            31 => Edit::Replace,
            32 => Edit::Variable { n },
            33 => Edit::Tags,
            34 => Edit::Trimpath,
            35 => Edit::Stripped,
            36 => Edit::NotOptimized,
            37 => Edit::Rewritten { p },
            38 => Edit::Touched {
                p,
                hours: [-100, -1, 1, 50, -3][usize::from(n)],
            },
            39..=40 => Edit::SameStat { p, n },
            41..=43 => Edit::Back { steps: n + 1 },
            44 => Edit::OutputGone,
            45 => Edit::OutputOverwritten,
            46 => Edit::Rested,
            47 => Edit::Killed { ms: n * n * 12 },
            48 => Edit::CBody { n },
            49 => Edit::CConstant { n },
            50 => Edit::CField,
            51 => Edit::BesideC { n },
            _ => Edit::CutOff { n },
        }
    }
}

/// Some edits, made again and again: earlier states come back, in many orders.
pub struct Palette(Vec<Edit>);

impl Palette {
    /// With edits of so many kinds, and those that every palette has.
    pub fn draw(dice: &mut Dice, kinds: usize) -> Palette {
        let mut palette = vec![
            Edit::Back { steps: 1 },
            Edit::Back { steps: 3 },
            Edit::OutputGone,
            Edit::OutputOverwritten,
            Edit::Rested,
        ];
        let mut drawn = Vec::new();
        while drawn.len() < kinds {
            let kind = std::mem::discriminant(&dice.edit());
            if palette.iter().all(|e| std::mem::discriminant(e) != kind) && !drawn.contains(&kind) {
                drawn.push(kind);
            }
        }
        for kind in drawn {
            // Of other packages, with other numbers.
            for _ in 0..3 {
                let edit = std::iter::repeat_with(|| dice.edit())
                    .find(|edit| std::mem::discriminant(edit) == kind);
                palette.extend(edit.filter(|edit| !palette.contains(edit)));
            }
        }
        Palette(palette)
    }

    /// One of its edits, and any question.
    pub fn step(&self, dice: &mut Dice) -> Step {
        let edit = self.0[dice.below(self.0.len() as u64) as usize];
        dice.asked_after(edit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_palette_repeats_few_edits() {
        let mut dice = Dice::new(3);
        let palette = Palette::draw(&mut dice, 4);
        let steps: Vec<_> = (0..200).map(|_| palette.step(&mut dice)).collect();
        let mut kinds: Vec<_> = steps
            .iter()
            .map(|step| std::mem::discriminant(&step.edit))
            .collect();
        kinds.dedup();
        let mut different = Vec::new();
        for kind in kinds {
            if !different.contains(&kind) {
                different.push(kind);
            }
        }
        assert_eq!(different.len(), 4 + 4);
    }

    #[test]
    fn a_seed_is_a_sequence() {
        let steps = |seed| {
            let mut dice = Dice::new(seed);
            (0..500).map(|_| dice.step()).collect::<Vec<_>>()
        };
        assert_eq!(steps(1), steps(1));
        assert_ne!(steps(1), steps(2));
        let is = |wanted: fn(&Step) -> bool| steps(1).iter().any(wanted);
        assert!(is(|s| matches!(s.edit, Edit::CutOff { .. })));
        assert!(is(|s| s.ask == Ask::List));
    }
}
