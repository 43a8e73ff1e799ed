// A library in Rust: what a panic unwinds, a heap, a thread-local variable. RUST_STD: with the standard library; else with none.
#![cfg_attr(not(rust_std), no_std)]

#[cfg(not(rust_std))]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[cfg(not(rust_std))]
#[no_mangle]
pub extern "C" fn rust_answer(number: u32) -> u32 {
    let cells = [1u32, 2, 3, 4];
    cells[(number % 4) as usize] + number.count_ones() + (u128::from(number) * (1u128 << 90) / ((1u128 << 90) + 1)) as u32
}

#[cfg(rust_std)]
std::thread_local! {
    static CALLS: std::cell::RefCell<Vec<String>> = std::cell::RefCell::new(Vec::new());
}

#[cfg(rust_std)]
#[no_mangle]
pub extern "C" fn rust_answer(number: u32) -> u32 {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = std::panic::catch_unwind(|| {
        if number > 0 {
            panic!("on purpose");
        }
    });
    CALLS.with(|calls| {
        calls.borrow_mut().push(format!("call {}", number));
        let length = calls.borrow()[0].len() as u32;
        length + if caught.is_err() { 100 } else { 0 }
    })
}
