//! Somebody on a network whom the test plays: addresses, and servers behind them.
//!
//! The stack is smoltcp's, in a thread of this process; what the servers say is ours.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{DHCP_SERVER_PORT, EthernetAddress, IpCidr, IpEndpoint, Ipv4Cidr};

use super::device::Wire;
use super::http::{Parsed, Request, Response, parse};
use super::{Net, dhcp, dns, ntp};
use crate::error::LabError;

const DNS: u16 = 53;
const NTP: u16 = 123;

/// How often to look around when nothing happens.
const INTERVAL: Duration = Duration::from_millis(20);

/// How long a lease is if nothing is said.
const LEASE: Duration = Duration::from_secs(120);

/// How many connections to a web server there may be at a time.
const CONNECTIONS: usize = 8;

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
type Handler = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// Somebody who is about to join a network: see [`Net::peer`].
#[must_use = "a peer is there after `start`"]
pub struct PeerSetup {
    net: Net,
    addresses: Vec<String>,
    dhcp: Option<String>,
    lease: Duration,
    dns: Option<BTreeMap<String, Ipv4Addr>>,
    ntp: Option<Clock>,
    http: Vec<(u16, Handler)>,
}

impl Net {
    /// Somebody else on the network, with an address such as `192.0.2.1/24`: a server that the test
    /// plays, to be described further and started.
    pub fn peer(&self, address: &str) -> PeerSetup {
        PeerSetup {
            net: self.clone(),
            addresses: vec![address.to_owned()],
            dhcp: None,
            lease: LEASE,
            dns: None,
            ntp: None,
            http: Vec::new(),
        }
    }
}

impl PeerSetup {
    /// With another address, such as `169.254.169.254/16`. It answers pings on all of them.
    pub fn address(mut self, address: &str) -> PeerSetup {
        self.addresses.push(address.to_owned());
        self
    }

    /// As a DHCP server that gives addresses from `first` on, one after the other, with its own
    /// first address as the way out, and as the name server if it is one.
    pub fn dhcp(self, first: &str) -> PeerSetup {
        PeerSetup {
            dhcp: Some(first.to_owned()),
            ..self
        }
    }

    /// With leases of this length: two minutes, if nothing is said. They are renewed after half of
    /// it.
    pub fn lease(self, lease: Duration) -> PeerSetup {
        PeerSetup { lease, ..self }
    }

    /// As a name server that knows these names, and says of all others that they do not exist.
    pub fn dns<N: Into<String>, A: Into<Ipv4Addr>>(
        self,
        names: impl IntoIterator<Item = (N, A)>,
    ) -> PeerSetup {
        let names = names.into_iter();
        let names = names.map(|(name, address)| (name.into(), address.into()));
        PeerSetup {
            dns: Some(names.collect()),
            ..self
        }
    }

    /// As a time server whose clock is the host's.
    pub fn ntp(self) -> PeerSetup {
        self.ntp_by(SystemTime::now)
    }

