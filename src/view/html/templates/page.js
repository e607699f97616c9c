(() => {
  "use strict";
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  root.classList.add("js");
  const list = one("list");
  const RANK = { info: 1, low: 2, medium: 3, high: 4 };
  const chinese = () => one("lang-zh").checked;

  // The sessions in their order. Those beyond the first lie in the page as text (`noscript` is that here), of which rows
  // are made when they are to be seen, and what they open to when they are opened.
  const all = Number(one("counted").dataset.all);
  const sessions = [...list.tBodies].map((body) => ({ id: body.id, body }));
  const made = () => sessions.filter((it) => it.body);
  const BEGINS = '<tbody class="s"';
  const everything = () => {
    const kept = sessions.length < all ? one("further").textContent : "";
    for (let at = kept.indexOf(BEGINS); at >= 0;) {
      const next = kept.indexOf(BEGINS, at + 1);
      const html = kept.slice(at, next < 0 ? kept.lastIndexOf("<\/table>") : next);
      const detail = html.indexOf('<tr class="detail">');
      const row = detail < 0 ? html : html.slice(0, detail);
      sessions.push({ id: /id="([^"]*)"/.exec(row)[1], row, detail: detail < 0 ? "" : html.slice(detail) });
      at = next;
    }
    return sessions;
  };
  const make = (it, before) => {
    const table = document.createElement("table");
    table.innerHTML = it.row;
    it.body = table.tBodies[0];
    link(it.body)?.setAttribute("aria-expanded", "false");
    if (before) before.after(it.body);
    else list.append(it.body);
  };

  // A session.
  const link = (body) => body.querySelector("a.open");
  const isOpen = (body) => body.classList.contains("opened-up");
  const open = (it, wanted) => {
    const { body } = it;
    if (wanted && it.detail) {
      body.insertAdjacentHTML("beforeend", it.detail);
      it.detail = "";
    }
    const row = body.querySelector(":scope > .detail");
    if (!row) return;
    const kept = row.querySelector(":scope > td > script, :scope > td > noscript");
    if (wanted && kept) kept.parentNode.innerHTML = kept.textContent;
    body.classList.toggle("opened-up", wanted);
    link(body).setAttribute("aria-expanded", String(wanted));
  };
  for (const { body } of sessions) link(body)?.setAttribute("aria-expanded", "false");
  list.addEventListener("click", (event) => {
    const row = event.target.closest("tr.row");
    if (!row || row.parentNode.parentNode !== list) return;
    const to = event.target.closest("a");
    if (!to && String(getSelection())) return;
    event.preventDefault();
    open(sessions.find((it) => it.body === row.parentNode), !isOpen(row.parentNode));
  });

  // A link to a session, or to a step of one.
  const follow = () => {
    const id = /^#(session-\d+)/.exec(location.hash)?.[1];
    const is = (it) => it.id === id;
    const it = id && (sessions.find(is) || everything().find(is));
    if (!it) return;
    linked.add(it);
    arrange();
    open(it, true);
    const target = one(location.hash.slice(1)) || it.body;
    target.scrollIntoView({ block: target === it.body ? "start" : "center" });
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
    count();
  };

  // Filters: over what the rows say, whether there are any yet.
  const fields = ["text", "address", "protocol", "outcome", "severity"].map((name) => one("filter-" + name));
  const [text, address, protocol, outcome, severity] = fields;
  let known = false;
  const read = () => {
    if (known) return;
    known = true;
    everything();
    // All at once: a browser makes text of HTML quickly, but not 2,000 times.
    const holder = document.createElement("template");
    const said = [];
    const addresses = new Set();
    for (const it of sessions) {
      const row = it.row || it.body.cloneNode().outerHTML + it.body.rows[0].outerHTML;
      const ends = /class="c-ends">(.*?)<\/td>/s.exec(row)[1];
      const of = (name) => new RegExp(`data-${name}="([^"]*)"`).exec(row)[1];
      Object.assign(it, { protocol: of("protocol"), outcome: of("outcome"), rank: RANK[of("severity")] || 0 });
      // With their ports.
      it.addresses = `${of("addresses")} ${ends.replace(/<[^>]*>/g, "")}`.toLowerCase();
      if (addresses.size < 500) for (const each of of("addresses").split(" ")) addresses.add(each);
      said.push(row.replace(/<[^>]*>/g, ""));
    }
    // A character that text off the wire cannot have.
    holder.innerHTML = said.join("\u0001");
    const texts = holder.content.textContent.toLowerCase().split("\u0001");
    sessions.forEach((it, nth) => { it.said = texts[nth]; });
    one("addresses").append(...[...addresses].map((each) => new Option(each, each)));
  };

  // What is listed: the first of those that the filters choose, what of them is open, and what a link leads to. Where others
  // lie before one of these, a row says how many.
  const STEP = 100;
  let most = STEP;
  let chosen = null;
  const linked = new Set();
  const listed = () => (chosen || (most > sessions.length ? everything() : sessions)).slice(0, most);
  const count = () => {
    const found = chosen ? chosen.length : all;
    const there = Math.min(found, most);
    const few = there < found;
    const [en, zh] = !few ? [`${found} of ${all} sessions shown`, `显示 ${found} 个，共 ${all} 个会话`]
      : !chosen ? [`the first ${there} of ${all} sessions shown`, `显示前 ${there} 个，共 ${all} 个会话`]
        : [`the first ${there} of ${found} sessions shown, ${all} in all`, `显示前 ${there} 个，符合条件 ${found} 个，共 ${all} 个会话`];
    one("counted").textContent = chinese() ? zh : en;
    for (const row of list.querySelectorAll(".between")) {
      const { between } = row.dataset;
      row.rows[0].cells[0].textContent = chinese() ? `… 其间 ${between} 个会话` : `… ${between} ${between === "1" ? "session" : "sessions"} between`;
    }
    if (!more) return;
    more.hidden = !few;
    // Paper has no filters that would say so.
    one("on-paper").textContent = few ? `… ${chinese() ? zh : en}` : "";
  };
  const gap = (body, between) => {
    const row = document.createElement("tbody");
    row.className = "between";
    row.dataset.between = between;
    row.insertRow().insertCell().colSpan = list.tHead.rows[0].cells.length;
    body.before(row);
  };
  const arrange = () => {
    const first = listed();
    const among = chosen && new Set(chosen);
    const shown = new Set([...first, ...opened().filter((it) => !among || among.has(it)), ...linked]);
    list.querySelectorAll(".between").forEach((row) => row.remove());
    let [before, between, seen] = [null, 0, 0];
    for (const it of sessions) {
      const wanted = shown.has(it);
      if (wanted && !it.body) make(it, before);
      if (!wanted && (!among || among.has(it))) between += 1;
      if (wanted && seen >= first.length && between) gap(it.body, between);
      if (wanted) [between, seen] = [0, seen + 1];
      if (!it.body) continue;
      if (it.body.hidden === wanted) it.body.hidden = !wanted;
      before = it.body;
    }
    count();
  };
  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const at = address.value.trim().toLowerCase();
    const least = Number(severity.value);
    const any = words.length || at || protocol.value || outcome.value || least;
    if (any) read();
    chosen = any ? sessions.filter((it) => words.every((word) => it.said.includes(word)) && it.addresses.includes(at)
      && (!protocol.value || it.protocol === protocol.value)
      && (!outcome.value || it.outcome === outcome.value) && it.rank >= least) : null;
    most = STEP;
    linked.clear();
    arrange();
  };
  const more = one("show-more");
  const extend = () => {
    most += STEP;
    arrange();
  };
  if (more) {
    more.addEventListener("click", () => {
      const first = most;
      extend();
      const next = listed()[first];
      if (next) link(next.body)?.focus();
    });
    // Before one comes to the end of the list. It is asked again while the end stays in sight.
    const watch = new IntersectionObserver(([seen]) => {
      if (!seen.isIntersecting || more.hidden) return;
      extend();
      watch.unobserve(more);
      watch.observe(more);
    }, { rootMargin: "0px 0px 600px 0px" });
    watch.observe(more);
  }
  let due = 0;
  const later = () => { cancelAnimationFrame(due); due = requestAnimationFrame(filter); };
  for (const field of fields) field.addEventListener("input", later);
  const form = one("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  one("open-all").addEventListener("click", () => {
    for (const it of made().filter((it) => !it.body.hidden).slice(0, 100)) open(it, true);
  });
  const opened = () => made().filter((it) => isOpen(it.body));
  one("close-all").addEventListener("click", () => opened().forEach((it) => open(it, false)));
  one("print").addEventListener("click", () => print());
  for (const id of ["lang-en", "lang-zh"]) one(id).addEventListener("change", speak);

  // On paper: a row of every session, as far as they are not too many, with what is open; where nothing is and there are few,
  // all.
  const PAPER = 2000;
  let printed = [];
  let screen = 0;
  addEventListener("beforeprint", () => {
    one("answers").parentNode.classList.toggle("unopened", !document.querySelector(".answer[open]"));
    screen = most;
    most = Math.max(most, PAPER);
    if (screen < all) arrange();
    list.classList.toggle("rows", all > 12 && !opened().length);
    if (all > 12 || opened().length) return;
    printed = made();
    printed.forEach((it) => open(it, true));
  });
  addEventListener("afterprint", () => {
    if (screen) [most, screen] = [screen, 0];
    if (most < all) arrange();
    printed.forEach((it) => open(it, false));
    printed = [];
    one("answers").parentNode.classList.remove("unopened");
  });

  speak();
  follow();
  // So that the first letter of a filter is answered at once.
  const idle = globalThis.requestIdleCallback || setTimeout;
  addEventListener("load", () => idle(read));
})();
