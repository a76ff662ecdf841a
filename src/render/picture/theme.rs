//! The colours of a picture.

/// What a picture is seen on. It brings its own ground along, so either is legible on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of a theme. All of `ink`, `muted`, `line` and `mark` stand out from `back` by a contrast of 4.5 and more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colours {
    pub(super) back: &'static str,
    pub(super) ink: &'static str,
    pub(super) muted: &'static str,
    pub(super) grid: &'static str,
    pub(super) line: &'static str,
    pub(super) mark: &'static str,
}

impl Theme {
    pub(super) const fn colours(self) -> Colours {
        match self {
            Theme::Light => Colours {
                back: "#ffffff",
                ink: "#10161d",
                muted: "#5a6672",
                grid: "#e4e9ef",
                line: "#1a6fbb",
                mark: "#c62f38",
            },
            Theme::Dark => Colours {
                back: "#18212c",
                ink: "#edf2f7",
                muted: "#a3b1bf",
                grid: "#2e3b49",
                line: "#5eb0f5",
                mark: "#ff8d86",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How bright a colour is, by the rule of <https://www.w3.org/TR/WCAG21/#dfn-relative-luminance>.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let byte = u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap();
            let share = f64::from(byte) / 255.0;
            if share <= 0.03928 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn whatever_is_read_stands_out_from_its_ground() {
        for theme in [Theme::Light, Theme::Dark] {
            let Colours { back, ink, muted, grid, line, mark } = theme.colours();
            let contrast = |colour| {
                let (a, b) = (luminance(colour) + 0.05, luminance(back) + 0.05);
                a.max(b) / a.min(b)
            };
            for colour in [ink, muted, line, mark] {
                assert!(contrast(colour) >= 4.5, "{theme:?} {colour}: {}", contrast(colour));
            }
            assert!(contrast(grid) < 2.0, "{theme:?}: what only guides the eye is not to catch it");
        }
    }
}
