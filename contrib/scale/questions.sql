-- Three questions that span sensors, for simulate.py where contrib/spark/questions.sql is not there: over few columns, none of them content.

-- name: journeys
-- Messages in several sessions, by Message-ID and body.
SELECT message_id, body_sha256, count(DISTINCT session_uid) AS in_sessions, count(DISTINCT sensor) AS sensors
FROM messages
GROUP BY message_id, body_sha256
HAVING count(DISTINCT session_uid) > 1;

-- name: attachments_that_travel
-- Attachments in several sessions, by their digest.
SELECT sha256, count(DISTINCT session_uid) AS in_sessions, count(DISTINCT sensor) AS sensors
FROM attachments
WHERE complete
GROUP BY sha256
HAVING count(DISTINCT session_uid) > 1;

-- name: credential_reuse
-- The same user with the same password at several servers, or from several clients.
SELECT username, count(DISTINCT server_ip) AS servers, count(DISTINCT client_ip) AS clients
FROM credentials
WHERE password IS NOT NULL
GROUP BY username, md5(password)
HAVING count(DISTINCT server_ip) > 1 OR count(DISTINCT client_ip) > 1;
