// Draws the runs that the page embeds as JSON: figures, a timeline for each database, and tables.
// What was recorded becomes text and attributes, never HTML.
"use strict";

const ROW = 18; // The height of a bar that has room for a label, in pixels.
const NAMES = 172; // The width of the lanes' names; a page narrower than 600 has them above.
const FEW = 24; // More things than this that overlap go without labels.
const MARKS = {
  "step-of-the-script": "M0-5L5 0L0 5L-5 0Z", "RegisterTargets": "M0-5.5L5.5 4.5H-5.5Z",
  "DeregisterTargets": "M0 5.5L5.5-4.5H-5.5Z", "another-write": "M-4-4H4V4H-4Z",
};

const build = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null));
  return element;
};
const html = (name, attributes = {}, ...children) =>
  build(document.createElement(name), attributes, children);
const svg = (name, attributes = {}, ...children) =>
  build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
const number = (value, digits = 1) => value == null ? "–" : value
  .toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const count = (value) => number(value, 0);
const seconds = (value) => number(value) + (value == null ? "" : "\u00a0s");
const wide = (text) => text.length * 6.2; // Pixels, on average.
const cut = (text, room) => wide(text) <= room ? text
  : `${text.slice(0, Math.max(room / 6.2 - 1, 0))}…`;
/** The addresses in a list such as `10.20.1.10:5432,[2001:db8::1]:5432`, without their ports. */
const addresses = (list) => list.split(/, ?/)
  .map((one) => one.replace(/^\[(.*)\]:\d+$/, "$1").replace(/^([^:]*):\d+$/, "$1"))
  .filter((one) => /^[\d.]+$|^[\da-f]*:[\da-f:]*$/.test(one));

