//! Where other processes of the cluster ask: a listener of its own, apart from the one for people.

use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;

use actix_web::App;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::web;

use crate::flows::door;
use crate::flows::door::Door;
use crate::flows::door::Unheard;
use crate::limits;

/// Opens the door on this listener.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, door: Door) -> io::Result<(SocketAddr, Server)> {
    let address = listener.local_addr()?;
    let routes = move || {
        App::new()
            .app_data(web::Data::new(door.clone()))
            .app_data(web::PayloadConfig::new(limits::PEER_BYTES_MAX))
            .route(door::COMMAND, web::post().to(command))
            .route(door::LOOK, web::post().to(look))
    };
    let server = HttpServer::new(routes).workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run();
    Ok((address, server))
}

async fn command(door: web::Data<Door>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    match door.command(signed(&request), &body).await {
        Ok(letter) => HttpResponse::Ok().content_type("application/json").body(letter),
        Err(unheard) => refuse(unheard),
    }
}

async fn look(door: web::Data<Door>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    door.look(signed(&request), &body).map_or_else(refuse, |()| HttpResponse::Ok().finish())
}

fn signed(request: &HttpRequest) -> [&str; 2] {
    door::SIGNED.map(|name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or(""))
}

fn refuse(unheard: Unheard) -> HttpResponse {
    match unheard {
        Unheard::Forged => HttpResponse::Forbidden().finish(),
        Unheard::Unreadable => HttpResponse::BadRequest().finish(),
    }
}
