// SPDX-License-Identifier: Apache-2.0
// What a program in Rust ordinarily does. A line of TAP for each.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

type Part = fn() -> Result<bool, Box<dyn std::error::Error>>;

fn threads() -> Result<bool, Box<dyn std::error::Error>> {
    let sum = Arc::new(Mutex::new(0));
    let all: Vec<_> = (0..8)
        .map(|n| {
            let sum = sum.clone();
            thread::spawn(move || *sum.lock().unwrap() += n)
        })
        .collect();
    for t in all {
        t.join().unwrap();
    }
    let (to, from) = mpsc::channel();
    thread::spawn(move || to.send(1));
    let total = *sum.lock().unwrap();
    Ok(total == 28 && from.recv_timeout(Duration::from_secs(30))? == 1)
}

fn processes() -> Result<bool, Box<dyn std::error::Error>> {
    let out = Command::new("sh").args(["-c", "echo a; exit 3"]).output()?;
    Ok(out.stdout == b"a\n" && out.status.code() == Some(3))
}

fn files() -> Result<bool, Box<dyn std::error::Error>> {
    let folder = env::temp_dir().join(format!("program-{}", process::id()));
    fs::create_dir(&folder)?;
    fs::write(folder.join("a"), "text")?;
    fs::copy(folder.join("a"), folder.join("b"))?;
    fs::rename(folder.join("b"), folder.join("c"))?;
    let ok = fs::read_to_string(folder.join("c"))? == "text" && fs::read_dir(&folder)?.count() == 2;
    fs::remove_dir_all(&folder)?;
    Ok(ok)
}

fn sockets() -> Result<bool, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let at = listener.local_addr()?;
    let server = thread::spawn(move || {
        let (mut s, _) = listener.accept().unwrap();
        let mut got = [0];
        s.read_exact(&mut got).unwrap();
        s.write_all(&got).unwrap();
    });
    let mut client = TcpStream::connect(at)?;
    client.set_nodelay(true)?;
    client.write_all(b"x")?;
    let mut got = [0];
    client.read_exact(&mut got)?;
    server.join().unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0")?;
    udp.send_to(b"y", udp.local_addr()?)?;
    Ok(&got == b"x" && udp.recv(&mut got)? == 1)
}

fn time() -> Result<bool, Box<dyn std::error::Error>> {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(5));
    Ok(start.elapsed() >= Duration::from_millis(5) && thread::available_parallelism()?.get() > 0)
}

fn panics() -> Result<bool, Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| ()));
    Ok(thread::spawn(|| panic!("x")).join().is_err())
}

fn main() {
    let parts: [(&str, Part); 6] = [
        ("threads", threads),
        ("processes", processes),
        ("files", files),
        ("sockets", sockets),
        ("time", time),
        ("panics", panics),
    ];
    let mut bad = 0;
    println!("1..{}", parts.len());
    for (n, (name, part)) in parts.iter().enumerate() {
        let why = match part() {
            Ok(true) => String::new(),
            Ok(false) => ": it is wrong".to_string(),
            Err(e) => format!(": {}", e),
        };
        bad |= !why.is_empty() as i32;
        println!("{} {} - {}{}", if why.is_empty() { "ok" } else { "not ok" }, n + 1, name, why);
    }
    process::exit(bad);
}