/** Lanes below each other on one axis of time. The legend explains each class that is drawn. */
class Chart {
  constructor(width, length) {
    Object.assign(this, { width, length: length || 1, left: width < 600 ? 0 : NAMES, y: 8 });
    [this.back, this.front, this.legend] = [svg("g"), svg("g"), new Map()];
  }
  x(at) { return this.left + Math.min(at / this.length, 1) * (this.width - this.left); }
  explain(key) { this.legend.set(key, this.legend.get(key) ?? key.replaceAll("-", " ")); }
  text(x, y, text, style = "", isEnd = false) {
    const anchor = isEnd ? "end" : "start";
    this.front.append(svg("text", { x, y, "class": style, "text-anchor": anchor }, text));
  }
  /** A bar, which is seen however short it was. */
  bar({ from, to, fill }, y, height, label) {
    const x = Math.min(this.x(from), this.width - 2);
    const box = { x, y, width: Math.max(this.x(to) - x, 2), height, class: fill };
    const tip = svg("title", {}, `${label}: ${seconds(from)} to ${seconds(to)}`);
    this.front.append(svg("rect", box, tip));
    this.explain(fill.split(" ")[0]);
  }
  /** A dotted line above the lanes that follow. */
  rule() {
    const d = `M${this.left} ${this.y + 2.5}H${this.width}`;
    this.back.append(svg("path", { class: "rule", d }));
    this.y += 8;
  }
  /** Names the lane that begins here. */
  name(name, note, swatch) {
    const [indent, baseline] = [swatch ? 16 : 0, this.y + (this.left ? 13 : 10)];
    const box = { y: baseline - 9, width: 10, height: 10, class: swatch };
    if (swatch) this.front.append(svg("rect", box));
    this.text(indent, baseline, cut(name, (this.left || 300) - 20 - indent - wide(note)));
    this.text(this.left ? NAMES - 12 : this.width, baseline, note, "muted", true);
    if (!this.left) this.y += 15;
  }
  /** A lane of spans one after the other. A label is drawn where it has room. */
  strip(name, spans, note = "", swatch = null) {
    if (spans.length) this.name(name, note, swatch);
    for (const { from, to, fills, label, style = `on ${fills[0]}` } of spans) {
      const part = ROW / fills.length;
      fills.forEach((fill, place) =>
        this.bar({ from, to, fill }, this.y + place * part, part, label));
      const hasRoom = wide(label) + 12 <= this.x(to) - this.x(from);
      if (hasRoom) this.text(this.x(from) + 6, this.y + 13, label, style);
    }
    if (spans.length) this.y += ROW + 4;
  }
  /** A lane of marks or bars that overlap, with labels, on as few rows as they need. */
  stack(name, things, note = count(things.length)) {
    const [rows, height] = [[], things.length > FEW ? 7 : ROW];
    this.name(name, note);
    for (const { from, to = from, label, mark, fill, bars = [] } of things) {
      const [start, stop, gap] = [this.x(from), this.x(to), mark ? 10 : 6];
      const shown = things.length > FEW ? "" : cut(label, this.width - this.left - gap);
      const takes = gap + wide(shown);
      const flips = start + takes > this.width;
      const begins = flips ? Math.min(start, stop - takes) : start - 6;
      const ends = flips ? stop + 6 : Math.max(stop, start + takes) + 4;
      const free = rows.findIndex((row) => row.every(([a, b]) => ends <= a || b <= begins));
      const row = free < 0 ? rows.push([]) - 1 : free;
      rows[row].push([begins, ends]);
      const top = this.y + row * height;
      bars.forEach((bar) => this.bar(bar, top + 1, height - 2, label));
      if (mark) {
        const shape = { d: MARKS[mark], transform: `translate(${start} ${top + height / 2})` };
        const tip = svg("title", {}, `${seconds(from)}: ${label}`);
        this.front.append(svg("path", { ...shape, class: fill }, tip));
        this.explain(mark);
      }
      this.text(flips ? stop - gap : start + gap, top + 13, shown, "halo", flips);
    }
    this.y += Math.max(rows.length, 1) * height + 4;
  }
  /** A lane of how many of these ended when. One moment among many is still seen. */
  columns(name, moments, fill, height, all = moments.length) {
    this.name(name, count(moments.length));
    const plot = this.width - this.left;
    const bins = new Array(Math.round(Math.min(Math.max(all / 3, 60), 240, plot / 3))).fill(0);
    const bin = (at) => Math.min(Math.floor((at / this.length) * bins.length), bins.length - 1);
    moments.forEach(({ at, took = 0 }) => (bins[bin(at + took)] += 1));
    const [step, top] = [plot / bins.length, Math.max(...bins)];
    const tall = (value) => Math.max(value / top, 0.3) * height;
    const column = (value, place) => value === 0 ? "" : `M${this.left + place * step} \
${this.y + height}v${-tall(value)}h${step}v${tall(value)}z`;
    this.front.append(svg("path", { d: bins.map(column).join(""), class: fill }));
    this.y += height + 4;
  }
  /** The axis; behind all lanes its ticks, the script's moments, and the outages. */
  figure(summary, incidents, outages) {
    const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
    const step = steps.find((step) => (this.length / step) * 55 <= this.width - this.left) ?? 3600;
    const behind = (name, attributes) => this.back.append(svg(name, attributes));
    const line = (at, style) => behind("path", { class: style, d: `M${this.x(at)} 4V${this.y}` });
    for (const { from, to } of outages) {
      const box = { x: this.x(from), y: 4, width: this.x(to) - this.x(from), height: this.y - 4 };
      behind("rect", { ...box, class: "outage" });
    }
    for (let at = 0; at <= this.length; at += step) {
      line(at, "tick");
      this.text(Math.min(this.x(at) + 4, this.width), this.y + 16, at, "muted", at > 0);
    }
    incidents.forEach(({ at }) => line(at, "moment"));
    if (this.left) this.text(0, this.y + 16, "seconds of the Region", "muted");
    const size = { viewBox: `0 0 ${this.width} ${this.y + 22}`, width: this.width, role: "img" };
    const swatch = (key) => MARKS[key]
      ? svg("path", { d: MARKS[key], transform: "translate(9 6)", class: "ink" })
      : svg("rect", { width: 18, height: 12, class: key });
    const legend = [...this.legend].map(([key, words]) =>
      html("li", {}, svg("svg", { width: 18, height: 12 }, swatch(key)), words));
    return html("figure", {}, svg("svg", size, svg("title", {}, summary), this.back, this.front),
      html("ul", { class: "legend" }, legend));
  }
}

