// A hash that folds eight bytes at a time, without the standard library.
#![no_std]
#![crate_type = "staticlib"]
include!(concat!(env!("ENCBENCH_INCLUDE"), "/bench.rs"));

fn folded(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for word in bytes.chunks_exact(8) {
        let number = u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
        hash = hash.rotate_left(5) ^ number;
    }
    hash
}

encbench_module! {
    variant folded;
    workload hash(input) [64, 1024]: folded(input);
    workload doubled(input, out: 2 * input.len()) [64]: { for (i, byte) in input.iter().enumerate() { out[2 * i] = *byte; out[2 * i + 1] = *byte; } out.len() };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    encbench::stop()
}
