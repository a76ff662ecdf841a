//! Places in a text: which line and column a byte stands in.

/// Where the lines of a text begin. Found once: a text may have as many places to name as lines.
pub struct Lines<'a> {
    text: &'a str,
    /// Behind each line feed.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Looks through the text, once.
    #[must_use]
    pub fn new(text: &'a str) -> Lines<'a> {
        Lines { text, starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) + 1
    }

    /// The line of a byte and the column in it, both from 1; the column in characters.
    #[must_use]
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = line.checked_sub(2).and_then(|before| self.starts.get(before)).copied();
        let before = self.text.get(start.unwrap_or(0)..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_in_lines_and_characters() {
        let lines = Lines::new("äb\n\nc");
        for (offset, place) in
            [(0, (1, 1)), (2, (1, 2)), (3, (1, 3)), (4, (2, 1)), (5, (3, 1)), (6, (3, 2))]
        {
            assert_eq!(lines.place(offset), place, "{offset}");
        }
        assert_eq!(lines.line(99), 3);
        assert_eq!(Lines::new("").place(0), (1, 1));
    }
}
