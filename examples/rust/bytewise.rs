// The same hash a byte at a time: what one writes first.
#![no_std]
#![crate_type = "staticlib"]
include!(concat!(env!("ENCBENCH_INCLUDE"), "/bench.rs"));

fn folded(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut number = 0u64;
    for (i, byte) in bytes.iter().enumerate() {
        number |= (*byte as u64) << (8 * (i % 8));
        if i % 8 == 7 {
            hash = hash.rotate_left(5) ^ number;
            number = 0;
        }
    }
    hash
}

encbench_module! {
    variant bytewise;
    workload hash(input) [64, 1024]: folded(input);
    workload doubled(input, out: 2 * input.len()) [64]: { for (i, byte) in input.iter().enumerate() { out[2 * i] = *byte; out[2 * i + 1] = *byte; } out.len() };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    encbench::stop()
}