/** The timeline of one database behind its group. */
function timeline(recording, link, judged, width) {
  const chart = new Chart(width, recording.seconds);
  const targets = [...new Set(link.targets.map((span) => span.target))];
  const told = [...link.wanted, ...link.topology, ...link.dns].map((span) => span.what);
  const known = [...new Set([...told, ...targets].flatMap(addresses))];
  const colors = (text) => addresses(text).map((one) => `a${known.indexOf(one) % 8}`);
  known.forEach((one) => chart.legend.set(colors(one)[0], one));
  const shown = ({ from, to, what }) => {
    const label = addresses(what).join(", ") || (what === "-" ? "none or several" : what);
    const fills = addresses(what).length ? colors(what) : ["no-address"];
    return { from, to, label, fills, style: fills.length === 1 ? `on ${fills[0]}` : "halo" };
  };
  const calls = recording.calls.filter((call) => call.link === null || call.link === link.name);
  const isRead = (call) => /^(Describe|Get|List)/.test(call.operation);

  chart.stack("what the script did", recording.incidents.map(({ at, what }) =>
    ({ from: at, label: what, mark: "step-of-the-script", fill: "ink" })));
  chart.rule();
  chart.strip(link.only_reads ? "true members" : "true writer", link.wanted.map(shown));
  const down = link.serving.filter((span) => span.what === "down");
  down.forEach((span) => chart.bar({ ...span, fill: "accepts-no-connections" },
    chart.y - ROW - 4, ROW, "accepts no connections"));
  chart.strip("RDS API says", link.topology.map(shown));
  chart.strip("DNS says", link.dns.map(shown));
  chart.rule();
  for (const target of targets) {
    const spans = link.targets.filter((span) => span.target === target).map((span) =>
      ({ ...span, fills: [span.state.split(".")[0]], label: span.state }));
    chart.strip(target, spans, "", colors(target)[0]);
  }
  chart.rule();
  const changes = calls.filter((call) => !isRead(call));
  chart.stack("calls that write", changes.map(({ at, operation, targets, outcome }) => {
    const failed = outcome === "ok" ? "" : `: ${outcome}`;
    const fill = `${colors(targets ?? "")[0] ?? "ink"}${failed ? " hollow" : ""}`;
    const mark = MARKS[operation] ? operation : "another-write";
    return { from: at, label: `${operation} ${targets ?? ""}${failed}`, mark, fill };
  }));
  const failed = calls.filter((call) => call.outcome !== "ok");
  chart.columns("calls that read", calls.filter(isRead), "call", 14);
  if (failed.length) chart.columns("calls that failed", failed, "bad", 14);
  chart.stack("invocations", recording.invocations.map(({ queued, taken, ended, what, end }) => {
    const [start, stop] = [taken ?? recording.seconds, ended ?? recording.seconds];
    const fill = /^(answered|unfinished)$/.test(end) ? "invocation" : "failed-invocation";
    const waits = { from: queued, to: start, fill: "waiting-invocation" };
    const bars = [waits, ...(taken === null ? [] : [{ from: start, to: stop, fill }])];
    return { from: queued, to: stop, label: end === "answered" ? what : `${what}: ${end}`, bars };
  }));
  chart.rule();
  const measured = (name, from, after) => from !== null && after !== null && chart.strip(name,
    [{ from, to: from + after, fills: ["since-the-evidence"], label: "" }], seconds(after));
  measured("registered after", judged.evidence_at, judged.seconds.evidence_to_registered);
  measured("right after", judged.evidence_at, judged.right_after);
  const waits = judged.outages.map((span) =>
    ({ ...span, fills: [span.cause], label: `${span.cause} ${seconds(span.to - span.from)}` }));
  const waiting = link.only_reads ? "reads wait for" : "writes wait for";
  chart.strip(waiting, waits, seconds(judged.outage.total));
  for (const [name, attempts] of [["writes", link.writes], ["reads", link.reads]]) {
    if (attempts.length) chart.rule();
    for (const end of ["acknowledged", "read-only", "refused", "broken", "hung"]) {
      const ended = attempts.filter((one) => one.end === end);
      const [fill, height] = end === "acknowledged" ? ["good", 22] : ["bad", 14];
      if (ended.length) chart.columns(`${name} ${end}`, ended, fill, height, attempts.length);
    }
  }
  return chart.figure(`Timeline of ${link.name}`, recording.incidents, waits);
}

/** A table of records with a column for each field. */
function table(name, records, isOpen = false) {
  if (records.length === 0) return null;
  const fields = Object.keys(records[0]);
  const digits = (field) => records.every((one) => Number.isInteger(one[field])) ? 0 : 1;
  const cell = (value, field) => typeof value !== "number" ? html("td", {}, value ?? "–")
    : html("td", { class: "number" }, number(value, digits(field)));
  const row = (record) => html("tr", {}, fields.map((field) => cell(record[field], field)));
  const head = fields.map((field) => html("th", {}, field.replaceAll("_", " ")));
  return html("details", isOpen ? { open: "" } : {},
    html("summary", {}, `${name} (${count(records.length)})`),
    html("div", { class: "scroll" }, html("table", {}, html("thead", {}, html("tr", {}, head)),
      html("tbody", {}, records.map(row)))));
}

