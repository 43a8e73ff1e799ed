// Workloads and variants of encbench in Rust (1.63 and later), over ABI 2 of module.h; no cargo, no crate: a source includes this file.
//
//     #![no_std]
//     #![crate_type = "staticlib"]
//     include!(concat!(env!("ENCBENCH_INCLUDE"), "/bench.rs"));
//
//     encbench_module! {
//         variant folded;
//         workload hash(input) [64, 1024]: folded(input);
//         workload hex(input, out: 2 * input.len()) [64]: to_hex(input, out);
//     }
//     #[panic_handler]
//     fn panic(_: &core::panic::PanicInfo) -> ! { encbench::stop() }
//
//     ENCBENCH_INCLUDE=PREFIX/include/encbench rustc --edition 2021 -C opt-level=2 -C panic=abort -C relocation-model=pic -C codegen-units=1 \
//         -o folded.a folded.rs && ld -r --gc-sections -u encbench_module -o folded.o folded.a
//
// A workload is its name, its input (`&[u8]`, another one in every op), sizes of the input in bytes (each a workload of its own,
// NAME_SIZE), and the op: an expression of u64, its output; or with `out`, a `&mut [u8]` of so many bytes, an expression of usize: how many
// bytes of it are the output. What a source is called is its variant.
pub mod encbench {
    use core::ffi::c_void;

    type Chars = *const u8;

    #[repr(C)]
    pub struct Host {
        abi_version: u32,
        host_bytes: u32,
        input: Chars,
        input_bytes: usize,
        allocated_bytes: *const c_void,
        data_directory: Chars,
        live_bytes: *const c_void,
        ring: Chars,
        ring_first_bytes: u64,
        ring_stride_bytes: u64,
        ring_mask_bytes: u64,
    }

    pub type Run = unsafe extern "C" fn(*mut c_void, u32, u64) -> u64;
    pub type Output = unsafe extern "C" fn(*mut c_void, u32, *mut Chars) -> usize;
    pub type SetUp = unsafe extern "C" fn(*mut Host, u64, *mut *mut c_void, *mut u8, usize) -> i32;

    #[repr(C)]
    pub struct Workload {
        pub names: [Chars; 3], // name, short name, op
        pub input_bytes: u64,
        pub numbers: [u64; 5], // bytes_per_op, batch_max_ops, batch_multiple_ops, rewarm_ops, planted_cycles_per_op
        pub threads_max: u32,
        pub flags: u32,
        pub digest: usize,
        pub set_up: SetUp,
        pub before: usize,
        pub run: Run,
        pub after: usize,
        pub tear_down: unsafe extern "C" fn(*mut c_void),
        pub metrics: usize,
        pub output: Output,
        pub others: [usize; 6], // run_latency ... thread_after
        pub threads_min: u32,
        pub reserved: u32,
    }

    #[repr(C)]
    pub struct Module {
        pub numbers: [u32; 8], // abi_version, module_bytes, workload_bytes, axis_count, field_count, workload_count, structure_bytes, reserved
        pub variant: Chars,
        pub tables: [usize; 3], // axes, structure, fields
        pub workloads: *const Workload,
    }
    unsafe impl Sync for Workload {}
    unsafe impl Sync for Module {}

    pub const MODULE_BYTES: u32 = core::mem::size_of::<Module>() as u32;
    pub const WORKLOAD_BYTES: u32 = core::mem::size_of::<Workload>() as u32;
    const _: () = assert!(MODULE_BYTES == 72 && WORKLOAD_BYTES == 200);
    pub const FLAGS: u32 = 1 | 2 | 16 | 32; // timed, exact, fresh, fresh alone

    extern "C" {
        fn calloc(count: usize, bytes: usize) -> *mut c_void;
        fn free(block: *mut c_void);
        fn abort() -> !;
    }

    pub fn stop() -> ! {
        unsafe { abort() }
    }

    pub struct Bench {
        host: *mut Host,
        bytes: usize, // of the input; no constant, or the compiler would specialise the op for it
        out: *mut u8,
        room: usize,
        pub written: usize,
        pub value: u64,
    }

    impl Bench {
        /// # Safety
        /// `state` is what `set_up` made.
        pub unsafe fn of<'a>(state: *mut c_void) -> &'a mut Bench {
            &mut *(state as *mut Bench)
        }
        pub fn inputs<'a>(&self) -> Inputs<'a> {
            let host = unsafe { &*self.host };
            Inputs {
                ring: host.ring,
                offset: host.ring_first_bytes,
                stride: host.ring_stride_bytes,
                mask: host.ring_mask_bytes,
                bytes: self.bytes,
                of: core::marker::PhantomData,
            }
        }
        pub fn room<'a>(&self) -> &'a mut [u8] {
            unsafe { core::slice::from_raw_parts_mut(self.out, self.room) }
        }
    }

