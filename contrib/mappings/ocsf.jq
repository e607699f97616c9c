# mailtap's NDJSON as events of the Open Cybersecurity Schema Framework (OCSF) 1.5: one a line, Email Activity (class 4009) for each
# message, Authentication (class 3002) for each attempt to log in.
#
#   mailtap read mail.pcap --format ndjson --redact | jq -c -f contrib/mappings/ocsf.jq > events.ndjson
#
# Names and numbers are those of https://schema.ocsf.io/1.5.0/classes/email_activity and …/authentication. Events of one session have the
# same metadata.correlation_uid, which is the session's uid. Passwords, tokens, challenges and responses are never in an event, and
# neither is the text of a message or of a step.
# A server may repeat what it was sent in a reply, so use --redact as above; what is masked is what it promises.
#
# Not mapped, because mailtap does not know it: whether mail is inbound or outbound (direction_id is 0, unknown), email_auth, urls,
# how bad an event is (severity_id is 1, informational; findings have their own ids and are not here), device. Not mapped, because these
# classes have no attribute for it: TLS but for is_cleartext, the steps, what became of each recipient, digests of a message (those of
# attachments are there). Where the schema has one address and the header has several (from, reply_to), it is the first.
# An attempt without a user name (a mechanism that has none, a login that was cut off) has no user.name, although the schema wants one.

def known: with_entries(select(.value != null and .value != [] and .value != {}));
def addresses: [.[]?.address | strings];
# RFC 3339 in UTC as milliseconds since 1970, which is OCSF's timestamp_t.
def milliseconds:
  if . == null then null
  else capture("^(?<s>[^.Z]+)(\\.(?<f>[0-9]+))?Z$") | ((.s + "Z") | fromdateiso8601) * 1000 + (((.f // "0") + "00")[0:3] | tonumber) end;
def endpoint($side): {ip: $side.ip, port: $side.port};
# 1 success, 2 failure, 0 unknown, 99 other: accepted for some recipients only.
def status:
  if . == "accepted" then {status_id: 1, status: "Success"}
  elif . == "rejected" or . == "deferred" or . == "cancelled" then {status_id: 2, status: "Failure"}
  elif . == "partly" then {status_id: 99, status: "partly"}
  else {status_id: 0, status: "Unknown"} end;
# 3 Digest and 6 OAUTH 2.0 are the only ones of the list that mail has; all others keep their names.
def auth_protocol:
  . as $name
  | if test("DIGEST-MD5$") then {auth_protocol_id: 3}
    elif test("(XOAUTH2|OAUTHBEARER)$") then {auth_protocol_id: 6}
    else {auth_protocol_id: 99} end
  | . + {auth_protocol: $name};

def metadata($session; $id): {
  version: "1.5.0", uid: ($session.uid + $id), correlation_uid: $session.uid,
  product: {name: "mailtap", vendor_name: "mailtap"}
};

select(.type == "session")
| . as $session
| (.steps | map({key: (.n | tostring), value: .time}) | from_entries) as $time_of
| (last(.steps[] | select(.command == "EHLO" or .command == "HELO" or .command == "LHLO")) // null) as $hello
| (
  (.messages[] | {
    class_uid: 4009, class_name: "Email Activity", category_uid: 4, category_name: "Network Activity",
    # What the client did: it sent or received. Whether a server relays is not seen in one session.
    activity_id: (if .direction == "retrieved" then 2 else 1 end),
    activity_name: (if .direction == "retrieved" then "Receive" else "Send" end),
    type_uid: (if .direction == "retrieved" then 400902 else 400901 end),
    severity_id: 1, severity: "Informational", direction_id: 0, direction: "Unknown",
    time: (($time_of[.steps[-1] // 0 | tostring] // $session.started) | milliseconds),
    start_time: ($session.started | milliseconds), end_time: ($session.ended | milliseconds),
    status_detail: .reply,
    protocol_name: ($session.protocol | ascii_upcase),
    banner: $session.banner,
    command: (if $hello then [$hello.command, $hello.arguments] | map(strings) | join(" ") else null end),
    src_endpoint: endpoint($session.client), dst_endpoint: endpoint($session.server),
    email: ({
      from: (.from | addresses | first // null), to: (.to | addresses), cc: (.cc | addresses),
      reply_to: (.reply_to | addresses | first // null),
      message_uid: .message_id, subject: .subject, size: .size,
      smtp_from: .envelope.from, smtp_to: [(.envelope.to // [])[].address],
      files: [.attachments[] | {name: (.filename // "?"), type_id: 1, type: "Regular File", mime_type: .content_type, size: .size,
        hashes: (if .complete then [{algorithm_id: 3, algorithm: "SHA-256", value: .sha256}] else null end)} | known]
    } | known),
    metadata: metadata($session; "/message/" + (.n | tostring)),
    unmapped: ({community_id: $session.community_id, complete: .complete, sha256: .sha256, tls: $session.tls.version} | known)
  } + (if .direction == "retrieved" and .complete then {status_id: 1, status: "Success"} else .outcome | status end)),
  (.credentials | to_entries[] | .key as $n | .value | {
    class_uid: 3002, class_name: "Authentication", category_uid: 3, category_name: "Identity & Access Management",
    activity_id: 1, activity_name: "Logon", type_uid: 300201,
    severity_id: 1, severity: "Informational",
    time: ((.time // $session.started) | milliseconds),
    status_detail: .cause,
    is_cleartext: (.exposure == "plaintext" and (.encrypted | not)), is_remote: true,
    logon_type_id: 3, logon_type: "Network",
    user: ({name: .username, type_id: 0, type: "Unknown"} | known),
    service: {name: $session.protocol},
    src_endpoint: endpoint($session.client), dst_endpoint: endpoint($session.server),
    session: {uid: $session.uid},
    metadata: metadata($session; "/credential/" + ($n + 1 | tostring)),
    unmapped: ({community_id: $session.community_id, authorization_id: .authorization_id, exposure: .exposure,
      tls: $session.tls.version} | known)
  } + (.mechanism | auth_protocol) + (.outcome | status))
)
| known
