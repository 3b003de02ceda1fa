use super::*;

fn pdf(pages: usize, trailer: &str) -> Vec<u8> {
    let pages = ["<< /Type /Page >>\n", "<</Type/Page/Parent 1 0 R>>\n"]
        .into_iter()
        .cycle()
        .take(pages);
    let pages: String = pages.collect();
    format!("%PDF-1.4\n<< /Type /Pages /Count 1 >>\n{pages}trailer {trailer}\n\u{ff}%%EOF").into()
}

#[test]
fn a_pdf_has_up_to_a_hundred_readable_pages() {
    assert_eq!(check(&pdf(1, "<< >>")), Ok(()));
    assert_eq!(check(&pdf(100, "<< >>")), Ok(()));
    let too_many = Err(UnseenReason::TooManyPages(100));
    assert_eq!(check(&pdf(101, "<< >>")), too_many);
    let encrypted = pdf(1, "<< /Encrypt 5 0 R >>");
    assert_eq!(check(&encrypted), Err(UnseenReason::EncryptedPdf));
}
