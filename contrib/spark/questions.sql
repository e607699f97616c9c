-- What spans sensors, asked of the tables that mailtap_job.py writes: on Spark (ANSI) and on DuckDB, unchanged.
--
-- A view for each table: sessions, steps, credentials, transactions, messages, attachments, and findings, which is the table `details`.
-- README.md beside this file says how to make them. The time zone of the engine has to be UTC.
--
-- Several sensors may have seen one session: it has its rows once for each, with the same session_uid. Counts here are of sessions, so such
-- a one counts once. Passwords and tokens are compared by their MD5, which is in no result. What a query moves between machines are the
-- columns that it names: digests, keys, addresses and times, but no text of a step and no content.

-- name: journeys
-- Messages that were seen in several sessions: how they were recognised, and each hop in the order in which its content had crossed.
-- The same content (`content`) is the same message. Where the header changed on the way, as each relay changes it, the body and the
-- Message-ID are the same (`body`). Where the body changed too, the Message-ID alone is (`message-id`): see the next query.
WITH crossed AS (
  SELECT task, session_uid, message AS n, max(time) AS time
  FROM steps
  WHERE message IS NOT NULL
  GROUP BY task, session_uid, message
),
seen AS (
  SELECT m.session_uid, m.n, min(m.sensor) AS sensor, count(DISTINCT m.sensor) AS sensors, min(m.direction) AS direction,
    min(m.message_id) AS message_id, min(m.sha256) AS sha256, min(m.body_sha256) AS body_sha256, min(m.size) AS size,
    min(m.outcome) AS outcome, min(c.time) AS time
  FROM messages m
  LEFT JOIN crossed c ON c.task = m.task AND c.session_uid = m.session_uid AND c.n = m.n
  WHERE m.complete AND m.part IS NULL AND m.sha256 IS NOT NULL
  GROUP BY m.session_uid, m.n
),
keyed AS (
  SELECT *, coalesce(message_id, sha256) AS identity FROM seen
),
counted AS (
  SELECT identity, body_sha256, count(DISTINCT session_uid) AS in_sessions, count(DISTINCT sha256) AS contents
  FROM keyed
  GROUP BY identity, body_sha256
)
SELECT k.body_sha256, k.message_id,
  CASE WHEN c.contents = 1 THEN 'content' ELSE 'body' END AS recognised_by,
  row_number() OVER (PARTITION BY k.identity, k.body_sha256 ORDER BY k.time NULLS LAST, k.session_uid, k.n) AS hop,
  k.sensor, k.sensors, k.session_uid, k.n, k.time, s.protocol, s.client_ip, s.server_ip, k.direction, k.outcome, k.size, k.sha256
FROM keyed k
JOIN counted c ON c.identity = k.identity AND c.body_sha256 = k.body_sha256
JOIN sessions s ON s.session_uid = k.session_uid AND s.sensor = k.sensor
WHERE c.in_sessions > 1
ORDER BY k.body_sha256, k.message_id NULLS LAST, hop;

-- name: journeys_by_message_id
-- Message-IDs that were seen in several sessions with bodies that differ: changed on the way, or given twice.
SELECT m.message_id, count(DISTINCT m.session_uid) AS in_sessions, count(DISTINCT m.body_sha256) AS bodies,
  count(DISTINCT m.sensor) AS sensors, min(s.started) AS first_started, max(s.started) AS last_started,
  min(m.size) AS smallest, max(m.size) AS largest
FROM messages m
JOIN sessions s ON s.session_uid = m.session_uid AND s.sensor = m.sensor
WHERE m.complete AND m.part IS NULL AND m.message_id IS NOT NULL AND m.body_sha256 IS NOT NULL
GROUP BY m.message_id
HAVING count(DISTINCT m.session_uid) > 1 AND count(DISTINCT m.body_sha256) > 1
ORDER BY m.message_id;

