//! The process as the system sees it, under the names that Prometheus' own libraries use. Where the
//! system does not say, nothing is said.

use super::Text;
use std::fs;

/// Clock ticks a second: `USER_HZ`, which Linux holds still for all programs.
const TICKS: u64 = 100;

/// Bytes of a page of memory, where it is not said otherwise.
const PAGE: u64 = 4096;

pub(super) fn write(text: &mut Text) {
    let Some((cpu_ticks, pages)) = read() else { return };
    let cpu = format!("{}.{:02}", cpu_ticks / TICKS, cpu_ticks % TICKS);
    let help = "Processor time of the process.";
    text.counter("process_cpu_seconds_total", help, cpu);
    let help = "Memory of the process that is in memory.";
    text.gauge("process_resident_memory_bytes", help, pages.saturating_mul(PAGE));
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        text.gauge("process_open_fds", "Files and sockets that are open.", entries.count());
    }
}

/// Ticks of the processor, and pages of memory (proc(5), `/proc/pid/stat`).
fn read() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may have blanks and brackets in it.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some((number(11)?.saturating_add(number(12)?), number(21)?))
}