    /// As a time server with a clock of its own, such as `|| SystemTime::now() + HOUR`.
    pub fn ntp_by(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> PeerSetup {
        PeerSetup {
            ntp: Some(Arc::new(clock)),
            ..self
        }
    }

    /// As a web server on this port, such as a cloud's metadata service.
    pub fn http(
        mut self,
        port: u16,
        handler: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> PeerSetup {
        self.http.push((port, Arc::new(handler)));
        self
    }

    /// Joins the network.
    pub fn start(self) -> Result<Peer, LabError> {
        let addresses = self.addresses.iter().map(|text| cidr(text));
        let addresses = addresses.collect::<Result<Vec<Ipv4Cidr>, _>>()?;
        let dhcp = self.dhcp.as_deref().map(|first| {
            Ok::<_, LabError>(dhcp::Server {
                own: addresses[0],
                first: first
                    .parse()
                    .map_err(|_| invalid(first, "not an IPv4 address"))?,
                lease: self.lease,
                dns: self.dns.is_some(),
                known: Vec::new(),
            })
        });
        let requests = Requests::default();
        let stop = Arc::<AtomicBool>::default();
        let mut servers = Servers::new(&self, dhcp.transpose()?, requests.clone());
        let (plug, hears) = self.net.hub.plug();
        let mut wire = Wire::new(plug);
        let mac = EthernetAddress(self.net.new_mac_bytes());
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut interface = interface(mac, &addresses, &mut wire);
            while !stopped.load(Ordering::Relaxed) {
                interface.poll(Instant::now(), &mut wire, &mut servers.sockets);
                servers.serve();
                let delay = interface.poll_delay(Instant::now(), &servers.sockets);
                let delay = delay.map_or(INTERVAL, |delay| INTERVAL.min(delay.into()));
                match hears.recv_timeout(delay) {
                    Ok(frame) => wire.hear(frame),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        Ok(Peer {
            requests,
            stop,
            thread: Some(thread),
        })
    }
}

fn cidr(text: &str) -> Result<Ipv4Cidr, LabError> {
    text.parse()
        .map_err(|()| invalid(text, "not an address with a prefix, such as `192.0.2.1/24`"))
}

fn invalid(text: &str, why: &str) -> LabError {
    LabError::Invalid {
        text: text.to_owned(),
        why: why.to_owned(),
    }
}

fn interface(mac: EthernetAddress, addresses: &[Ipv4Cidr], wire: &mut Wire) -> Interface {
    let mut interface = Interface::new(Config::new(mac.into()), wire, Instant::now());
    interface.update_ip_addrs(|known| {
        for address in addresses {
            // There is room for eight.
            let _ = known.push(IpCidr::Ipv4(*address));
        }
    });
    interface
}

/// Somebody on a network; no longer when this is dropped.
#[derive(Debug)]
pub struct Peer {
    requests: Requests,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// What its servers were asked so far, one a line: `dns NAME`, `ntp`, `dhcp offer ADDRESS`,
    /// `dhcp lease ADDRESS`, `dhcp renew ADDRESS`, `http METHOD PATH`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.all()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, Default)]
struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    fn note(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The servers, each with its socket.
struct Servers {
    sockets: SocketSet<'static>,
    requests: Requests,
    dhcp: Option<(SocketHandle, dhcp::Server)>,
    dns: Option<(SocketHandle, BTreeMap<String, Ipv4Addr>)>,
    ntp: Option<(SocketHandle, Clock)>,
    web: Vec<Web>,
}

/// One connection of a web server.
struct Web {
    socket: SocketHandle,
    port: u16,
    handler: Handler,
    received: Vec<u8>,
    response: Vec<u8>,
    answered: bool,
}

impl Servers {
    fn new(setup: &PeerSetup, dhcp: Option<dhcp::Server>, requests: Requests) -> Servers {
        let mut sockets = SocketSet::new(Vec::new());
        let dhcp = dhcp.map(|server| (sockets.add(udp_socket(DHCP_SERVER_PORT)), server));
        let dns = setup.dns.clone();
        let dns = dns.map(|names| (sockets.add(udp_socket(DNS)), names));
        let ntp = setup.ntp.clone();
        let ntp = ntp.map(|clock| (sockets.add(udp_socket(NTP)), clock));
        let mut web = Vec::new();
        for (port, handler) in &setup.http {
            for _ in 0..CONNECTIONS {
                web.push(Web {
                    socket: sockets.add(tcp_socket()),
                    port: *port,
                    handler: Arc::clone(handler),
                    received: Vec::new(),
                    response: Vec::new(),
                    answered: false,
                });
            }
        }
        Servers {
            sockets,
            requests,
            dhcp,
            dns,
            ntp,
            web,
        }
    }

    fn serve(&mut self) {
        let Servers {
            sockets, requests, ..
        } = self;
        if let Some((handle, server)) = &mut self.dhcp {
            answer_all(sockets.get_mut(*handle), |message, _| {
                let answer = server.answer(message)?;
                requests.note(answer.line);
                Some((answer.message, answer.to))
            });
        }
        if let Some((handle, names)) = &self.dns {
            answer_all(sockets.get_mut(*handle), |message, from| {
                let (answer, name) = dns::answer(message, names)?;
                requests.note(format!("dns {name}"));
                Some((answer, from))
            });
        }
        if let Some((handle, clock)) = &self.ntp {
            answer_all(sockets.get_mut(*handle), |message, from| {
                let answer = ntp::answer(message, clock())?;
                requests.note("ntp".to_owned());
                Some((answer.to_vec(), from))
            });
        }
        for web in &mut self.web {
            web.serve(sockets.get_mut(web.socket), requests);
        }
    }
}

/// Answers all messages that have come.
fn answer_all(
    socket: &mut udp::Socket<'_>,
    mut answer: impl FnMut(&[u8], IpEndpoint) -> Option<(Vec<u8>, IpEndpoint)>,
) {
    while let Ok((message, meta)) = socket.recv() {
        if let Some((bytes, to)) = answer(message, meta.endpoint) {
            // An answer comes from the address that was asked; a full queue loses it, as networks do.
            let meta = udp::UdpMetadata {
                endpoint: to,
                ..meta
            };
            let meta = match meta.local_address {
                Some(address) if address.is_broadcast() => udp::UdpMetadata {
                    local_address: None,
                    ..meta
                },
                _ => meta,
            };
            let _ = socket.send_slice(&bytes, meta);
        }
    }
}

fn udp_socket(port: u16) -> udp::Socket<'static> {
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 64 << 10]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(port).expect("a port, and a new socket");
    socket
}

fn tcp_socket() -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(vec![0; 64 << 10]);
    tcp::Socket::new(buffer(), buffer())
}

impl Web {
    /// Goes on with the connection, or waits for the next.
    fn serve(&mut self, socket: &mut tcp::Socket<'_>, requests: &Requests) {
        if !socket.is_open() {
            self.received.clear();
            self.response.clear();
            self.answered = false;
            socket
                .listen(self.port)
                .expect("a port, and a closed socket");
        }
        if socket.can_recv() {
            let _ = socket.recv(|bytes| {
                self.received.extend_from_slice(bytes);
                (bytes.len(), ())
            });
        }
        if !self.answered {
            let response = match parse(&self.received) {
                Parsed::Partial => None,
                Parsed::Malformed => Some(Response::status(400)),
                Parsed::Whole(request) => {
                    requests.note(format!("http {} {}", request.method, request.path));
                    Some((self.handler)(&request))
                }
            };
            self.answered = response.is_some();
            self.response = response
                .map(|response| response.bytes())
                .unwrap_or_default();
        }
        if self.answered && socket.can_send() {
            if let Ok(count) = socket.send_slice(&self.response) {
                self.response.drain(..count);
            }
            if self.response.is_empty() {
                socket.close();
            }
        }
        // Somebody who has hung up without a question.
        if !socket.may_recv() && !self.answered && socket.is_active() && socket.may_send() {
            socket.close();
        }
    }
}
