# mailtap's NDJSON as lines with the names of Zeek's smtp.log (SMTP::Info of Zeek 7 and 8, as its JSON logs write it): one for each mail
# transaction of SMTP.
#
#   mailtap read mail.pcap --format ndjson --redact | jq -c -f contrib/mappings/zeek-smtp.jq > smtp.log
#
# The names are those of https://docs.zeek.org/en/current/scripts/base/protocols/smtp/main.zeek.html and, for fuids, of files.zeek there.
# What is different from Zeek:
#   uid is the session's uid of mailtap, and not a random one of Zeek. A fuid is `F` and the first 17 digits of a part's SHA-256: the same
#     file has the same one in all sessions. Only attachments have one; Zeek numbers every part.
#   A transaction that carried no message has its line too. LMTP, POP3 and IMAP have none, because smtp.log is of SMTP alone.
#   path has the two hosts of the session. Zeek adds the addresses in Received, which are not read out of the text here.
#   from, to, cc, reply_to and subject are decoded; Zeek has them as sent.
#   first_received is the lowest Received of the header, and second_received the one above it, as in Zeek.
# Not mapped: x_originating_ip where it is no address; is_webmail, which is of a script that Zeek does not load by itself. A line
# holds no log-in. A server may repeat what it was sent in a reply, so use --redact as above.

def known: with_entries(select(.value != null and .value != [] and .value != {}));
# RFC 3339 in UTC as seconds since 1970.
def seconds:
  if . == null then null
  else capture("^(?<s>[^.Z]+)(\\.(?<f>[0-9]+))?Z$") | ((.s + "Z") | fromdateiso8601) + ("0." + (.f // "0") | tonumber) end;
def mailbox: if .name and .address then .name + " <" + .address + ">" else .address // .name end;
def mailboxes: [.[]? | mailbox | strings];
# The values of a header field that has no field of its own in the JSON, from the first to the last.
def values($name): [.fields[]? | select((.name | ascii_downcase) == $name) | .value];

select(.type == "session" and .protocol == "smtp")
| . as $session
| (.steps | map({key: (.n | tostring), value: .}) | from_entries) as $step
| (.messages | map({key: (.n | tostring), value: .}) | from_entries) as $message
| .transactions[]
| . as $transaction
| (if .message then $message[.message | tostring] else null end // {fields: [], attachments: []}) as $mail
| ([.steps[] | $step[tostring] | select(.kind == "reply")] | last) as $last
| ($mail | values("received")) as $received
| {
    ts: (($step[.steps[0] // 0 | tostring].time // $session.started) | seconds),
    uid: $session.uid,
    "id.orig_h": $session.client.ip, "id.orig_p": $session.client.port, "id.resp_h": $session.server.ip, "id.resp_p": $session.server.port,
    trans_depth: .n,
    helo: $session.client_name,
    mailfrom: (if .from == "<>" then null else .from end),
    rcptto: [.to[].address],
    date: $mail.date,
    from: ($mail.from | mailboxes | if . == [] then null else join(", ") end),
    to: ($mail.to | mailboxes),
    cc: ($mail.cc | mailboxes),
    reply_to: ($mail.reply_to | mailboxes | if . == [] then null else join(", ") end),
    msg_id: ($mail.message_id | if . == null then null else "<" + . + ">" end),
    in_reply_to: ($mail | values("in-reply-to") | last),
    subject: $mail.subject,
    x_originating_ip: ($mail | values("x-originating-ip") | last | if . == null then null else gsub("^[\\[ ]+|[\\] ]+$"; "") | if test("^[0-9A-Fa-f:.]{3,45}$") then . else null end end),
    first_received: $received[-1],
    second_received: (if ($received | length) > 1 then $received[-2] else null end),
    last_reply: ($last.text // null),
    path: [$session.server.ip, $session.client.ip],
    user_agent: ([$mail.fields[]? | select((.name | ascii_downcase) | . == "x-mailer" or . == "user-agent" or . == "x-user-agent") | .value] | last),
    tls: ($session.tls.mode == "starttls" and ($session.tls.failed | not)),
    fuids: [$mail.attachments[] | select(.complete) | "F" + .sha256[0:17]]
  }
| known
