// Writes captures of conversations: Ethernet, IPv4, TCP, as tcpdump would save them. The packets are made up; no program sent
// them.

const bytes = (...values) => Buffer.from(values);
const u16 = (value) => bytes((value >> 8) & 255, value & 255);
const u32 = (value) => bytes((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

const address = (text) => Buffer.from(text.split(".").map(Number));

function packet({ from, to, sequence, acknowledged, flags, payload }) {
  const tcp = Buffer.concat([
    u16(from.port), u16(to.port), u32(sequence), u32(acknowledged), bytes(0x50, flags), u16(65535), u16(0), u16(0), payload,
  ]);
  const ip = Buffer.concat([
    bytes(0x45, 0), u16(20 + tcp.length), u16(0), u16(0x4000), bytes(64, 6), u16(0), address(from.ip), address(to.ip),
  ]);
  return Buffer.concat([bytes(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0), ip, tcp]);
}

/// A pcap file of `conversations`: `{ client, server, port, lines: [["C" | "S", text], …] }`, the text as it crosses.
export function pcap(conversations, { gap = 0.01, apart = 1 } = {}) {
  const parts = [Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex")];
  let began = 1_790_000_000;
  let port = 30_000;
  for (const { client, server, port: listens, lines } of conversations) {
    const ends = { C: { ip: client, port: port++ }, S: { ip: server, port: listens } };
    const next = { C: 1_000, S: 5_000 };
    let time = began;
    const send = (who, flags, payload = Buffer.alloc(0), count = payload.length) => {
      const other = who === "C" ? "S" : "C";
      const data = packet({
        from: ends[who], to: ends[other], sequence: next[who], acknowledged: flags & 16 ? next[other] : 0, flags, payload,
      });
      const head = Buffer.alloc(16);
      head.writeUInt32LE(Math.floor(time), 0);
      head.writeUInt32LE(Math.round((time % 1) * 1e6) % 1e6, 4);
      head.writeUInt32LE(data.length, 8);
      head.writeUInt32LE(data.length, 12);
      parts.push(head, data);
      next[who] += count;
      time += gap;
    };
    send("C", 2, undefined, 1);
    send("S", 18, undefined, 1);
    send("C", 16);
    for (const [who, text] of lines) send(who, 24, Buffer.from(text, "utf8"));
    send("C", 17, undefined, 1);
    send("S", 17, undefined, 1);
    send("C", 16);
    began += apart;
  }
  return Buffer.concat(parts);
}

/// What means something to a browser, a terminal, a spreadsheet or a reader's eye.
export const HOSTILE = [
  "<script>window.harmed=1</script>",
  "<img src=x onerror=window.harmed=1>",
  "\"><svg onload=window.harmed=1>",
  "'-window.harmed-'",
  "</script><script>window.harmed=1</script>",
  "<!--<script>",
  "]]>&lt;b&gt;",
  "{{ 7*7 }}{% raw %}",
  "\u202egnp.exe\u2066",
  "\u001b[31mred\u001b]0;title\u0007",
  "=HYPERLINK(\"http://evil.example/\",\"x\")",
  "+1+cmd|' /C calc'!A0",
  "javascript:window.harmed=1",
  "http://evil.example/pixel.png",
];

/// Conversations with hostile text in every place that a client or a server can choose.
export function hostile() {
  const conversations = [];
  for (const text of HOSTILE) {
    const line = text.replace(/[\r\n]/g, " ");
    const mailbox = line.replace(/[<>\s]/g, "_");
    conversations.push({
      client: "10.0.0.5", server: "10.0.0.25", port: 25, lines: [
        ["S", `220 ${line}\r\n`], ["C", `EHLO ${line}\r\n`], ["S", `250-${line}\r\n250 AUTH PLAIN LOGIN\r\n`],
        ["C", `AUTH PLAIN ${Buffer.from(`\0${line}\0${line}`).toString("base64")}\r\n`], ["S", `235 ${line}\r\n`],
        ["C", `MAIL FROM:<${mailbox}@a.example>\r\n`], ["S", "250 2.1.0 Ok\r\n"],
        ["C", `RCPT TO:<${mailbox}@b.example>\r\n`], ["S", `550 5.1.1 ${line}\r\n`],
        ["C", "RCPT TO:<ok@b.example>\r\n"], ["S", "250 Ok\r\n"], ["C", "DATA\r\n"], ["S", "354 go\r\n"],
        ["C", [
          `From: "${line.replace(/"/g, "")}" <a@a.example>`, `To: ${line}`, `Subject: ${line}`, `Message-ID: <${mailbox}@a.example>`,
          "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`, "", "--b", "Content-Type: text/html; charset=utf-8", "",
          line, "--b", `Content-Type: text/plain; name="${line.replace(/"/g, "")}"`,
          `Content-Disposition: attachment; filename="${line.replace(/"/g, "")}"`, "", line, "--b--", ".", "",
        ].join("\r\n")],
        ["S", `250 ${line}\r\n`], ["C", `${line}\r\n`], ["S", `500 ${line}\r\n`], ["C", "QUIT\r\n"], ["S", `221 ${line}\r\n`],
      ],
    });
    conversations.push({
      client: "10.0.0.6", server: "10.0.0.110", port: 110, lines: [
        ["S", `+OK ${line}\r\n`], ["C", `USER ${line}\r\n`], ["S", "+OK\r\n"], ["C", `PASS ${line}\r\n`], ["S", `-ERR ${line}\r\n`],
        ["C", "QUIT\r\n"], ["S", `+OK ${line}\r\n`],
      ],
    });
  }
  return conversations;
}

/// `count` ordinary sessions: letters sent, fetched, and refused now and then.
export function many(count) {
  return Array.from({ length: count }, (_, nth) => {
    const client = `10.${(nth >> 16) & 255}.${(nth >> 8) & 255}.${1 + (nth % 250)}`;
    if (nth % 3 === 2) {
      return {
        client, server: "10.9.9.110", port: 110, lines: [
          ["S", "+OK ready\r\n"], ["C", `USER user${nth}\r\n`], ["S", "+OK\r\n"], ["C", `PASS secret-${nth}\r\n`], ["S", "+OK\r\n"],
          ["C", "STAT\r\n"], ["S", "+OK 0 0\r\n"], ["C", "QUIT\r\n"], ["S", "+OK bye\r\n"],
        ],
      };
    }
    return {
      client, server: "10.9.9.25", port: 25, lines: [
        ["S", "220 mail.example ESMTP\r\n"], ["C", `EHLO host${nth}.example\r\n`], ["S", "250-mail.example\r\n250 PIPELINING\r\n"],
        ["C", `MAIL FROM:<from${nth}@a.example>\r\n`], ["S", "250 2.1.0 Ok\r\n"], ["C", `RCPT TO:<to${nth}@b.example>\r\n`],
        ["S", nth % 7 === 0 ? "550 5.1.1 no such user\r\n" : "250 2.1.5 Ok\r\n"],
        ...(nth % 7 === 0 ? [] : [
          ["C", "DATA\r\n"], ["S", "354 go\r\n"], ["C", `From: a@a.example\r\nSubject: letter ${nth}\r\n\r\nHello ${nth}\r\n.\r\n`],
          ["S", `250 2.0.0 Ok: queued as ${nth}\r\n`],
        ]),
        ["C", "QUIT\r\n"], ["S", "221 2.0.0 Bye\r\n"],
      ],
    };
  });
}
