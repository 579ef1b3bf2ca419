//! Which url is which route: what the gate knows of a request before it is routed.
//!
//! actix's own map of resources answers that with a regular expression for every route; this walks the path's segments
//! once. It reads the path as actix's router does, percent-decoded, so no spelling of a url escapes its class.

use std::collections::HashMap;

use actix_web::http::Method;

use crate::config::Class;

/// What becomes of an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing here: the call changes nothing, says the same whenever it is repeated, or has a key of its own.
    Plain,
    /// The handler stores the answer in the transaction of the effect.
    WithEffect,
    /// The same, and the body is a form with a file.
    Upload,
    /// The gate stores the answer behind the effect.
    Behind,
}

/// One url and method.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// `GET` …
    pub(crate) method: Method,
    /// With names in place of ids: `/api/v1/bidding/requests/{id}/bids`.
    pub(crate) template: String,
    /// How its rate is limited; `None` for the few that are not.
    pub(crate) class: Option<Class>,
    /// What becomes of an idempotency key.
    pub(crate) repeat: Repeat,
    /// Whether it is a file of this binary, which a browser may show as a page.
    pub(crate) is_file: bool,
    /// Whether the last name of the template takes the rest of the path.
    pub(crate) takes_rest: bool,
}

#[derive(Debug, Default)]
struct Node {
    words: HashMap<String, usize>,
    any: Option<usize>,
    rest: Option<usize>,
    /// Numbers of the routes that end here.
    routes: Vec<usize>,
}

/// All routes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    routes: Vec<Route>,
    nodes: Vec<Node>,
}

/// What lies at a url.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    table: &'a Table,
    node: &'a Node,
}

impl<'a> Place<'a> {
    /// The route of a method, with its number in the table.
    pub(crate) fn route(self, method: &Method) -> Option<(usize, &'a Route)> {
        self.routes().find(|(_, route)| route.method == *method)
    }

    /// The routes here.
    pub(crate) fn routes(self) -> impl Iterator<Item = (usize, &'a Route)> {
        self.node.routes.iter().filter_map(move |at| self.table.routes.get(*at).map(|route| (*at, route)))
    }

    /// What this url takes (RFC 9110 §10.2.1). Who takes GET takes HEAD, and everybody OPTIONS.
    pub(crate) fn allow(self) -> String {
        let mut methods: Vec<&str> = self.routes().map(|(_, route)| route.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods.join(", ")
    }
}

impl Table {
    /// A table of these routes.
    pub(crate) fn new(routes: Vec<Route>) -> Self {
        let mut table = Self { routes: Vec::new(), nodes: vec![Node::default()] };
        for route in routes {
            let mut at = 0;
            let template = route.template.clone();
            let mut segments = segments(&template).peekable();
            while let Some(segment) = segments.next() {
                let next = table.nodes.len();
                let node = &mut table.nodes[at];
                let slot = match (segment.starts_with('{'), segments.peek().is_none() && route.takes_rest) {
                    (_, true) => node.rest.get_or_insert(next),
                    (true, false) => node.any.get_or_insert(next),
                    (false, false) => node.words.entry(segment.to_owned()).or_insert(next),
                };
                at = *slot;
                if at == next {
                    table.nodes.push(Node::default());
                }
            }
            table.nodes[at].routes.push(table.routes.len());
            table.routes.push(route);
        }
        table
    }

    /// All routes, by their numbers.
    pub(crate) fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// What lies at a path. A word stands before a name that it would fit (`users/me` is no `users/{id}`), as in
    /// `OpenAPI`.
    pub(crate) fn find(&self, path: &str) -> Option<Place<'_>> {
        let node = self.walk(self.nodes.first()?, Some(path.strip_prefix('/')?))?;
        Some(Place { table: self, node })
    }

    /// As deep as the longest template, however long the path.
    fn walk<'a>(&'a self, node: &'a Node, path: Option<&str>) -> Option<&'a Node> {
        let Some(path) = path else { return Some(node).filter(|node| !node.routes.is_empty()) };
        let (segment, rest) = path.split_once('/').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
        let word = node.words.get(segment).and_then(|next| self.walk(&self.nodes[*next], rest));
        let name = || node.any.filter(|_| !segment.is_empty()).and_then(|next| self.walk(&self.nodes[next], rest));
        word.or_else(name).or_else(|| node.rest.map(|next| &self.nodes[next]))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, template: &str, takes_rest: bool) -> Route {
        let template = template.to_owned();
        Route { method, template, class: None, repeat: Repeat::Plain, is_file: false, takes_rest }
    }

    #[test]
    fn paths_are_found_as_actix_finds_them() {
        let table = Table::new(vec![
            route(Method::GET, "/", false),
            route(Method::GET, "/api/bids", false),
            route(Method::GET, "/api/bids/{id}", false),
            route(Method::DELETE, "/api/bids/{id}", false),
            route(Method::POST, "/api/bids/all/read", false),
            route(Method::DELETE, "/api/bids/mine", false),
            route(Method::POST, "/api/bids/{id}/read", false),
            route(Method::GET, "/assets/{path}", true),
        ]);
        let found = |path| {
            let place = table.find(path)?;
            Some((place.routes().next().unwrap().1.template.clone(), place.allow()))
        };
        for (path, template, allow) in [
            ("/", "/", "GET, HEAD, OPTIONS"),
            ("/api/bids", "/api/bids", "GET, HEAD, OPTIONS"),
            ("/api/bids/7", "/api/bids/{id}", "DELETE, GET, HEAD, OPTIONS"),
            ("/api/bids/all", "/api/bids/{id}", "DELETE, GET, HEAD, OPTIONS"),
            ("/api/bids/mine", "/api/bids/mine", "DELETE, OPTIONS"),
            ("/api/bids/all/read", "/api/bids/all/read", "OPTIONS, POST"),
            ("/api/bids/7/read", "/api/bids/{id}/read", "OPTIONS, POST"),
            ("/assets/a/b.js", "/assets/{path}", "GET, HEAD, OPTIONS"),
            ("/assets/", "/assets/{path}", "GET, HEAD, OPTIONS"),
        ] {
            assert_eq!(found(path), Some((template.to_owned(), allow.to_owned())), "{path}");
        }
        for path in
            ["", "//", "/api", "/api/bids/", "/api/bids//read", "/api/bids/7/", "/api/bids/7/8", "/assets", "api/bids"]
        {
            assert!(found(path).is_none(), "{path}");
        }
    }
}