/** A database: its timeline is drawn for the width that it has, once it is unfolded. */
function database(recording, judged, isOpen) {
  const link = recording.links.find((one) => one.name === judged.name);
  const place = html("div");
  let drawn = 0;
  new ResizeObserver(() => requestAnimationFrame(() => {
    if (place.clientWidth === 0 || place.clientWidth === drawn) return;
    drawn = place.clientWidth;
    place.replaceChildren(timeline(recording, link, judged, drawn));
  })).observe(place);
  return html("details", isOpen ? { open: "" } : {}, html("summary", {}, html("b", {}, link.name),
    ` follows ${link.source} at `, html("code", {}, link.endpoint)), place);
}

function section({ recording, verdict }, index) {
  const [all, links] = [document.querySelector("template").content.cloneNode(true), verdict.links];
  const sum = (value) => links.map(value).reduce((total, one) => total + one, 0);
  const worst = links.toSorted((a, b) =>
    a.converged - b.converged || b.outage.total - a.outage.total);
  const kinds = ["read_only", "refused", "broken", "hung"].map((kind) =>
    [kind.replace("_", "-"), sum(({ outage }) => outage[kind])]).filter(([, many]) => many);
  const outage = worst[0]?.outage ?? {};
  const facts = { Scenario: recording.scenario, Seed: recording.seed, Speed: recording.speed,
    Databases: recording.databases, Length: seconds(recording.seconds), ...verdict.call_counts };
  const states = recording.links.flatMap((link) => ["wanted", "serving", "topology", "dns",
    "targets"].flatMap((of) => link[of].map(({ target, from, to, what, state }) =>
    ({ database: link.name, of: target ?? of, from, to, what: what ?? state }))));
  const values = {
    title: recording.title, handler: recording.handler, right: seconds(verdict.seconds_to_converge),
    registered: seconds(verdict.evidence_to_registered), outage: seconds(verdict.outage_seconds),
    total: seconds(outage.total), platform: seconds(outage.platform),
    program: seconds(outage.program), load_balancer: seconds(outage.load_balancer),
    failed: count(verdict.failed_statements),
    kinds: kinds.map(([kind, many]) => `${count(many)} ${kind}`).join(", "),
    empty: seconds(verdict.empty_seconds), lost: count(verdict.lost_rows),
    rows: count(sum((link) => link.rows)), calls: count(recording.calls.length),
    invocations: count(recording.invocations.length),
    verdict: verdict.ok ? [html("li", {}, "The run ended as the scenario expects.")]
      : verdict.faults.map((fault) => html("li", {}, fault)),
    facts: Object.entries(facts).map(([name, value]) =>
      html("span", {}, `${name} `, html("b", {}, value))),
    more: [
      links.length < 2 ? null : table("Databases", links.map(({ outage, ...link }) =>
        ({ database: link.name, ended: link.converged ? "right" : "WRONG", lost: link.lost,
          right_after: link.right_after, group_empty: link.empty_seconds, ...outage })), true),
      ...worst.map((judged, place) => database(recording, judged, place === 0)),
      table("What the script did", recording.incidents), table("API calls", recording.calls),
      table("Invocations", recording.invocations), table("Actual and reported state", states),
    ],
  };
  for (const [name, value] of Object.entries(values)) {
    build(all.querySelector(`[data-is=${name}]`), {}, [value]);
  }
  all.querySelector("section").id = `run-${index + 1}`;
  all.querySelector(".verdict").classList.add(verdict.ok ? "right" : "wrong");
  return all;
}

const played = JSON.parse(document.getElementById("played").textContent);
const main = document.querySelector("main");
const runs = played.map(({ recording, verdict }, index) => ({
  scenario: html("a", { href: `#run-${index + 1}` }, recording.scenario),
  program: recording.handler, ended: verdict.ok ? "right" : "WRONG",
  right_after: verdict.seconds_to_converge, longest_outage: verdict.outage_seconds,
  outage_in_all: verdict.total_outage_seconds, failed_statements: verdict.failed_statements,
  group_empty: verdict.empty_seconds, lost: verdict.lost_rows, calls: recording.calls.length,
}));
if (played.length > 1) main.append(table("Runs", runs, true));
main.append(...played.map(section));
