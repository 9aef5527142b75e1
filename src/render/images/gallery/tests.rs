use proptest::prelude::*;

use super::*;
use crate::render::images::header::tests::{gif, jpeg, png};
use crate::render::images::{ImageFault, ImageFinder, MAX_IMAGE_BYTES, NoImages};
use crate::source::rules::{IMAGE_FORMAT, IMAGE_SIZE, MISSING_IMAGE, RELATIVE_TARGET};

/// Some files, all below the published folder but for `private.png`.
struct Files(Vec<(&'static str, Vec<u8>)>);

impl ImageFinder for Files {
    fn find(&self, _from: Start, path: &str) -> Result<ImageFile, ImageFault> {
        let wanted = path.trim_start_matches('/');
        match self.0.iter().find(|(name, _)| *name == wanted) {
            Some((name, bytes)) => {
                let published = (*name != "private.png").then(|| (*name).to_owned());
                Ok(ImageFile { bytes: bytes.clone(), published })
            }
            None => Err(ImageFault::Missing { tried: vec![path.to_owned()] }),
        }
    }
}

fn files() -> Files {
    Files(vec![
        ("a.png", png(1200, 800)),
        ("again.png", png(1200, 800)),
        ("img/b b%.jpg", jpeg(300, 200)),
        ("logo@2x.png", png(401, 101)),
        ("really-a-gif.png", gif(10, 10)),
        ("private.png", png(10, 10)),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("page.png", b"<html>not found</html>".to_vec()),
        ("pointer.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec()),
        ("cut.png", png(10, 10)[..18].to_vec()),
        ("photo.webp", b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x57\x02\0\x8F\x01\0".to_vec()),
    ])
}

const ASSETS: &str = "https://e.org/n/";

fn place(mode: ImageMode, assets: Option<&str>, written: &str) -> (Placed, Vec<Image>) {
    let assets = assets.map(|assets| Url::parse(assets).unwrap());
    let files = files();
    let rules = Illustration { files: &files, mode, assets_url: assets.as_ref(), logo: None };
    let mut gallery = Gallery::new(rules);
    let placed = gallery.place(Start::Issue, &target::written(written).unwrap());
    (placed, gallery.images)
}

#[test]
fn an_image_is_fetched_over_the_web_alone() {
    for written in ["C:/a.png", "ftp://e.org/a.png", "mailto:a@e.org"] {
        let (placed, _) = place(ImageMode::Link, Some(ASSETS), written);
        assert_eq!(placed.source, None, "{written}");
        assert_eq!(placed.faults, [ImageProblem::NotOnTheWeb(written.to_owned())]);
        assert_eq!(placed.faults[0].report().0, MISSING_IMAGE);
    }
    assert!(place(ImageMode::Link, None, "HTTPS://e.org/a.png").0.faults.is_empty());
}

#[test]
fn a_target_becomes_the_address_of_its_file() {
    let cases = [
        ("a.png", "https://e.org/n/a.png"),
        ("a.png?v=2#x", "https://e.org/n/a.png?v=2#x"),
        ("img/b%20b%25.jpg", "https://e.org/n/img/b%20b%25.jpg"),
        ("/n/a.png", "https://e.org/n/a.png"),
        ("//cdn.example.org/x.png", "https://cdn.example.org/x.png"),
        ("https://example.org/x.png?a=b&c", "https://example.org/x.png?a=b&c"),
        ("http://example.org/x.png", "http://example.org/x.png"),
    ];
    for (written, expected) in cases {
        let (placed, _) = place(ImageMode::Link, Some(ASSETS), written);
        assert_eq!(
            (placed.source.as_deref(), placed.faults),
            (Some(expected), vec![]),
            "{written}"
        );
    }
}

#[test]
fn an_address_with_encoded_folders_is_the_same_folder() {
    for written in ["/my%20news/a.png", "</my news/a.png>"] {
        let written = written.trim_matches(['<', '>']);
        let (placed, _) = place(ImageMode::Link, Some("https://e.org/my news/"), written);
        assert_eq!(placed.source.as_deref(), Some("https://e.org/my%20news/a.png"), "{placed:?}");
    }
}

proptest! {
    /// Whatever is written, an address that comes of it has no quote, no space
    /// and no control character, and what has none has a fault.
    #[test]
    fn no_target_makes_an_address_that_breaks_out(written in "(/|//|\\.\\./|https:|cid:|%|\\?|#|a\\.png|\\PC|[ -~]){0,12}") {
        let Some(target) = target::written(&written) else { return Ok(()) };
        for (mode, assets) in [
            (ImageMode::Link, Some(ASSETS)),
            (ImageMode::Link, None),
            (ImageMode::Embed, None),
        ] {
            let (placed, _) = place(mode, assets, &target);
            match placed.source {
                Some(source) => prop_assert!(
                    !source.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>".contains(c)),
                    "{}", source
                ),
                None => prop_assert!(!placed.faults.is_empty()),
            }
        }
    }
}

#[test]
fn what_cannot_be_shown_is_a_fault_with_its_rule() {
    let error = |rule| (None, rule);
    let warning = |source| (Some(source), IMAGE_FORMAT.as_warning());
    let cases = [
        ("", error(MISSING_IMAGE)),
        ("#a", error(MISSING_IMAGE)),
        ("?a", error(MISSING_IMAGE)),
        ("%FF.png", error(MISSING_IMAGE)),
        ("no.png", error(MISSING_IMAGE)),
        ("/a.png", error(RELATIVE_TARGET)),
        ("private.png", error(RELATIVE_TARGET)),
        ("drawing.svg", error(IMAGE_FORMAT)),
        ("page.png", error(IMAGE_FORMAT)),
        ("pointer.png", error(IMAGE_FORMAT)),
        ("cut.png", error(IMAGE_FORMAT)),
        ("photo.webp", warning("https://e.org/n/photo.webp")),
        ("really-a-gif.png", warning("https://e.org/n/really-a-gif.png")),
        ("https://e.org/x.SVG?y", warning("https://e.org/x.SVG?y")),
    ];
    for (written, (source, rule)) in cases {
        let (placed, _) = place(ImageMode::Link, Some(ASSETS), written);
        let rules: Vec<_> = placed.faults.iter().map(|fault| fault.report().0).collect();
        assert_eq!((placed.source.as_deref(), rules), (source, vec![rule]), "{written}");
    }
    for written in ["a.png", "//cdn.example.org/x.png"] {
        let (placed, _) = place(ImageMode::Link, None, written);
        assert_eq!(placed.source, None);
        assert_eq!(placed.faults[0].report().0, RELATIVE_TARGET, "{written}");
    }
}

#[test]
fn an_embedded_image_needs_no_address_and_equal_files_are_one() {
    let files = files();
    let rules = Illustration { files: &files, mode: ImageMode::Embed, ..Illustration::NONE };
    let mut gallery = Gallery::new(rules);
    let first = gallery.place(Start::Issue, "a.png");
    let cid = first.source.clone().unwrap();
    assert!(first.faults.is_empty() && cid.starts_with("cid:") && cid.ends_with("@image"));
    for again in ["a.png", "/a.png", "again.png"] {
        assert_eq!(gallery.place(Start::Issue, again).source.as_ref(), Some(&cid), "{again}");
    }
    let remote = gallery.place(Start::Issue, "https://e.org/x.png");
    assert_eq!(remote.source.as_deref(), Some("https://e.org/x.png"));
    let images = gallery.images;
    assert_eq!(images.len(), 1);
    let ImageContent::Attached(file) = &images[0].content else { panic!("{images:?}") };
    assert_eq!(
        (&*file.name, file.format, &*file.bytes),
        ("a.png", ImageFormat::Png, &*png(1200, 800))
    );
}

#[test]
fn the_mail_takes_no_more_than_it_can_carry() {
    let large = |seed: u8| [png(10, 10), vec![seed; MAX_IMAGE_BYTES as usize - 100]].concat();
    let files = Files(vec![("a.png", large(1)), ("b.png", large(2)), ("c.png", png(1, 2))]);
    let rules = Illustration { files: &files, mode: ImageMode::Embed, ..Illustration::NONE };
    let mut gallery = Gallery::new(rules);
    assert!(gallery.place(Start::Issue, "a.png").source.is_some());
    let refused = gallery.place(Start::Issue, "b.png");
    assert_eq!(refused.source, None);
    assert_eq!(refused.faults[0].report().0, IMAGE_SIZE);
    assert!(gallery.place(Start::Issue, "c.png").source.is_some());
}

#[test]
fn an_issue_of_endless_images_is_not_read_to_its_end() {
    struct Counted(std::cell::Cell<usize>);
    impl ImageFinder for Counted {
        fn find(&self, _from: Start, path: &str) -> Result<ImageFile, ImageFault> {
            self.0.set(self.0.get() + 1);
            NoImages.find(Start::Issue, path)
        }
    }
    let files = Counted(0.into());
    let mut gallery = Gallery::new(Illustration { files: &files, ..Illustration::NONE });
    for n in 0..100_000 {
        let placed = gallery.place(Start::Issue, &format!("{n}.png"));
        assert_eq!((placed.source, placed.faults.len()), (None, 1));
    }
    assert_eq!(files.0.get(), MOST_IMAGES);
}

#[test]
fn an_image_for_sharp_screens_is_shown_at_half_its_size() {
    let size = |written| {
        let (placed, _) = place(ImageMode::Link, Some(ASSETS), written);
        let size = placed.size.unwrap();
        (size.width, size.height)
    };
    assert_eq!(size("a.png"), (1200, 800));
    assert_eq!(size("logo@2x.png"), (201, 51));
    let shape = Size { width: 1200, height: 801 };
    assert_eq!(shape.within(600), Size { width: 600, height: 400 });
    assert_eq!(shape.within(1200), shape);
    let line = Size { width: u32::MAX, height: 1 };
    assert_eq!(line.within(600), Size { width: 600, height: 1 });
    let tall = Size { width: 1, height: u32::MAX };
    assert_eq!(tall.scaled_to(600).height, u32::MAX);
}

#[test]
fn a_percent_sign_is_no_encoding_unless_two_digits_follow() {
    for (path, expected) in [
        ("a%20b", Some("a b")),
        ("50%", Some("50%")),
        ("50%zz", Some("50%zz")),
        ("%+1", Some("%+1")),
        ("%C3%A9", Some("é")),
        ("%FF", None),
    ] {
        assert_eq!(decoded(path).as_deref(), expected, "{path}");
    }
}
