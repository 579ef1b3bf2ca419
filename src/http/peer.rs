//! What other processes of the cluster ask: behind a door of its own, and only with the cluster's signature.

use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;

use actix_web::App;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::web;

use crate::actors::admission::Admission;
use crate::actors::cluster::Cluster;
use crate::actors::letter;
use crate::drivers::peer::AT_HEADER;
use crate::drivers::peer::Peers;
use crate::drivers::peer::SIGNATURE_HEADER;
use crate::drivers::peer::Subject;
use crate::limits;

/// What the door needs.
#[derive(Clone)]
pub struct Door {
    /// Where commands are decided.
    pub admission: Admission,
    /// This process among the others.
    pub cluster: Cluster,
    /// Who tells whether a message is genuine.
    pub peers: Peers,
}

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
            .route(Subject::Command.path(), web::post().to(command))
            .route(Subject::Look.path(), web::post().to(look))
    };
    let server = HttpServer::new(routes).workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run();
    Ok((address, server))
}

async fn command(door: web::Data<Door>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if !is_genuine(&door, &request, Subject::Command, &body) {
        return HttpResponse::Forbidden().finish();
    }
    let Ok((auction, command)) = letter::read_command(&body) else { return HttpResponse::BadRequest().finish() };
    let outcome = door.admission.command_here(auction, command).await;
    HttpResponse::Ok().content_type("application/json").body(letter::write_outcome(outcome))
}

async fn look(door: web::Data<Door>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if !is_genuine(&door, &request, Subject::Look, &body) {
        return HttpResponse::Forbidden().finish();
    }
    door.cluster.look();
    HttpResponse::Ok().finish()
}

fn is_genuine(door: &Door, request: &HttpRequest, subject: Subject, body: &[u8]) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    door.peers.is_genuine(subject, header(AT_HEADER), header(SIGNATURE_HEADER), body)
}
