//! A time server (RFC 5905) whose clock is right, or wrong by as much as a test wants.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds from the beginning of NTP's first era, 1900, to that of Unix's.
const UNIX_IN_NTP: u64 = 2_208_988_800;

/// Bytes of a message without extensions.
const LENGTH: usize = 48;

const CLIENT: u8 = 3;
const SERVER: u8 = 4;

/// The answer to a message that comes at `now`; nothing if it is no question.
pub(super) fn answer(query: &[u8], now: SystemTime) -> Option<[u8; LENGTH]> {
    let (version, mode) = ((query.first()? >> 3) & 7, query[0] & 7);
    if query.len() < LENGTH || mode != CLIENT || !(3..=4).contains(&version) {
        return None;
    }
    let time = timestamp(now);
    let mut message = [0; LENGTH];
    // No leap second; a primary server; as often as was asked; exact to a microsecond.
    message[..4].copy_from_slice(&[(version << 3) | SERVER, 1, query[2], 0xec]);
    // A millisecond of dispersion, by a clock called TEST.
    message[8..12].copy_from_slice(&(65_536_u32 / 1000).to_be_bytes());
    message[12..16].copy_from_slice(b"TEST");
    message[16..24].copy_from_slice(&time);
    message[24..32].copy_from_slice(&query[40..48]);
    message[32..40].copy_from_slice(&time);
    message[40..48].copy_from_slice(&time);
    Some(message)
}

/// Seconds since 1900, modulo 2^32, and 2^-32 parts of a second.
fn timestamp(time: SystemTime) -> [u8; 8] {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = (since.as_secs() + UNIX_IN_NTP) << 32;
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (seconds | fraction).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_with_the_time() {
        let mut query = [0; LENGTH];
        query[0] = 0x23;
        query[40..].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let now = UNIX_EPOCH + Duration::from_millis(1_500);
        let message = answer(&query, now).unwrap();
        assert_eq!(message[0], 0x24);
        assert_eq!(message[24..32], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(message[40..44], 2_208_988_801_u32.to_be_bytes());
        assert_eq!(message[44..], [0x80, 0, 0, 0]);
    }

    #[test]
    fn an_answer_is_not_answered() {
        let mut query = [0; LENGTH];
        query[0] = 0x24;
        assert_eq!(answer(&query, UNIX_EPOCH), None);
        assert_eq!(answer(&query[..47], UNIX_EPOCH), None);
    }
}
