(() => {
  "use strict";
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  root.classList.add("js");
  const list = one("list");
  const sessions = [...list.tBodies];
  const RANK = { info: 1, low: 2, medium: 3, high: 4 };
  const chinese = () => one("lang-zh").checked;

  // A session.
  const link = (body) => body.querySelector("a.open");
  const isOpen = (body) => body.classList.contains("opened-up");
  const open = (body, wanted) => {
    const row = body.querySelector(":scope > .detail");
    if (!row) return;
    const kept = row.querySelector(":scope > td > script[type='text/html']");
    if (wanted && kept) kept.parentNode.innerHTML = kept.textContent;
    body.classList.toggle("opened-up", wanted);
    link(body).setAttribute("aria-expanded", String(wanted));
  };
  for (const body of sessions) link(body)?.setAttribute("aria-expanded", "false");
  list.addEventListener("click", (event) => {
    const row = event.target.closest("tr.row");
    if (!row || row.parentNode.parentNode !== list) return;
    const to = event.target.closest("a");
    if (!to && String(getSelection())) return;
    event.preventDefault();
    open(row.parentNode, !isOpen(row.parentNode));
  });

  // A link to a session, or to a step of one.
  const follow = () => {
    const found = /^#session-(\d+)/.exec(location.hash);
    const body = found && one("session-" + found[1]);
    if (!body) return;
    body.hidden = false;
    open(body, true);
    const target = one(location.hash.slice(1)) || body;
    target.scrollIntoView({ block: target === body ? "start" : "center" });
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const to = event.target.closest?.("a[href^='#session-']");
    // The same place once more is no change.
    if (to && !to.matches(".open") && to.getAttribute("href") === location.hash) follow();
  });

  // The language of what the style cannot choose.
  const speak = () => {
    root.lang = chinese() ? "zh-CN" : "en";
    for (const option of document.querySelectorAll("option[data-en]")) {
      option.textContent = option.dataset[chinese() ? "zh" : "en"];
    }
    filter();
  };

  // Filters.
  const fields = ["text", "address", "protocol", "outcome", "severity"].map((name) => one("filter-" + name));
  const [text, address, protocol, outcome, severity] = fields;
  let known = null;
  const read = () => sessions.map((body) => {
    const row = body.querySelector(":scope > .row");
    return {
      body,
      said: row.textContent.toLowerCase(),
      // With their ports.
      addresses: `${body.dataset.addresses} ${row.querySelector(".c-ends").textContent}`.toLowerCase(),
      protocol: body.dataset.protocol,
      outcome: body.dataset.outcome,
      rank: RANK[body.dataset.severity] || 0,
    };
  });
  const filter = () => {
    known ??= read();
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const at = address.value.trim().toLowerCase();
    const least = Number(severity.value);
    let count = 0;
    for (const it of known) {
      const shown = words.every((word) => it.said.includes(word)) && it.addresses.includes(at)
        && (!protocol.value || it.protocol === protocol.value)
        && (!outcome.value || it.outcome === outcome.value) && it.rank >= least;
      if (it.body.hidden === shown) it.body.hidden = !shown;
      count += shown;
    }
    const all = sessions.length;
    one("counted").textContent = chinese() ? `显示 ${count} 个，共 ${all} 个会话`
      : `${count} of ${all} sessions shown`;
  };
  const outcomes = new Map();
  const addresses = new Set();
  for (const body of sessions) {
    const words = body.querySelector(".c-outcome");
    // Without the code, which belongs to one session.
    const say = (lang) => (words.querySelector(`[lang="${lang}"]`) || words).textContent.trim().replace(/ \d{3}$/, "");
    const id = body.dataset.outcome;
    if (!outcomes.has(id)) outcomes.set(id, [say("en"), say("zh-CN")]);
    if (addresses.size < 500) for (const each of body.dataset.addresses.split(" ")) addresses.add(each);
  }
  for (const [id, [en, zh]] of outcomes) {
    const option = new Option(en, id);
    option.dataset.en = en;
    option.dataset.zh = zh;
    outcome.add(option);
  }
  for (const each of addresses) one("addresses").append(new Option(each, each));
  let due = 0;
  const later = () => { cancelAnimationFrame(due); due = requestAnimationFrame(filter); };
  for (const field of fields) field.addEventListener("input", later);
  const form = one("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  one("open-all").addEventListener("click", () => {
    for (const body of sessions.filter((body) => !body.hidden).slice(0, 100)) open(body, true);
  });
  one("close-all").addEventListener("click", () => sessions.filter(isOpen).forEach((body) => open(body, false)));
  one("print").addEventListener("click", () => print());
  for (const id of ["lang-en", "lang-zh"]) one(id).addEventListener("change", speak);

  // On paper: what is open; where nothing is and there are few, all.
  let printed = [];
  addEventListener("beforeprint", () => {
    one("answers").parentNode.classList.toggle("unopened", !document.querySelector(".answer[open]"));
    if (sessions.length > 12 || sessions.some(isOpen)) return;
    printed = sessions;
    printed.forEach((body) => open(body, true));
  });
  addEventListener("afterprint", () => { printed.forEach((body) => open(body, false)); printed = []; one("answers").parentNode.classList.remove("unopened"); });

  speak();
  follow();
})();
