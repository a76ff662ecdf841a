//! SVG becomes PNG, with the one font that is compiled in.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::{DrawError, Theme};
use crate::model::Picture;
use crate::render::picture;

/// Digits, Latin letters and the few signs that our words have.
const FONT: &[u8] = include_bytes!("font/NotoSans-Subset.ttf");

/// Read once, when the first picture is drawn. No font of the machine is looked at: pictures are the same everywhere.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(FONT)));
    Arc::new(fonts)
});

/// Draws a picture as PNG, here and now.
///
/// # Errors
///
/// See [`DrawError`].
pub fn png(picture: &Picture, theme: Theme) -> Result<Vec<u8>, DrawError> {
    let svg = picture::svg(picture, theme).ok_or(DrawError::Nothing)?;
    let tree = tree(&svg)?;
    let mut pixels = Pixmap::new(picture::WIDTH, picture::HEIGHT).ok_or(DrawError::NoSize)?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| DrawError::Png(error.into()))
}

fn tree(svg: &str) -> Result<Tree, DrawError> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    Tree::from_str(svg, &options).map_err(DrawError::Svg)
}

#[cfg(test)]
mod tests {
    use resvg::usvg::Node;

    use super::*;
    use crate::model::{Metric, UnixMillis};

    fn picture() -> Picture {
        let points = vec![(UnixMillis(0), Some(1)), (UnixMillis(60_000), Some(2))];
        Picture::new(Metric::Views, points, Vec::new(), "UTC".to_owned()).unwrap()
    }

    #[test]
    fn a_png_has_the_size_of_a_picture_and_the_ground_of_its_theme() {
        for (theme, ground) in [(Theme::Light, (255, 255, 255)), (Theme::Dark, (0x18, 0x21, 0x2c))]
        {
            let pixels = Pixmap::decode_png(&png(&picture(), theme).unwrap()).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (picture::WIDTH, picture::HEIGHT));
            let corner = pixels.pixel(0, 0).unwrap();
            assert_eq!((corner.red(), corner.green(), corner.blue()), ground);
            assert!(pixels.pixels().iter().all(|pixel| pixel.alpha() == u8::MAX), "{theme:?}");
        }
    }

    #[test]
    fn the_font_has_every_letter_of_our_words() {
        let letters = picture::LETTERS;
        let head = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">";
        let svg = format!("{head}<text font-family=\"Noto Sans\" y=\"9\">{letters}</text></svg>");
        let tree = tree(&svg).unwrap();
        let [Node::Text(text)] = tree.root().children() else { panic!("{tree:?}") };
        let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
        let missing: Vec<&str> =
            glyphs.clone().filter(|glyph| glyph.id.0 == 0).map(|glyph| &*glyph.text).collect();
        assert_eq!((glyphs.count(), missing), (letters.len(), vec![]));
    }

    #[test]
    fn what_is_no_svg_is_an_error_and_a_picture_without_a_line_too() {
        assert!(matches!(tree("<svg"), Err(DrawError::Svg(_))));
        let empty = Picture { points: Vec::new(), ..picture() };
        assert!(matches!(png(&empty, Theme::Light), Err(DrawError::Nothing)));
    }
}
