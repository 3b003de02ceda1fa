use std::io::Write as _;

use futures_util::FutureExt as _;

use super::*;
use crate::external::FileOrigin;

#[tokio::test]
async fn two_files_are_read_at_a_time_in_the_whole_bot() {
    let attachments = Attachments {
        client: Client::new(),
        source: FileServer::Discord,
        reading: Arc::new(Semaphore::new(MAX_READING)),
        settings: AttachmentSettings {
            max_files: 1,
            max_bytes: 100,
            keep_bytes: 100,
            timeout: Duration::from_secs(1),
        },
        tenant: None,
    };
    let elsewhere = attachments.clone();
    let first = elsewhere.reading.try_acquire().unwrap();
    let _second = elsewhere.reading.try_acquire().unwrap();

    let file = File {
        name: "a.txt".to_owned(),
        media_type: None,
        size: 4,
        origin: FileOrigin::Message,
        is_voice: false,
        state: FileState::Offered(String::new()),
    };
    let mut saved = tempfile::tempfile().unwrap();
    saved.write_all(b"text").unwrap();
    let mut room = Room::new();
    let mut read = Box::pin(attachments.read(file, saved, &mut room));
    assert_eq!((&mut read).now_or_never(), None);
    drop(first);
    assert_eq!(read.await, FileContent::Text("text".to_owned()));
}
