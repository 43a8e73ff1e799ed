// With the standard library: a sort that keeps the order of what is alike, in a vector of its own for each op.
#![crate_type = "staticlib"]
include!(concat!(env!("ENCBENCH_INCLUDE"), "/bench.rs"));

fn sorted(bytes: &[u8]) -> u64 {
    let mut words: Vec<u32> = bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    words.sort();
    words.iter().fold(0u64, |sum, word| sum.wrapping_mul(31).wrapping_add(*word as u64))
}

encbench_module! {
    variant stable;
    workload sort(input) [1024]: sorted(input);
}
