"use strict";
const MOST = 200, POINTS = 120;
const sessions = new Map(), items = new Map();
const series = { active: [], sessions: [], messages: [], refusals: [] };
let chosen = null, shown = 0, rows = 0, loading = false, again = false, before = null, passed = null;

const $ = id => document.getElementById(id);
const add = (parent, tag, text, classes) => {
  const node = parent.appendChild(document.createElement(tag));
  node.textContent = text;
  if (classes) node.className = classes;
  return node;
};

function plot(name, value) {
  const points = series[name];
  points.push(value);
  if (points.length > POINTS) points.shift();
  const most = Math.max(1, ...points);
  const svg = document.querySelector(`svg[data-of=${name}]`);
  svg.setAttribute("viewBox", `0 0 ${POINTS} 30`);
  svg.setAttribute("preserveAspectRatio", "none");
  const line = svg.firstChild || svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "polyline"));
  line.setAttribute("points", points.map((v, i) => `${i + POINTS - points.length},${29 - 27 * v / most}`).join(" "));
  $(name).textContent = value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}

function rates(now) {
  plot("active", now.active);
  if (before) {
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    for (const name of ["sessions", "messages", "refusals"]) plot(name, Math.max(0, now[name] - before[name]) / seconds);
  }
  before = now;
  passed = passed ?? now.passed;
  $("passed").textContent = now.passed > passed ? "; 100 a second are shown, and " + (now.passed - passed) + " were not" : "";
}

function destinations(now) {
  const body = document.querySelector("#destinations tbody");
  body.replaceChildren();
  for (const d of now.destinations) {
    const row = add(body, "tr", "", d.reachable ? "" : "lost");
    for (const text of [d.name, d.reachable ? d.state : d.state + ", not reached", d.connections, d.greeted, d.failed]) add(row, "td", text);
  }
  $("pools").replaceChildren();
  now.pools.forEach(p => add($("pools"), "li", "pool " + p));
  $("listens").textContent = now.listens;
}

function list() {
  const all = [...sessions.values()].sort((a, b) => b.n - a.n);
  all.slice(MOST).forEach(s => sessions.delete(s.id));
  if ($("follow").checked && all.length) choose(all[0].id);
  const list = $("list");
  all.slice(0, MOST).forEach((s, i) => {
    const item = items.get(s.id) || newItem(s.id);
    fill(item.firstChild, s);
    // what stays in its place keeps the focus and the click
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] || null);
  });
  while (list.children.length > Math.min(all.length, MOST)) {
    items.delete(list.lastChild.firstChild.dataset.id);
    list.lastChild.remove();
  }
}

function newItem(id) {
  const item = document.createElement("li");
  const button = add(item, "button", "");
  button.dataset.id = id;
  for (const name of ["name", "delivered", "refused"]) add(button, "span", "", name);
  add(button, "small", "");
  items.set(id, item);
  return item;
}

function fill(button, s) {
  const texts = [s.id + " " + s.client, s.messages ? s.messages + " delivered" : "", s.refused ? s.refused + " refused" : "",
    new Date(s.began).toLocaleTimeString() + "  " + s.last];
  texts.forEach((text, i) => { if (button.children[i].textContent !== text) button.children[i].textContent = text; });
  button.className = s.ended ? "" : "live";
  button.setAttribute("aria-current", s.id === chosen);
}

function choose(id) {
  if (id === chosen) return;
  chosen = id;
  rows = 0;
  document.querySelector("#lanes tbody").replaceChildren();
  load();
}

async function load() {
  if (loading) { again = true; return; }
  loading = true;
  const id = chosen;
  try {
    const answer = await fetch("session?" + id + "," + rows);
    if (answer.ok && id === chosen) show(await answer.json());
  } catch (gone) {
    // the next change asks again
  }
  loading = false;
  if (again) { again = false; load(); }
}

function show(session) {
  if (session.id !== chosen || session.from > rows) return;
  const body = document.querySelector("#lanes tbody");
  if (session.n !== shown || session.from < rows) {
    // it is another record of this session: from its beginning
    const known = rows;
    body.replaceChildren();
    rows = 0;
    shown = session.n;
    if (known) { again = true; return; }
  }
  for (const [at, kind, right, text] of session.rows) {
    const row = add(body, "tr", "", { N: "note", R: "refused" }[kind] || "");
    add(row, "td", at);
    if (kind === "N" || kind === "R") {
      add(row, "td", (kind === "R" ? "refused: " : "") + text).colSpan = 2;
    } else {
      const words = (right ? "\u2192 " : "\u2190 ") + text;
      add(row, "td", kind === "C" ? words : "");
      add(row, "td", kind === "D" ? words : "");
    }
  }
  rows += session.rows.length;
}

$("list").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button) {
    $("follow").checked = false;
    choose(button.dataset.id);
    list();
  }
});

const events = new EventSource("events");
events.onopen = () => { $("state").textContent = "live"; $("state").className = ""; sessions.clear(); chosen = null; before = null; passed = null; };
events.onerror = () => { $("state").textContent = "connection lost"; $("state").className = "lost"; };
events.onmessage = event => {
  const now = JSON.parse(event.data);
  rates(now);
  destinations(now);
  now.changed.forEach(s => sessions.set(s.id, s));
  if (now.changed.length) list();
  if (now.changed.some(s => s.id === chosen)) load();
};
