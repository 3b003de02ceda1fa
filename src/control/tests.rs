use std::thread;

use super::*;

fn answer_once(listener: UnixListener, answer: &'static [u8]) -> thread::JoinHandle<String> {
    listener.set_nonblocking(false).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        reader.read_line(&mut line).unwrap();
        stream.write_all(answer).unwrap();
        line
    })
}

#[test]
fn a_request_is_answered_in_a_deep_folder_too() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("d".repeat(200));
    crate::files::create_folder(&deep).unwrap();
    for folder in [root.path(), &deep] {
        let heard = answer_once(listen(folder).unwrap(), b"{\"done\":\"yes\"}\n");
        let answer = ask(folder, &Request::Reload).unwrap();
        assert_eq!(answer, Some(Response::Done("yes".into())));
        assert_eq!(heard.join().unwrap(), "{\"command\":\"reload\"}\n");
        let mode = fs::metadata(folder.join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn without_a_bot_nobody_answers() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ask(folder.path(), &Request::Save).unwrap(), None);
    drop(listen(folder.path()).unwrap());
    assert_eq!(ask(folder.path(), &Request::Save).unwrap(), None);
    // Over the socket of a bot that was killed.
    drop(listen(folder.path()).unwrap());
    stop_listening(folder.path()).unwrap();
    stop_listening(folder.path()).unwrap();
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for answer in [&b""[..], b"what\n", b"{\"done\":"] {
        let heard = answer_once(listen(folder.path()).unwrap(), answer);
        ask(folder.path(), &Request::Reload).unwrap_err();
        heard.join().unwrap();
    }
}
