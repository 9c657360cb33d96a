//! A name server that knows some addresses (RFC 1035).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// How long an answer may be kept, in seconds: not at all, so that a test sees each question.
const TTL: u32 = 0;

const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
const NAME_ERROR: u8 = 3;

/// A question, and where it ends in its message.
struct Question {
    name: String,
    kind: u16,
    class: u16,
    end: usize,
}

/// The answer to a message, and the name that was asked for; nothing if it is no question.
pub(super) fn answer(
    query: &[u8],
    names: &BTreeMap<String, Ipv4Addr>,
) -> Option<(Vec<u8>, String)> {
    let is_query = query.len() > 12 && query[2] & 0xf8 == 0 && query[4..6] == [0, 1];
    let Question {
        name,
        kind,
        class,
        end,
    } = is_query.then(|| question(query)).flatten()?;
    let known = names.get(&name);
    let address = known.filter(|_| kind == TYPE_A && class == CLASS_IN);
    let code = if known.is_some() { 0 } else { NAME_ERROR };
    let mut message = Vec::with_capacity(end + 16);
    message.extend(&query[..2]);
    // An authoritative answer; recursion is available, if it was wished for.
    message.extend([0x84 | (query[2] & 1), 0x80 | code]);
    message.extend([0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    message.extend(&query[12..end]);
    if let Some(address) = address {
        // The name is the one of the question, at byte 12.
        message.extend([0xc0, 12]);
        message.extend(TYPE_A.to_be_bytes());
        message.extend(CLASS_IN.to_be_bytes());
        message.extend(TTL.to_be_bytes());
        message.extend([0, 4]);
        message.extend(address.octets());
    }
    Some((message, name))
}

fn question(query: &[u8]) -> Option<Question> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..=63 => {
                let label = query.get(at..at + length)?;
                labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
                at += length;
            }
            // Nobody compresses a single name.
            _ => return None,
        }
    }
    let number = |at: usize| {
        let bytes = query.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    };
    Some(Question {
        name: labels.join("."),
        kind: number(at)?,
        class: number(at + 2)?,
        end: at + 4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u8) -> Vec<u8> {
        let mut bytes = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            bytes.push(label.len().try_into().unwrap());
            bytes.extend(label.bytes());
        }
        bytes.extend([0, 0, kind, 0, 1]);
        bytes
    }

    fn names() -> BTreeMap<String, Ipv4Addr> {
        BTreeMap::from([("a.test".to_owned(), Ipv4Addr::new(192, 0, 2, 7))])
    }

    #[test]
    fn a_known_name_has_its_address() {
        let (message, name) = answer(&query("A.test", 1), &names()).unwrap();
        assert_eq!(name, "a.test");
        assert_eq!(message[..4], [0xab, 0xcd, 0x85, 0x80]);
        assert_eq!(message[message.len() - 4..], [192, 0, 2, 7]);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let (message, _) = answer(&query("b.test", 1), &names()).unwrap();
        assert_eq!(message[3], 0x83);
        // The name is there, but has no such record.
        let (message, _) = answer(&query("a.test", 28), &names()).unwrap();
        assert_eq!((message[3], message[7]), (0x80, 0));
    }

    #[test]
    fn nonsense_has_no_answer() {
        for bytes in [&[][..], &[0; 12], &[0; 40], &[0xff; 40]] {
            assert!(answer(bytes, &names()).is_none());
        }
    }
}
