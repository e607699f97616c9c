//! 服务器前面的代理。 A proxy before the server: its header, and what a server says to it.

use super::terms::bytes;
use crate::protocol::event::{ProxyClient, ProxyHeader, Via};
use crate::verdict::purpose::Unexpected;
use crate::view::address::canonical;

pub fn header(header: &ProxyHeader) -> String {
    match header.client {
        ProxyClient::At(client) => format!("代理告知服务器它所代表的客户：{}", canonical(client)),
        ProxyClient::Nobody => "代理自己建立连接，检查服务器是否正常".to_owned(),
        ProxyClient::Local => "代理告知服务器：客户在代理本机，经 UNIX 套接字连接".to_owned(),
        ProxyClient::Unnamed => "代理告知服务器：不知道所代表的客户是谁".to_owned(),
    }
}

/// Where the header is binary.
pub fn row(header: &ProxyHeader, size: u64) -> String {
    format!("PROXY 协议第 {} 版（{}）", header.version, bytes(size))
}

pub fn refuses(unexpected: Unexpected) -> &'static str {
    match unexpected {
        Unexpected::ProxyHeader => "服务器没有启用 PROXY 协议，把代理的首部当作命令",
        Unexpected::ClientHello => "服务器在此端口使用明文，把 ClientHello 当作无法识别的命令",
    }
}

/// How it is known that there is a proxy.
pub fn via(via: Via) -> &'static str {
    match via {
        Via::ProxyProtocol => "PROXY 协议",
        Via::Xclient => "XCLIENT",
        Via::Socks => "SOCKS",
        Via::HttpConnect => "HTTP CONNECT",
    }
}