-- name: attachments_that_travel
-- Attachments, by their digest, that were seen in several sessions.
SELECT sha256, min(size) AS size, min(filename) AS filename, count(DISTINCT filename) AS names,
  count(DISTINCT session_uid) AS in_sessions, count(DISTINCT sensor) AS sensors, count(DISTINCT message_id) AS message_ids
FROM attachments
WHERE complete AND size > 0
GROUP BY sha256
HAVING count(DISTINCT session_uid) > 1
ORDER BY in_sessions DESC, sha256;

-- name: credential_reuse
-- The same user with the same password or token at several servers, or from several clients. A response to a challenge is another each
-- time, so log-ins by APOP, CRAM-MD5 and SCRAM are not here.
WITH secrets AS (
  SELECT username, client_ip, concat(server_ip, ' ', server_port) AS server, server_ip, session_uid, sensor, outcome, time,
    coalesce(encrypted, false) AS inside_tls,
    md5(concat(CASE WHEN password IS NULL THEN 'token ' ELSE 'password ' END, coalesce(password, token))) AS secret
  FROM credentials
  WHERE username IS NOT NULL AND coalesce(password, token) IS NOT NULL
)
SELECT username, row_number() OVER (PARTITION BY username ORDER BY min(time), min(session_uid)) AS secret_number,
  count(DISTINCT server_ip) AS servers, count(DISTINCT client_ip) AS clients, count(DISTINCT sensor) AS sensors,
  count(DISTINCT session_uid) AS in_sessions, max(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END) AS was_accepted,
  max(CASE WHEN inside_tls THEN 0 ELSE 1 END) AS was_in_clear, min(server) AS one_server, max(server) AS another_server,
  min(time) AS first_time, max(time) AS last_time
FROM secrets
GROUP BY username, secret
HAVING count(DISTINCT server_ip) > 1 OR count(DISTINCT client_ip) > 1
ORDER BY username, secret_number;

-- name: secret_of_several_users
-- Passwords that several user names have in common, without the passwords.
WITH secrets AS (
  SELECT lower(username) AS username, server_ip, session_uid, time, md5(password) AS secret
  FROM credentials
  WHERE username IS NOT NULL AND password IS NOT NULL AND length(password) > 0 AND outcome = 'accepted'
)
SELECT count(DISTINCT username) AS users, min(username) AS one_user, max(username) AS another_user,
  count(DISTINCT server_ip) AS servers, count(DISTINCT session_uid) AS in_sessions, min(time) AS first_time
FROM secrets
GROUP BY secret
HAVING count(DISTINCT username) > 1
ORDER BY users DESC, one_user, another_user, first_time;

-- name: starttls_here_and_not_there
-- Servers that offered STARTTLS (STLS) in one session and not in another: how often, as each sensor saw it for each client. A sensor that
-- never sees the offer may stand behind something that takes it out.
WITH lists AS (
  SELECT session_uid, sensor, client_ip, server_ip, server_port, protocol, tls_mode,
    upper(concat(', ', replace(replace(CAST(capabilities AS STRING), '[', ''), ']', ''), ',')) AS words
  FROM sessions
  WHERE capabilities IS NOT NULL AND tls_mode <> 'implicit' AND protocol IN ('smtp', 'pop3', 'imap')
),
offers AS (
  SELECT session_uid, sensor, client_ip, server_ip, server_port, protocol,
    CASE WHEN tls_mode = 'starttls' OR words LIKE '%, STARTTLS,%' OR words LIKE '%, STLS,%' THEN 1 ELSE 0 END AS offered
  FROM lists
),
mixed AS (
  SELECT server_ip, server_port FROM offers GROUP BY server_ip, server_port HAVING min(offered) = 0 AND max(offered) = 1
)
SELECT o.server_ip, o.server_port, o.protocol, o.sensor, o.client_ip,
  count(DISTINCT CASE WHEN o.offered = 1 THEN o.session_uid END) AS with_offer,
  count(DISTINCT CASE WHEN o.offered = 0 THEN o.session_uid END) AS without_offer
