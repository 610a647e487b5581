//! The field Deps: all dependencies of each package, transitively. Kept as sets of numbers, for
//! thousands of packages have hundreds each; names are made of them where they are asked for.

use std::collections::HashMap;

use forgo_load::package::{PackageGraph, PackageId};

/// The dependencies of packages.
#[derive(Debug, Default)]
pub struct Deps {
    /// By number, one package of each import path, sorted by it.
    named: Vec<PackageId>,
    /// By package, the numbers of its dependencies' import paths, a bit for each.
    sets: HashMap<PackageId, Vec<u64>>,
}

impl Deps {
    /// Those of packages that are in dependency order.
    pub fn collect(graph: &PackageGraph, all: &[PackageId]) -> Deps {
        let imports = |id: &PackageId| graph[*id].internal.imports.iter().copied();
        let path = |id: &PackageId| graph[*id].import_path.as_str();
        let mut named: Vec<_> = all.iter().flat_map(imports).collect();
        named.sort_unstable_by_key(path);
        named.dedup_by_key(|id| path(id));
        let number: HashMap<&str, usize> = named.iter().map(path).zip(0..).collect();
        let mut sets: HashMap<PackageId, Vec<u64>> = HashMap::with_capacity(all.len());
        for id in all {
            let mut set = vec![0; named.len().div_ceil(64)];
            for import in imports(id) {
                let number = number[path(&import)];
                set[number / 64] |= 1 << (number % 64);
                for (word, more) in set.iter_mut().zip(sets.get(&import).into_iter().flatten()) {
                    *word |= more;
                }
            }
            sets.insert(*id, set);
        }
        Deps { named, sets }
    }

    /// The import paths of a package's dependencies, sorted.
    pub fn of<'g>(&self, graph: &'g PackageGraph, id: PackageId) -> Vec<&'g str> {
        let mut paths = Vec::new();
        for (place, word) in self.sets.get(&id).into_iter().flatten().enumerate() {
            let mut left = *word;
            while left != 0 {
                let number = place * 64 + left.trailing_zeros() as usize;
                paths.push(graph[self.named[number]].import_path.as_str());
                left &= left - 1;
            }
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use forgo_load::package::Package;

    use super::*;

    /// `graph[i]` is named by its first word and imports the others, which are numbers.
    fn graph(packages: &[(&str, &[u32])]) -> PackageGraph {
        let mut graph = PackageGraph::default();
        for (path, imports) in packages {
            let mut p = Package {
                import_path: (*path).to_owned(),
                ..Package::default()
            };
            p.internal.imports = imports.iter().copied().map(PackageId).collect();
            graph.packages.push(p);
        }
        graph
    }

    #[test]
    fn dependencies_of_dependencies_sorted_once_each() {
        let chain: Vec<String> = (0..200).map(|i| format!("chain/{i:03}")).collect();
        let mut packages = vec![("b", &[][..]), ("a", &[0]), ("a", &[]), ("c", &[1, 2])];
        let links: Vec<[u32; 1]> = (3..203).map(|i| [i]).collect();
        for (path, link) in chain.iter().zip(&links) {
            packages.push((path, link));
        }
        let graph = graph(&packages);
        let all: Vec<PackageId> = (0..graph.packages.len() as u32).map(PackageId).collect();
        let deps = Deps::collect(&graph, &all);
        let of = |id: u32| deps.of(&graph, PackageId(id));
        assert!(of(0).is_empty());
        assert_eq!(of(3), ["a", "b"]);
        let last = of(203);
        assert_eq!(
            (last.len(), &last[..4]),
            (202, &["a", "b", "c", "chain/000"][..])
        );
        assert!(last.is_sorted());
        // Facts that were not requested are missing.
        assert!(
            Deps::collect(&graph, &all[..2])
                .of(&graph, PackageId(3))
                .is_empty()
        );
    }
}
