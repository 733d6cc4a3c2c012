//! How fast a corpus is made on one thread, files and hashes included. Divide by the machine's
//! cores nothing: it is per core already.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vaultdrill_generators::{Attack, Estate, LookAlike, Plan, generate};

fn scenario_files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
    let paths = fs::read_dir(folder)
        .expect("the scenarios are beside the crate")
        .flatten()
        .map(|entry| entry.path());
    let read = |path: &Path| fs::read_to_string(path).expect("a scenario file is text");
    paths.map(|path| (path.display().to_string(), read(&path))).collect()
}

fn benchmark(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let estates = scenario_files("estates");
    let midsize = estates.iter().find(|(name, _)| name.ends_with("midsize.toml"));
    let (name, text) = midsize.expect("there is the default estate");
    let parse_attack =
        |(name, text): &(String, String)| Attack::parse(name, text).expect("a valid file");
    let parse_look_alike =
        |(name, text): &(String, String)| LookAlike::parse(name, text).expect("a valid file");
    let plan = Plan {
        estate: Estate::parse(name, text).expect("a valid file"),
        attacks: scenario_files("attacks").iter().map(parse_attack).collect(),
        withheld: Vec::new(),
        look_alikes: scenario_files("look-alikes").iter().map(parse_look_alike).collect(),
        seed: 1,
        events: Some(200_000),
        days: 7,
        warmup_days: 2,
        threads: 1,
        out: directory.path().to_owned(),
        force: true,
    };
    let bytes = generate(&plan, &mut |_| {}).expect("a corpus").bytes;
    let mut group = criterion.benchmark_group("generate");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);
    group.bench_function("midsize on one thread", |bencher| {
        bencher.iter(|| black_box(generate(&plan, &mut |_| {}).expect("a corpus")));
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
