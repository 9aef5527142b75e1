//! An independent CommonMark renderer finds the same words and targets.

use std::path::Path;
use std::process::Command;

use postrider::render::SlotValues;

use crate::support::rendering::{corpus, markdown_in, rendered, root, weekly};

#[test]
#[ignore = "needs node and npm"]
fn an_independent_renderer_sees_the_same_words_and_targets() {
    let folder = root().join("target/judge/commonmark");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let own = markdown_in(&root().join("tests/fixtures/issues"));
    let published = markdown_in(&root().join("issues"));
    let corpus = corpus();
    if corpus.is_empty() {
        println!("no corpus beside the repository: only its own issues are compared");
    }
    // A folder of further issues, to try more than the repository has.
    let further = std::env::var_os("JUDGE_ISSUES");
    let further = further.map_or(Vec::new(), |folder| markdown_in(Path::new(&folder)));
    for path in own.iter().chain(&published).chain(&corpus).chain(&further) {
        write_pair(path, &folder);
    }
    let judge = root().join("tests/judges/commonmark");
    run(Command::new("npm")
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&judge));
    run(Command::new("node").arg("compare.mjs").arg(&folder).current_dir(&judge));
    run(Command::new("node").args(["compare.mjs", "--self-test"]).arg(&folder).current_dir(&judge));
}

fn write_pair(path: &Path, folder: &Path) {
    let name = path.file_stem().unwrap().to_string_lossy();
    let bytes = std::fs::read(path).unwrap();
    match rendered(&name, &bytes, &weekly()) {
        Ok((mail, _)) => {
            let html = mail.html.fill(&SlotValues::EXAMPLE);
            std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
            let text = mail.text.fill(&SlotValues::EXAMPLE);
            std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
            std::fs::write(folder.join(format!("{name}.md")), bytes).unwrap();
        }
        Err(refusal) => println!("{name} is refused: {refusal}"),
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
