//! What mrml writes into every mail although no mail program of today needs it.
//!
//! In: the html of mrml. Out: the same without hacks for programs that are
//! gone, and without rules that say what the inline styles say already. Each
//! costs bytes before Gmail's cut, and most are properties that some mail
//! program refuses. Absent on purpose: anything that depends on the theme; a
//! rule is removed only if it is there letter for letter.

/// The texts that are removed wherever they are.
const LEFTOVERS: [&str; 8] = [
    // A condition for Outlook ends, and the same one begins again.
    "<![endif]--><!--[if mso | IE]>",
    // Outlook 2007 put a frame around a link of its own.
    "#outlook a { padding: 0; }\n",
    // mj-image says all of this in its own style, and so does the article's image.
    "img { border: 0; height: auto; line-height: 100%; outline: none; text-decoration: none; -ms-interpolation-mode: bicubic; }\n",
    // Outlook 2003.
    "<!--[if lte mso 11]>\n<style type=\"text/css\">\n.mj-outlook-group-fix { width:100% !important; }\n</style>\n<![endif]-->\n",
    // Internet Explorer.
    "<!--[if !mso]><!--><meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\"><!--<![endif]-->",
    // The only column of a section has its whole width anyway. Where there are
    // several, this text is another one, and stays.
    "<style type=\"text/css\">@media only screen and (min-width:480px) { .mj-column-per-100 { width:100% !important; max-width:100%; }  }</style>",
    "<style media=\"screen and (min-width:480px)\">.moz-text-html .mj-column-per-100 { width:100% !important; max-width:100%; } </style>",
    // It is normal without being said.
    "word-spacing:normal;",
];

/// What mrml gives to some cells; HTML has no such attribute, and the style
/// beside it works.
const NO_ATTRIBUTES: [&str; 3] =
    [" vertical-align=\"top\"", " vertical-align=\"middle\"", " vertical-align=\"bottom\""];

/// mrml names the whole mail after its title. Yahoo drops the name, the title
/// says it, and so does the heading a few words on.
const LABEL: &str = "<div aria-label=\"";

/// The html without the leftovers.
pub(super) fn without(html: &str) -> String {
    let unwanted = LEFTOVERS.iter().chain(&NO_ATTRIBUTES);
    let slim = unwanted.fold(html.to_owned(), |html, text| {
        if html.contains(text) { html.replace(text, "") } else { html }
    });
    let Some((before, labelled)) = slim.split_once(LABEL) else { return slim };
    let Some((_, after)) = labelled.split_once('"') else { return slim };
    format!("{before}<div{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(sections: &str) -> String {
        let mjml = format!(
            "<mjml><mj-head><mj-title>t</mj-title></mj-head><mj-body>{sections}</mj-body></mjml>"
        );
        let parsed = mrml::parse(mjml).unwrap();
        parsed.element.render(&mrml::prelude::render::RenderOptions::default()).unwrap()
    }

    const ONE_COLUMN: &str = "<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>";

    /// An mrml that writes them differently would bring them back unseen.
    #[test]
    fn mrml_writes_each_of_them() {
        let html = rendered(&ONE_COLUMN.repeat(2));
        for leftover in LEFTOVERS {
            assert!(html.contains(leftover), "{leftover}");
        }
        let slim = without(&html);
        assert!(html.len() - slim.len() > 700, "{} of {}", slim.len(), html.len());
        for unwanted in ["outlook a", "moz-text-html", "IE=edge", "word-spacing", "mso 11"] {
            assert!(!slim.contains(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn columns_side_by_side_keep_their_rules() {
        let html = rendered(
            "<mj-section><mj-column><mj-text>a</mj-text></mj-column>\
             <mj-column><mj-text>b</mj-text></mj-column></mj-section>",
        );
        let slim = without(&html);
        assert!(slim.contains(".mj-column-per-50 { width:50%"), "{slim}");
        assert!(slim.contains("@media only screen and (min-width:480px)"), "{slim}");
    }
}
