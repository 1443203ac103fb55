// SPDX-License-Identifier: GPL-2.0-or-later
// Rust panics caught by catch_unwind, through probed functions. A return probe on any of them would end in abort().
// Speaks as tests/targets/target.h does: "ready PID", a line on stdin, then the truth as JSON.
use std::io::Write;
use std::panic;

const ROUNDS: u64 = 400;

// What the compiler must not see through: std::hint::black_box, which came with 1.66.
fn keep<T>(value: T) -> T {
    let kept = unsafe { std::ptr::read_volatile(&value) };

    std::mem::forget(value);
    kept
}

#[no_mangle]
#[inline(never)]
pub fn panic_deep(depth: u64, panics: bool) -> u64 {
    if depth == 0 {
        if panics {
            panic!("deep");
        }
        return 1;
    }
    keep(panic_deep(depth - 1, panics)) + 1
}

#[no_mangle]
#[inline(never)]
pub fn panic_middle(depth: u64, panics: bool) -> u64 {
    let owned = vec![depth; 3]; // dropped while the panic passes
    keep(panic_deep(depth, panics)) + keep(owned).len() as u64
}

#[no_mangle]
#[inline(never)]
pub fn panic_caught(depth: u64, panics: bool) -> u64 {
    panic::catch_unwind(|| panic_middle(depth, panics)).unwrap_or(0)
}

fn main() {
    let (mut deep, mut deep_unwound, mut caught) = (0, 0, 0);
    let mut line = String::new();

    panic::set_hook(Box::new(|_| {}));
    println!("ready {}", std::process::id());
    std::io::stdout().flush().unwrap();
    std::io::stdin().read_line(&mut line).unwrap();
    for i in 0..ROUNDS {
        let (depth, panics) = (i % 7, i % 3 == 0);

        deep += depth + 1;
        if panics {
            deep_unwound += depth + 1;
        }
        caught += (keep(panic_caught(depth, panics)) == 0) as u64;
    }
    println!(
        "{{\"pid\": {}, \"counts\": {{\"panic_deep\": {}, \"panic_middle\": {}, \"panic_caught\": {}}}, \
         \"values\": {{\"panic_deep\": {}, \"panic_middle\": {}, \"panic_caught\": 0}}}}",
        std::process::id(), deep, ROUNDS, ROUNDS, deep_unwound, caught
    );
}
