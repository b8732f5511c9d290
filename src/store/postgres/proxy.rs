//! Stands between the store and PostgreSQL and spoils COMMITs: refuses them as a serialization
//! failure, or cuts the connection before or after them. Of lookups of what became of a COMMIT it
//! cuts the connection, too.

use super::transaction::REFUSE;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Moment {
    Commit,
    /// The first statement of a lookup.
    LookUp,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Fate {
    /// It passes.
    Pass,
    /// It is answered with 40001, and rolled back; COMMITs only.
    Refuse,
    /// The connection is cut before the server hears of it.
    CutBefore,
    /// The server does it, and the connection is cut before anybody hears of that.
    CutAfter,
}

type Fates = Arc<Mutex<dyn FnMut(Moment) -> Fate + Send>>;

/// A proxy with a socket of its own.
pub(in crate::store) struct Proxy {
    folder: tempfile::TempDir,
}

const SOCKET: &str = ".s.PGSQL.5432";

impl Proxy {
    /// Stands before the server whose socket is in the folder `server`; each moment meets the next
    /// of `fates`.
    pub(in crate::store) fn start(
        server: &Path,
        fates: impl FnMut(Moment) -> Fate + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let server = server.join(SOCKET);
        let fates: Fates = Arc::new(Mutex::new(fates));
        thread::spawn(move || {
            for client in listener.incoming() {
                serve(client.unwrap(), &server, &fates);
            }
        });
        Self { folder }
    }

    pub(in crate::store) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// What becomes of what the server says next.
#[derive(Clone, Copy)]
enum Mode {
    Pass,
    Refuse,
    Cut,
}

fn serve(client: UnixStream, server: &Path, fates: &Fates) {
    let server = UnixStream::connect(server).unwrap();
    let mode = Arc::new(Mutex::new(Mode::Pass));
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (fates, told) = (Arc::clone(fates), Arc::clone(&mode));
    thread::spawn(move || {
        let ended = to_the_server(&from_client, &to_server, &fates, &told);
        end(&from_client, &to_server, ended);
    });
    thread::spawn(move || {
        let ended = to_the_client(&server, &client, &mode);
        end(&client, &server, ended);
    });
}

/// Either side ends both; that it is broken is nothing to wonder at.
fn end(client: &UnixStream, server: &UnixStream, ended: io::Result<()>) {
    drop((ended, client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both)));
}

fn to_the_server(
    mut client: &UnixStream,
    mut server: &UnixStream,
    fates: &Fates,
    mode: &Mutex<Mode>,
) -> io::Result<()> {
    // The first message has no type.
    let start = body(client)?;
    server.write_all(&start)?;
    // Whether the statement that was parsed last is a lookup, and whether it was asked for.
    let (mut is_lookup, mut is_asked) = (false, false);
    loop {
        let mut kind = [0];
        client.read_exact(&mut kind)?;
        let message = body(client)?;
        let mut forward = |mode_then: Mode, kind: u8, message: &[u8]| {
            *mode.lock().unwrap() = mode_then;
            server.write_all(&[&[kind], message].concat())
        };
        let moment = match kind[0] {
            b'Q' if message.ends_with(b"COMMIT\0") => Some(Moment::Commit),
            b'S' if std::mem::take(&mut is_asked) => Some(Moment::LookUp),
            _ => None,
        };
        match kind[0] {
            b'P' => is_lookup = String::from_utf8_lossy(&message).contains(REFUSE),
            b'B' => is_asked = is_lookup,
            _ => {}
        }
        let Some(moment) = moment else {
            server.write_all(&[&kind, message.as_slice()].concat())?;
            continue;
        };
        let fate = fates.lock().unwrap()(moment);
        match fate {
            Fate::Pass => forward(Mode::Pass, kind[0], &message)?,
            Fate::Refuse => forward(Mode::Refuse, b'Q', &framed(b"ROLLBACK\0"))?,
            Fate::CutBefore => return Ok(()),
            Fate::CutAfter => forward(Mode::Cut, kind[0], &message)?,
        }
    }
}

fn to_the_client(
    mut server: &UnixStream,
    mut client: &UnixStream,
    mode: &Mutex<Mode>,
) -> io::Result<()> {
    loop {
        let mut kind = [0];
        server.read_exact(&mut kind)?;
        let message = body(server)?;
        let is_ready = kind == *b"Z";
        let now = *mode.lock().unwrap();
        match now {
            Mode::Pass => client.write_all(&[&kind, message.as_slice()].concat())?,
            Mode::Refuse if is_ready => {
                let refusal = framed(b"SERROR\0VERROR\0C40001\0Mrefused by the proxy\0\0");
                client.write_all(&[b"E", refusal.as_slice(), b"Z", &message].concat())?;
                *mode.lock().unwrap() = Mode::Pass;
            }
            Mode::Cut if is_ready => return Ok(()),
            Mode::Refuse | Mode::Cut => {}
        }
    }
}

/// A message but for its type: its length, which counts itself, and the rest.
fn body(mut stream: &UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut message = length.to_vec();
    message.resize(u32::from_be_bytes(length) as usize, 0);
    stream.read_exact(&mut message[4..])?;
    Ok(message)
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 4).unwrap();
    [&length.to_be_bytes(), payload].concat()
}