FROM offers o
JOIN mixed b ON b.server_ip = o.server_ip AND b.server_port = o.server_port
GROUP BY o.server_ip, o.server_port, o.protocol, o.sensor, o.client_ip
ORDER BY o.server_ip, o.server_port, o.protocol, o.sensor, o.client_ip;

-- name: exposure_by_server
-- Log-ins of each server and day: in clear (a password or token that anybody could read), as a hash, and inside TLS that was decrypted; and
-- the sessions inside TLS that stayed closed, in which there may be log-ins.
WITH logins AS (
  SELECT DISTINCT session_uid, n, server_ip, server_port, protocol, day, exposure, coalesce(encrypted, false) AS inside_tls
  FROM credentials
),
by_login AS (
  SELECT server_ip, server_port, protocol, day,
    sum(CASE WHEN NOT inside_tls AND exposure IN ('plaintext', 'token') THEN 1 ELSE 0 END) AS in_clear,
    sum(CASE WHEN NOT inside_tls AND exposure = 'hash' THEN 1 ELSE 0 END) AS as_hash,
    sum(CASE WHEN inside_tls THEN 1 ELSE 0 END) AS inside_tls
  FROM logins
  GROUP BY server_ip, server_port, protocol, day
),
by_session AS (
  SELECT server_ip, server_port, protocol, day, count(DISTINCT session_uid) AS in_sessions,
    count(DISTINCT CASE WHEN tls_mode <> 'none' AND NOT coalesce(tls_decrypted, false) AND NOT coalesce(tls_failed, false)
      THEN session_uid END) AS closed_sessions
  FROM sessions
  GROUP BY server_ip, server_port, protocol, day
)
SELECT s.server_ip, s.server_port, s.protocol, s.day, s.in_sessions, CAST(coalesce(l.in_clear, 0) AS BIGINT) AS in_clear,
  CAST(coalesce(l.as_hash, 0) AS BIGINT) AS as_hash, CAST(coalesce(l.inside_tls, 0) AS BIGINT) AS inside_tls, s.closed_sessions
FROM by_session s
LEFT JOIN by_login l
  ON l.server_ip = s.server_ip AND l.server_port = s.server_port AND l.protocol = s.protocol AND l.day = s.day
ORDER BY s.server_ip, s.server_port, s.protocol, s.day;

-- name: why_mail_was_refused
-- Replies of 400 and above while mail was handed over, by server, command and enhanced status code.
WITH replies AS (
  SELECT DISTINCT r.session_uid, r.n, r.source AS server_ip, r.source_port AS server_port, r.code, r.enhanced, c.command, c.kind
  FROM steps r
  LEFT JOIN steps c ON c.task = r.task AND c.session_uid = r.session_uid AND c.n = r.answers
  WHERE r.kind = 'reply' AND r.code >= 400 AND r.phase = 'transaction'
)
SELECT server_ip, server_port, code, enhanced, coalesce(command, kind, '?') AS in_answer_to,
  count(*) AS replies, count(DISTINCT session_uid) AS in_sessions
FROM replies
GROUP BY server_ip, server_port, code, enhanced, coalesce(command, kind, '?')
ORDER BY server_ip, server_port, code, enhanced NULLS LAST, in_answer_to;

-- name: findings_by_server
-- In how many sessions of each server each rule found something: the worst first.
SELECT severity, id, server_ip, server_port, count(DISTINCT session_uid) AS in_sessions, count(DISTINCT client_ip) AS clients,
  count(DISTINCT sensor) AS sensors, min(day) AS first_day, max(day) AS last_day
FROM findings
GROUP BY severity, id, server_ip, server_port
ORDER BY CASE severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2 ELSE 3 END, in_sessions DESC, id, server_ip, server_port;
