# mailtap's NDJSON as events of the Elastic Common Schema (ECS) 8.17: one a line, for each session, each attempt to log in, each message.
#
#   mailtap read mail.pcap --format ndjson --redact | jq -c -f contrib/mappings/ecs.jq > events.ndjson
#
# Names and values are those of the field reference, https://www.elastic.co/guide/en/ecs/8.17/ecs-field-reference.html. Events of one
# session have the same event.id up to the first `/`, and the same network.community_id. Passwords, tokens, challenges and responses
# are never in an event, and neither is the text of a message or of a step.
# A server may repeat what it was sent in a reply, so use --redact as above; what is masked is what it promises.
#
# Not mapped, because ECS has no field for it: the steps, the time budget, retransmissions, findings but for their rules' names (tags),
# the verdict, what became of each recipient, JA4, digests of a message. Not mapped, because mailtap does not know it: email.bcc,
# email.direction (it does not know which networks are one's own), email.delivery_timestamp, user.domain, geo.*, host.*, agent.*.
# The envelope is what SMTP said, and ECS's email.* is the header: it is not mixed in, but its addresses are in related.user.

def known: with_entries(select(.value != null and .value != [] and .value != {}));
def unique_texts: [.[] | strings] | unique;
def addresses: [.[]?.address | strings];
def end_of($side): {address: $side.ip, ip: $side.ip, port: $side.port};
# Milliseconds, with what is behind the point, as whole nanoseconds.
def nanoseconds: if . == null then null else . * 1000000 | round end;
def extension: (. // "") | if test("[^.]\\.[A-Za-z0-9]{1,16}$") then sub("^.*\\."; "") | ascii_downcase else null end;

def tls_of:
  if .tls.mode == "none" then null else {
    established: (.tls.version != null and (.tls.failed | not)),
    version: (.tls.version | if . == null then null else ltrimstr("TLS ") end),
    version_protocol: (if .tls.version == null then null else "tls" end),
    cipher: .tls.cipher,
    next_protocol: .tls.alpn,
    client: ({server_name: .tls.server_name} | known),
    server: ((.tls.certificate // {}) | {
      subject: .subject, issuer: .issuer, not_before: .not_before, not_after: .not_after,
      hash: (if .sha256 then {sha256: (.sha256 | ascii_upcase)} else null end),
      x509: (if .names then {alternative_names: .names} | known else null end)
    } | known)
  } | known end;

# What every event of a session says.
def shared: {
  ecs: {version: "8.17.0"},
  source: end_of(.client),
  destination: end_of(.server),
  network: {type: (if .client.ip | contains(":") then "ipv6" else "ipv4" end), transport: "tcp", protocol: .protocol,
    community_id: .community_id},
  tls: tls_of
};

def event($kind; $id; $action; $outcome): {kind: "event", module: "mailtap", dataset: ("mailtap." + $kind), id: $id, action: $action,
  outcome: $outcome};

def outcome_of: if . == "accepted" then "success" elif . == "rejected" or . == "deferred" or . == "cancelled" then "failure" else "unknown" end;

select(.type == "session")
| . as $session
| (.steps | map({key: (.n | tostring), value: .time}) | from_entries) as $time_of
| shared as $shared
| [.client.ip, .server.ip, .client_address] as $ips
| (
  $shared + {
    "@timestamp": .started,
    event: (event("session"; .uid; "mail-session"; "unknown") + {category: ["network"], type: ["connection", "protocol"],
      start: .started, end: .ended, duration: (.duration_ms | nanoseconds)} | del(.outcome) | known),
    source: ($shared.source + {bytes: .transport.client_bytes}),
    destination: ($shared.destination + {bytes: .transport.server_bytes}),
    network: ($shared.network + {packets: .transport.packets, bytes: (.transport.client_bytes + .transport.server_bytes)}),
    client: (if .client_address then {ip: .client_address, address: .client_address} else null end),
    tags: (.findings | map(.id) | unique_texts),
    related: ({ip: ($ips | unique_texts), user: (.credentials | map(.username) | unique_texts),
      hosts: ([.client_name, .tls.server_name] | unique_texts)} | known)
  },
  (.credentials | to_entries[] | .key as $n | .value | $shared + {
    "@timestamp": (.time // $session.started),
    event: (event("authentication"; $session.uid + "/credential/" + ($n + 1 | tostring); "mail-login"; .outcome | outcome_of)
      + {category: ["authentication"], type: ["start"], reason: .cause} | known),
    user: ({name: .username, effective: (if .authorization_id then {name: .authorization_id} else null end)} | known),
    related: ({ip: ($ips | unique_texts), user: ([.username, .authorization_id] | unique_texts)} | known)
  }),
  (.messages[] | $shared + {
    "@timestamp": ($time_of[.steps[-1] // 0 | tostring] // $session.started),
    event: (event("message"; $session.uid + "/message/" + (.n | tostring); "mail-" + .direction;
      if .direction == "retrieved" then (if .complete then "success" else "unknown" end) else .outcome | outcome_of end)
      + {category: ["network"], type: ["info", "protocol"]} | known),
    email: ({
      message_id: .message_id, subject: .subject, origination_timestamp: .date_utc,
      content_type: .mime.content_type,
      from: ({address: (.from | addresses)} | known), to: ({address: (.to | addresses)} | known),
      cc: ({address: (.cc | addresses)} | known), reply_to: ({address: (.reply_to | addresses)} | known),
      sender: ({address: (first(.fields[] | select(.name | ascii_downcase == "sender") | .value) // null)} | known),
      x_mailer: (first(.fields[] | select(.name | ascii_downcase == "x-mailer") | .value) // null),
      attachments: [.attachments[] | {file: ({name: .filename, extension: (.filename | extension), mime_type: .content_type, size: .size,
        hash: (if .complete then {sha256: .sha256} else null end)} | known)}]
    } | known),
    related: ({ip: ($ips | unique_texts),
      user: ([(.from, .to, .cc, .reply_to | addresses[]), .envelope.from, (.envelope.to // [])[].address] | map(select(. != "<>")) | unique_texts),
      hash: ([.attachments[] | select(.complete) | .sha256] | unique_texts)} | known)
  })
)
| known
