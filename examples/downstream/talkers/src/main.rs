//! Says how many people are connected to the server on port 6667.

use std::process::ExitCode;

/// A line of `/proc/net/tcp` is about this port of ours, and somebody is connected to it: the second word is the own
/// address with the port in hexadecimal digits, the fourth the state, of which 1 is an established connection.
fn is_talker(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let port = words.get(1).and_then(|address| address.split_once(':'));
    port.is_some_and(|(_, port)| port == "1A0B") && words.get(3) == Some(&"01")
}

fn main() -> ExitCode {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let read = tables.map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let talkers: usize = read.iter().map(|table| table.lines().filter(|line| is_talker(line)).count()).sum();
    println!("{talkers}");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::is_talker;

    #[test]
    fn only_who_is_connected_to_the_server_counts() {
        let line = |port, state| format!("  0: 0100007F:{port} 0200007F:C350 {state} 00000000:00000000");
        assert!(is_talker(&line("1A0B", "01")));
        assert!(!is_talker(&line("1A0B", "0A")));
        assert!(!is_talker(&line("0016", "01")));
        assert!(!is_talker("  sl  local_address rem_address   st"));
    }
}
