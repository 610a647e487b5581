//! How many back ends each compile may run at once (`-c`): tokens shared by all compiles of a run.
//!
//! Answers to compilerConcurrency in cmd/go/internal/work/gc.go.

use std::sync::Mutex;

use forgo_load::config::Config;

/// The tokens of a run: twice the processors, and for each of the compiles that -p allows at once a
/// minimum that is set aside.
#[derive(Debug)]
pub struct CompileTokens {
    /// How many compiles there can be at once (-p).
    processes: usize,
    /// The most that one compile gets.
    most: usize,
    /// The least that one compile gets.
    least: usize,
    pool: Mutex<Pool>,
}

#[derive(Debug)]
struct Pool {
    tokens: usize,
    compiles: usize,
}

/// Tokens lent to a compile; dropped when it is over.
#[derive(Debug)]
pub struct Lent<'a> {
    from: &'a CompileTokens,
    tokens: usize,
}

impl CompileTokens {
    /// Tokens for a run under these settings.
    pub fn new(config: &Config) -> Self {
        let most = config.gomaxprocs;
        let least = most.min(4);
        let processes = config.flags.p;
        let tokens = 2 * most + least * processes;
        CompileTokens {
            processes,
            most,
            least,
            pool: Mutex::new(Pool {
                tokens,
                compiles: 0,
            }),
        }
    }

    /// Half of the tokens that are free, within bounds; all processors if compiles run one by one.
    pub fn take(&self) -> Lent<'_> {
        if self.processes == 1 {
            return Lent {
                from: self,
                tokens: self.most,
            };
        }
        let mut pool = self.lock();
        pool.compiles += 1;
        let set_aside = self.processes.saturating_sub(pool.compiles) * self.least;
        let free = pool.tokens.saturating_sub(set_aside);
        let tokens = (free / 2).min(self.most).max(self.least);
        pool.tokens = pool.tokens.saturating_sub(tokens);
        Lent { from: self, tokens }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Lent<'_> {
    /// How many back ends may run.
    pub fn count(&self) -> usize {
        self.tokens
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if self.from.processes != 1 {
            let mut pool = self.from.lock();
            pool.compiles -= 1;
            pool.tokens += self.tokens;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(processes: usize, gomaxprocs: usize) -> CompileTokens {
        let mut config = Config {
            gomaxprocs,
            ..Config::default()
        };
        config.flags.p = processes;
        CompileTokens::new(&config)
    }

    #[test]
    fn a_lone_compile_gets_every_processor() {
        assert_eq!(tokens(1, 8).take().count(), 8);
        assert_eq!(tokens(8, 8).take().count(), 8);
    }

    #[test]
    fn many_compiles_share_down_to_the_minimum_and_all_comes_back() {
        let tokens = tokens(8, 8);
        let total = tokens.lock().tokens;
        assert_eq!(total, 48);
        let lent: Vec<_> = (0..8).map(|_| tokens.take()).collect();
        let counts: Vec<_> = lent.iter().map(Lent::count).collect();
        assert_eq!(counts, [8, 8, 6, 5, 4, 4, 4, 4]);
        drop(lent);
        assert_eq!(tokens.lock().tokens, total);
    }
}
