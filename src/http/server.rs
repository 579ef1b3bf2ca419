//! The HTTP server: actix-web's routes on our own connection type.

use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::KeepAlive;
use actix_http::Protocol;
use actix_server::Server;
use actix_server::ServerBuilder;
use actix_service::Service as _;
use actix_service::ServiceFactoryExt as _;
use actix_service::apply_fn_factory;
use actix_service::fn_service;
use actix_service::map_config;
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use socket2::Domain;
use socket2::SockRef;
use socket2::Socket;
use socket2::TcpKeepalive;
use socket2::Type;
use tokio::net::TcpStream;

use crate::app::App;
use crate::http::gate::Gate;
use crate::http::routes;
use crate::http::stream::Pace;
use crate::http::stream::PacedStream;
use crate::http::upgrade;
use crate::limits;

/// Takes an address and port; port 0 takes a free one.
///
/// # Errors
/// Names the address and what to do, in one line.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listen = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // Without it a restart waits for the last server's connections to time out.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(i32::try_from(limits::ACCEPT_BACKLOG).unwrap_or(i32::MAX))?;
        Ok(socket.into())
    };
    listen().map_err(|error: io::Error| {
        let kind = error.kind();
        io::Error::new(kind, format!("cannot listen on {address}: {error}; set MAZAD__HTTP__ADDRESS to another"))
    })
}

/// Starts to serve. The server runs while the returned future is polled, and stops through its handle; it installs no
/// signal handlers.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, app: Data<App>, workers: usize) -> io::Result<(SocketAddr, Server)> {
    let address = listener.local_addr()?;
    let gate = Gate::new(&app.config.http, routes::table(), app.traces.clone());
    let head_time = Duration::from_secs(app.config.http.head_seconds);
    let builder = ServerBuilder::new();
    // Idle connections end when the server stops; without the signal each stop waits its whole timeout for them.
    let stopping = builder.graceful_shutdown_signal();
    let (workers, serving) = (workers.max(1), Arc::new(AtomicUsize::new(0)));
    let server = builder
        .workers(workers)
        .max_concurrent_connections(limits::CONNECTIONS_PER_WORKER_MAX)
        .disable_signals()
        .shutdown_timeout(limits::SHUTDOWN_SECS_MAX)
        .listen("http", listener, move || {
            let number = serving.fetch_add(1, Ordering::Relaxed);
            actix_rt::spawn(app.loops.watch(&format!("http {}", number % workers)));
            let routes = || map_config(routes::mount(app.clone(), gate.clone()), |()| AppConfig::default());
            let rooms = Arc::clone(&app.rooms);
            let upgrade = apply_fn_factory(routes(), move |(request, connection), routes| {
                upgrade::switch(routes.call(request), connection, Arc::clone(&rooms))
            });
            let stopping = stopping.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(head_time)
                .client_disconnect_timeout(Duration::from_secs(limits::DISCONNECT_SECS_MAX))
                .keep_alive(KeepAlive::Timeout(Duration::from_secs(limits::IDLE_SECS_MAX)))
                .local_addr(address)
                .on_connect_ext(|stream: &PacedStream, data| {
                    data.insert::<Arc<Pace>>(stream.pace());
                })
                .upgrade(upgrade)
                .finish(routes());
            fn_service(move |stream: TcpStream| async move {
                let peer = stream.peer_addr().ok();
                // A peer that is gone already: nothing to serve, nothing to say.
                set_options(&stream).map_err(actix_http::error::DispatchError::Io)?;
                Ok((PacedStream::new(stream, head_time), Protocol::Http1, peer))
            })
            .and_then(http)
        })?
        .run();
    Ok((address, server))
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    // Without it a frame waits for the reader's delayed ACK: p99 of the fan-out was 43 ms.
    socket.set_tcp_nodelay(true)?;
    // What a reader that stopped can make the kernel keep for it.
    socket.set_send_buffer_size(limits::SOCKET_SEND_BUFFER_BYTES)?;
    // A peer that is gone is noticed while data waits for it (timeout) and while none does (keepalive).
    socket.set_tcp_user_timeout(Some(Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS)))?;
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_secs(limits::TCP_KEEPALIVE_SECS))
        .with_interval(Duration::from_secs(limits::TCP_KEEPALIVE_SECS));
    socket.set_tcp_keepalive(&probes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_in_one_line() {
        let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();
        let error = bind(address).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let line = error.to_string();
        assert!(line.contains(&address.to_string()) && !line.contains('\n'), "{line}");
    }

    #[tokio::test]
    async fn an_accepted_socket_has_its_options() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        set_options(&server).unwrap();
        let socket = SockRef::from(&server);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS)));
        // Linux books twice what was asked for.
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * limits::SOCKET_SEND_BUFFER_BYTES);
    }
}
