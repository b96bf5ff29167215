//! Makes identifiers that look like AWS's and are the same in every run.

/// A number that looks random and depends on `seed` alone (SplitMix64's output function).
pub fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number for a text, the same in every run and on every machine (FNV-1a).
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Sixteen hexadecimal digits, as at the end of a target group's ARN.
pub fn hex16(seed: u64) -> String {
    format!("{:016x}", scramble(seed))
}

/// A UUID of version 4's form, as AWS uses for message and request ids.
pub fn uuid(seed: u64) -> String {
    let (high, low) = (scramble(seed), scramble(seed ^ 0x5555_5555_5555_5555));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

/// A resource id such as `db-ABCDEFGHIJKLMNOPQRSTUVWXYZ`: 26 capitals and digits after the prefix.
pub fn resource_id(prefix: &str, seed: u64) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = (0..26u64)
        .map(|at| ALPHABET[(scramble(seed.wrapping_add(at << 40)) % 32) as usize] as char);
    format!("{prefix}-{}", digits.collect::<String>())
}

/// Small letters and digits, as at the end of a green database's name.
pub fn letters(seed: u64, count: u64) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let letters = (0..count)
        .map(|at| ALPHABET[(scramble(seed.wrapping_add(at << 48)) % 36) as usize] as char);
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_form_of_version_4_and_differs_by_seed() {
        let id = uuid(7);
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, uuid(8));
    }

    #[test]
    fn a_resource_id_has_26_characters_after_its_prefix() {
        assert_eq!(resource_id("db", 3).len(), 29);
        assert_ne!(resource_id("db", 3), resource_id("db", 4));
    }
}