    pub struct Inputs<'a> {
        ring: Chars,
        offset: u64,
        stride: u64,
        mask: u64,
        bytes: usize,
        of: core::marker::PhantomData<&'a u8>,
    }

    impl<'a> Inputs<'a> {
        #[inline(always)]
        pub fn take(&mut self) -> &'a [u8] {
            let input = unsafe { core::slice::from_raw_parts(self.ring.add((self.offset & self.mask) as usize), self.bytes) };
            self.offset = self.offset.wrapping_add(self.stride);
            input
        }
    }

    /// Whatever an op wrote is there, and whatever the next reads may be another.
    #[inline(always)]
    pub fn done() {
        unsafe { core::arch::asm!("", options(nostack, preserves_flags)) }
    }

    /// # Safety
    /// Called by the harness.
    pub unsafe fn set_up(host: *mut Host, state: *mut *mut c_void, bytes: usize, room: usize) -> i32 {
        let block = calloc(1, core::mem::size_of::<Bench>() + room) as *mut u8;
        if block.is_null() {
            stop();
        }
        let out = block.add(core::mem::size_of::<Bench>());
        *(block as *mut Bench) = Bench { host, bytes, out, room, written: 0, value: 0 };
        *state = block as *mut c_void;
        0
    }
    /// # Safety
    /// Called by the harness.
    pub unsafe extern "C" fn tear_down(state: *mut c_void) {
        free(state)
    }
    /// # Safety
    /// Called by the harness.
    pub unsafe extern "C" fn value(state: *mut c_void, _thread: u32, bytes: *mut Chars) -> usize {
        *bytes = &Bench::of(state).value as *const u64 as Chars;
        8
    }
    /// # Safety
    /// Called by the harness.
    pub unsafe extern "C" fn written(state: *mut c_void, _thread: u32, bytes: *mut Chars) -> usize {
        let bench = Bench::of(state);
        if bench.written > bench.room {
            stop();
        }
        *bytes = bench.out;
        bench.written
    }
}

macro_rules! encbench_op {
    ($bench:ident, $input:ident, $op:expr) => {
        $bench.value = $op
    };
    ($bench:ident, $input:ident, $op:expr, $out:ident) => {{
        let $out = $bench.room();
        $bench.written = $op
    }};
}

macro_rules! encbench_output {
    () => {
        encbench::value
    };
    ($out:ident) => {
        encbench::written
    };
}

macro_rules! encbench_module {
    (variant $variant:ident; $(workload $name:ident($input:ident $(, $out:ident: $room:expr)?) [$($size:literal),+ $(,)?]: $op:expr;)+) => {
        $(
            #[allow(unused_imports)]
            mod $name {
                use super::*;
                use core::ffi::c_void;
                pub const OUTPUT: encbench::Output = encbench_output!($($out)?);
                pub unsafe extern "C" fn run(state: *mut c_void, _thread: u32, n: u64) -> u64 {
                    let bench = encbench::Bench::of(state);
                    let mut inputs = bench.inputs();
                    for _ in 0..n {
                        let $input = inputs.take();
                        encbench_op!(bench, $input, $op $(, $out)?);
                        encbench::done();
                    }
                    0
                }
                #[allow(unused_variables)]
                pub unsafe extern "C" fn set_up<const BYTES: usize>(host: *mut encbench::Host, _seed: u64, state: *mut *mut c_void,
                                                                    _message: *mut u8, _message_bytes: usize) -> i32 {
                    let $input = &[0u8; BYTES];
                    encbench::set_up(host, state, BYTES, 0 $(+ $room)?)
                }
            }
        )+
        static ENCBENCH_WORKLOADS: &[encbench::Workload] = &[$($(
            encbench::Workload {
                names: [concat!(stringify!($name), ":bytes=", stringify!($size), "\0").as_ptr(),
                        concat!(stringify!($name), "_", stringify!($size), "\0").as_ptr(),
                        concat!("one ", stringify!($name), " of ", stringify!($size), " bytes\0").as_ptr()],
                input_bytes: $size,
                numbers: [0, 0, 1, 1, 0],
                threads_max: 1,
                flags: encbench::FLAGS,
                digest: 0,
                set_up: $name::set_up::<$size>,
                before: 0,
                run: $name::run,
                after: 0,
                tear_down: encbench::tear_down,
                metrics: 0,
                output: $name::OUTPUT,
                others: [0; 6],
                threads_min: 0,
                reserved: 0,
            },
        )+)+];
        #[no_mangle]
        pub static encbench_module: encbench::Module = encbench::Module {
            numbers: [2, encbench::MODULE_BYTES, encbench::WORKLOAD_BYTES, 0, 0, ENCBENCH_WORKLOADS.len() as u32, 0, 0],
            variant: concat!(stringify!($variant), "\0").as_ptr(),
            tables: [0; 3],
            workloads: ENCBENCH_WORKLOADS.as_ptr(),
        };
    };
}
