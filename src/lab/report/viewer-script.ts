// Made by scripts/build-viewer.mjs from src/lab/report/viewer; change the sources, then run it again.

/** The script of the report's page. */
export const VIEWER_SCRIPT = `(() => {
"use strict";
const UNITS = {
us: 1,
µs: 1,
ms: 1_000,
s: 1_000_000,
m: 60_000_000,
min: 60_000_000,
h: 3_600_000_000,
};
const DURATION = /^([+-]?)(\\d+)(?:\\.(\\d+))?\\s*(us|µs|ms|s|min|m|h)$/;
function parseDuration(text) {
const match = DURATION.exec(text.trim());
if (match === null)
return undefined;
const [, sign, whole, fraction = "", unit] = match;
const scale = UNITS[unit];
let micros = Number(whole) * scale;
if (fraction !== "") {
const digits = fraction.slice(0, 9);
let divisor = 1;
for (let i = 0; i < digits.length; i++)
divisor *= 10;
micros += Math.floor((Number(digits) * scale) / divisor);
}
if (!Number.isSafeInteger(micros))
return undefined;
return sign === "-" ? -micros : micros;
}
function formatSeconds(micros) {
const negative = micros < 0;
const millis = Math.floor(Math.abs(micros) / 1_000);
const text = \`\${String(Math.floor(millis / 1_000))}.\${String(millis % 1_000).padStart(3, "0")} s\`;
return negative ? \`−\${text}\` : text;
}
function formatDuration(micros) {
const sign = micros < 0 ? "-" : "";
const value = Math.abs(micros);
for (const unit of ["h", "m", "s", "ms"]) {
const scale = UNITS[unit];
if (value >= scale && value % scale === 0)
return \`\${sign}\${String(value / scale)}\${unit}\`;
}
return \`\${sign}\${String(value)}us\`;
}
async function loadModel() {
const text = document.getElementById("data")?.textContent ?? "";
const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const { model } = (await new Response(unpacked).json());
const { messages } = model;
return { ...model, messages: { ...messages, sent: sums(messages.sent), record: sums(messages.record) } };
}
function sums(values) {
let sum = 0;
return values.map((value) => (sum += value));
}
const PICTURE = { width: 1304, gutter: 128, right: 4 };
class Frame {
#frame;
#host;
#endTime;
#top;
constructor(model, host, change) {
this.#host = host;
this.#endTime = model.endTime;
this.#top = 7 + 15 * Math.max(1, ...model.faults.map((fault) => fault.row + 1));
this.#frame = document.createElement("div");
this.#frame.className = "frame";
for (const side of ["a", "b"]) {
const grip = document.createElement("i");
grip.className = side;
this.#frame.append(grip);
}
host.append(this.#frame);
this.#drag(change);
}
show(from, to) {
const scale = this.#host.clientWidth / PICTURE.width;
const left = this.#x(from) * scale;
this.#frame.style.left = \`\${String(left)}px\`;
this.#frame.style.width = \`\${String(Math.max(6, this.#x(to) * scale - left))}px\`;
this.#frame.style.top = \`\${String(this.#top * scale)}px\`;
this.#frame.style.bottom = \`\${String(24 * scale)}px\`;
this.#frame.dataset["from"] = String(from);
this.#frame.dataset["to"] = String(to);
}
#x(time) {
return PICTURE.gutter + (time / this.#endTime) * (PICTURE.width - PICTURE.right - PICTURE.gutter);
}
#drag(change) {
this.#host.addEventListener("pointerdown", (down) => {
const target = down.target;
const perPixel = this.#endTime / ((PICTURE.width - PICTURE.right - PICTURE.gutter) * (this.#host.clientWidth / PICTURE.width));
let from = Number(this.#frame.dataset["from"]);
let to = Number(this.#frame.dataset["to"]);
if (!this.#frame.contains(target)) {
const box = this.#host.getBoundingClientRect();
const at = ((down.clientX - box.left) / (this.#host.clientWidth / PICTURE.width) - PICTURE.gutter) *
perPixel *
(this.#host.clientWidth / PICTURE.width);
const half = (to - from) / 2;
from = at - half;
to = at + half;
change(from, to);
}
const start = down.clientX;
const moved = (move) => {
const shift = (move.clientX - start) * perPixel;
if (target.classList.contains("a"))
change(Math.min(from + shift, to - 1_000), to);
else if (target.classList.contains("b"))
change(from, Math.max(to + shift, from + 1_000));
else
change(from + shift, to + shift);
};
const ended = () => {
removeEventListener("pointermove", moved);
removeEventListener("pointerup", ended);
};
addEventListener("pointermove", moved);
addEventListener("pointerup", ended);
down.preventDefault();
});
}
}
function stateAt(model, at) {
return model.nodes.map((lane, index) => {
const states = lane.states.flatMap(({ key, bands }) => {
const band = bandAt(bands, at);
return band === undefined || key === lane.mainKey ? [] : [{ key, value: band.value, since: band.from }];
});
const writable = states.find((state) => state.key === "writable");
return {
node: lane.id,
group: groupAt(model, index, at),
process: processAt(lane, at),
main: bandAt(lane.states.find((track) => track.key === lane.mainKey)?.bands ?? [], at),
states,
mayWrite: writable === undefined ? "" : writable.value === "yes" ? "yes" : "no",
commit: stepAt(lane.commit, at, -1),
offset: stepAt(lane.clock, at, 0),
};
});
}
function bandAt(bands, at) {
let low = 0;
let high = bands.length;
while (low < high) {
const middle = (low + high) >> 1;
if (bands[middle].from <= at)
low = middle + 1;
else
high = middle;
}
const band = bands[low - 1];
return band !== undefined && at < band.to ? band : undefined;
}
function stepAt(line, at, before) {
let value = before;
for (let i = 0; i < line.at.length && line.at[i] <= at; i++)
value = line.value[i];
return value;
}
function groupAt(model, node, at) {
const partition = model.partitions.find((candidate) => candidate.from <= at && at < candidate.to);
const group = partition?.groups.findIndex((members) => members.includes(node)) ?? -1;
return group < 0 ? "" : String.fromCharCode(65 + (group % 26));
}
function processAt(lane, at) {
return lane.process.find((span) => span.from <= at && at < span.to)?.kind ?? "up";
}
function writersWords(model, at) {
if (model.writers === undefined)
return "";
const writers = model.writers.find((span) => span.from <= at && at < span.to)?.writers ?? [];
const names = writers.map((writer) => model.names[writer] ?? "");
if (names.length === 0)
return "Nobody may write.";
if (names.length === 1)
return \`\${names[0] ?? ""} may write.\`;
return \`\${names.slice(0, -1).join(", ")} and \${names[names.length - 1] ?? ""} may write.\`;
}
const SECOND = 1_000_000;
function tickStep(span, count) {
for (let base = 1;; base *= 10) {
for (const factor of [1, 2, 5])
if (span / (base * factor) <= count)
return base * factor;
}
}
function ticks(from, to, count) {
const step = tickStep(Math.max(1, to - from), count);
const at = [];
for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step)
at.push(tick);
return at;
}
function tickLabel(at, step) {
let decimals = 0;
for (let unit = SECOND; decimals < 6 && step % unit !== 0; unit /= 10)
decimals++;
const text = (at / SECOND).toFixed(decimals);
return at % SECOND === 0 ? \`\${String(at / SECOND)} s\` : text;
}
function foldWriters(nodes, endTime) {
const edges = [];
const tracks = nodes.map((lane) => lane.states.find((track) => track.key === "writable")?.bands);
if (tracks.every((track) => track === undefined))
return undefined;
tracks.forEach((bands, node) => {
for (const band of bands ?? []) {
if (band.value !== "yes")
continue;
edges.push({ time: band.from, node, isStart: true }, { time: band.to, node, isStart: false });
}
});
edges.sort((a, b) => a.time - b.time || Number(a.isStart) - Number(b.isStart) || a.node - b.node);
const spans = [];
const writers = new Set();
let from = 0;
const close = (to) => {
if (to <= from)
return;
const now = [...writers].sort((a, b) => a - b);
const last = spans[spans.length - 1];
if (last?.writers.join() === now.join())
spans[spans.length - 1] = { ...last, to };
else
spans.push({ from, to, writers: now });
from = to;
};
for (const edge of edges) {
close(edge.time);
if (edge.isStart)
writers.add(edge.node);
else
writers.delete(edge.node);
}
close(endTime);
return spans;
}
function writeGaps(spans) {
return spans.flatMap((span, index) => {
const before = spans[index - 1]?.writers[0];
const after = spans[index + 1]?.writers[0];
if (span.writers.length > 0 || before === undefined || after === undefined)
return [];
return [{ from: span.from, to: span.to, before, after }];
});
}
function writeOverlaps(spans) {
const joined = [];
for (const span of spans) {
if (span.writers.length < 2)
continue;
const last = joined[joined.length - 1];
if (last?.to === span.from)
joined[joined.length - 1] = {
from: last.from,
to: span.to,
writers: [...new Set([...last.writers, ...span.writers])],
};
else
joined.push(span);
}
return joined;
}
const GUTTER = 128;
const RIGHT = 4;
const ROLE_HEIGHT = 20;
const SUB_HEIGHT = 14.5;
const SUB_PITCH = 16;
const LANE_PITCH = 78;
const LANE_PITCH_MIN = 46;
const GROUP_GAP = 30;
const ROOMY_LANES = 8;
const CLOCKS_MAX = 4;
function layOut(model) {
const faultRows = model.faults.reduce((most, fault) => Math.max(most, fault.row + 1), 0);
const faults = 58;
const faultPitch = 20;
const writers = faults + faultRows * faultPitch + 8;
let y = writers + (model.writers === undefined ? 4 : 36);
const spare = Math.max(0, model.nodes.length - ROOMY_LANES) * 4;
const pitch = Math.max(LANE_PITCH_MIN, LANE_PITCH - spare);
const lanes = model.nodes.map((lane, index) => {
const top = y;
const next = model.nodes[index + 1];
const bottom = top + ROLE_HEIGHT + lane.rows.length * SUB_PITCH;
y +=
pitch +
Math.max(0, lane.rows.length - 1) * SUB_PITCH +
(next !== undefined && next.group !== lane.group ? GROUP_GAP : 0);
if (next === undefined)
y = bottom + 24;
return { top, bottom };
});
const clocks = [];
model.nodes.forEach((lane, index) => {
if (lane.clock.at.length === 0 || clocks.length >= CLOCKS_MAX)
return;
clocks.push({ lane: index, top: y });
y += 44;
});
const clientPitch = model.clients.length > 8 ? 20 : 30;
if (model.clients.length > 0)
y += 14;
const clients = model.clients.map((_, index) => y + index * clientPitch);
y += model.clients.length * clientPitch;
const acknowledged = y + 8;
if (model.clients.length > 0)
y += 22;
return {
discs: 36,
faults,
faultPitch,
writers,
lanes,
clocks,
clients,
clientHeight: 14,
acknowledged,
rulesEnd: y,
height: y + 34,
sides: model.partitions.map((partition) => sidesOf(partition, lanes)),
};
}
function sidesOf(partition, lanes) {
const groupOf = lanes.map((_, lane) => partition.groups.findIndex((group) => group.includes(lane)));
const runs = [];
groupOf.forEach((group, lane) => {
const run = runs[runs.length - 1];
if (run?.group === group)
run.last = lane;
else
runs.push({ group, first: lane, last: lane });
});
const edge = (above) => ((lanes[above]?.bottom ?? 0) + (lanes[above + 1]?.top ?? 0)) / 2;
const areas = runs.map((run, index) => ({
group: run.group,
top: index === 0 ? (lanes[run.first]?.top ?? 0) - 10 : edge(run.first - 1),
bottom: index === runs.length - 1 ? (lanes[run.last]?.bottom ?? 0) + 12 : edge(run.last),
isLast: index === runs.length - 1,
}));
return {
partition,
areas: areas.filter((area) => area.group >= 0),
boundaries: runs.slice(0, -1).map((run) => edge(run.last)),
};
}
function xAt(view, time) {
return GUTTER + ((time - view.from) / (view.to - view.from)) * (view.width - RIGHT - GUTTER);
}
function timeAt(view, x) {
return view.from + ((x - GUTTER) / (view.width - RIGHT - GUTTER)) * (view.to - view.from);
}
function spanAt(view, from, to) {
if (to < view.from || from > view.to)
return undefined;
return { left: Math.max(GUTTER, xAt(view, from)), right: Math.min(view.width - RIGHT, xAt(view, to)) };
}
const TICKS = 11;
const WRITE_HEIGHT = 20;
function drawTints(surface, { layout, view }) {
for (const { partition, areas } of layout.sides) {
for (const cut of partition.cuts) {
const span = spanAt(view, cut.from, cut.to);
if (span === undefined)
continue;
for (const area of areas) {
const side = area.group % 2 === 0 ? "tinta" : "tintb";
surface.rect(span.left, area.top, Math.max(1, span.right - span.left), area.bottom - area.top, side, surface.theme.tint(side));
}
}
}
}
function drawGrid(surface, { layout, view, cursor }) {
const step = tickStep(view.to - view.from, TICKS);
const flag = xAt(view, cursor);
for (const at of ticks(view.from, view.to, TICKS)) {
const x = Math.round(xAt(view, at)) + 0.5;
vertical(surface, x, 18, layout.height - 24, "rule");
const text = tickLabel(at, step);
const isLast = x > view.width - RIGHT - 16;
const options = { ink: text.endsWith("s") ? "ink2" : "ink3", align: isLast ? "right" : "center" };
surface.text(isLast ? view.width - RIGHT : x, 11, text, options);
if (Math.abs(x - flag) > 52)
surface.text(isLast ? view.width - RIGHT : x, layout.height - 8, text, options);
}
}
function drawStoryRules(surface, { model, layout, view }) {
for (const item of model.story) {
if (item.time < view.from || item.time > view.to)
continue;
const x = xAt(view, item.time);
vertical(surface, x, 46, layout.rulesEnd, item.isBad ? "bad" : "ink2", item.isBad ? { width: 1.5 } : { dash: [1, 3] });
}
}
function discPlaces({ model, view }) {
const places = [];
let last = -Infinity;
for (const item of model.story) {
if (item.time < view.from || item.time > view.to)
continue;
last = Math.max(xAt(view, item.time), last + 21);
places.push({ item, x: last });
}
return places;
}
function drawDiscs(surface, scene) {
const y = scene.layout.discs;
for (const { item, x } of discPlaces(scene)) {
const at = xAt(scene.view, item.time);
const ink = item.isBad ? "badtext" : "ink2";
if (x - at > 1) {
surface.line([
[at, y + 16],
[x, y + 6],
], ink);
}
const { context, theme } = surface;
context.beginPath();
context.arc(x, y, 9, 0, 7);
context.fillStyle = theme.ink(item.isBad ? "badtext" : "bg");
context.fill();
surface.stroke(ink, { width: 1.25 });
surface.text(x, y + 3.9, String(item.number), { ink: item.isBad ? "bg" : "ink", weight: 650, align: "center" });
}
}
function drawFaults(surface, { model, layout, view }) {
if (model.faults.length > 0)
surface.text(GUTTER - 14, layout.faults + 12, "fault", { size: 12, align: "right" });
for (const fault of model.faults) {
const span = spanAt(view, fault.from, fault.to);
if (span === undefined)
continue;
const y = layout.faults + fault.row * layout.faultPitch;
const goesOn = fault.isOpen || fault.to > view.to;
const right = Math.max(span.right, span.left + 3);
const { context, theme } = surface;
context.beginPath();
context.moveTo(span.left + 0.5, y + 0.5);
context.lineTo(goesOn ? right - 8 : right, y + 0.5);
if (goesOn)
context.lineTo(right, y + 8.5);
context.lineTo(goesOn ? right - 8 : right, y + 16.5);
context.lineTo(span.left + 0.5, y + 16.5);
context.closePath();
context.fillStyle = theme.ink("bg");
context.fill();
surface.stroke("ink", { width: 1.25 });
const name = { size: 11, weight: 650, ink: "ink" };
const width = surface.width(fault.id, name);
const isInside = right - span.left > width + 20;
const x = isInside ? span.left + 8 : right + 5;
const room = (isInside ? right - 12 : view.width - RIGHT) - x - width - 8;
if (!surface.label(x, y + 12.5, fault.id, { ...name, halo: !isInside }))
continue;
let words = fault.words;
while (words !== "" && surface.width(words) > room)
words = words.includes(",") ? words.slice(0, words.lastIndexOf(",")) : "";
if (words !== "")
surface.label(x + width + 8, y + 12.5, words, { ink: "ink2", size: 11, halo: !isInside });
}
}
function drawWriters(surface, { model, layout, view }) {
const { writers, names } = model;
if (writers === undefined)
return;
const y = layout.writers;
surface.text(GUTTER - 14, y + 14, "may write", { size: 12, weight: 650, ink: "ink", align: "right" });
const overlaps = writeOverlaps(writers);
for (const span of writers) {
const place = spanAt(view, span.from, span.to);
if (place === undefined || span.writers.length !== 1)
continue;
const { left, right } = place;
surface.rect(left, y, right - left, WRITE_HEIGHT, "lead");
if (span.from > view.from)
surface.rect(left, y, 2, WRITE_HEIGHT, "bg");
}
for (const overlap of overlaps) {
const place = spanAt(view, overlap.from, overlap.to);
if (place === undefined)
continue;
const width = Math.max(3, place.right - place.left);
surface.hatch(place.left, y - 3, width, WRITE_HEIGHT + 6, "bad");
surface.box(place.left, y - 3, width, WRITE_HEIGHT + 6, "bad", { width: 1.5 });
const who = overlap.writers.map((writer) => names[writer] ?? "").join(" and ");
plate(surface, place.left, width, y + 14, \`\${who}, \${formatSeconds(overlap.to - overlap.from)}\`);
}
for (const gap of writeGaps(writers)) {
const place = spanAt(view, gap.from, gap.to);
if (place !== undefined && place.right - place.left > 3)
surface.dimension(place.left + 1, place.right - 1, y + 10, \`nobody, \${formatSeconds(gap.to - gap.from)}\`);
}
for (const span of writers) {
const place = spanAt(view, span.from, span.to);
if (place === undefined || span.writers.length !== 1)
continue;
const text = (names[span.writers[0]] ?? "") + (overlaps.length > 0 ? " only" : "");
surface.label(place.left + 8, y + 14, text, {
size: 12,
weight: 650,
ink: "onlead",
halo: false,
slack: 160,
limit: place.right,
});
}
}
function plate(surface, left, width, y, text) {
const options = { size: 11.5, weight: 700, ink: "badtext", align: "center" };
const room = surface.width(text, options) + 12;
if (room < width - 4) {
surface.rect(left + (width - room) / 2, y - 11.5, room, 15, "bg");
surface.text(left + width / 2, y, text, options);
}
else
surface.label(left + width + 5, y, text, { ...options, align: "left" });
}
function drawBoundaries(surface, { layout, view }) {
for (const { partition, boundaries, areas } of layout.sides) {
const span = spanAt(view, partition.from, partition.to);
if (span === undefined)
continue;
boundaries.forEach((y, index) => {
for (const cut of partition.cuts) {
const part = spanAt(view, cut.from, cut.to);
if (part === undefined)
continue;
surface.line([
[part.left, y],
[part.right, y],
], "ink", { width: 1.25, dash: [7, 3, 1, 3] });
}
if (partition.open !== "none" && index === 0)
openArrows(surface, span, y, partition.open === "first-to-second");
});
if (span.right - span.left < 30)
continue;
areas.forEach((area, index) => {
const isFirst = index === 0;
const y = isFirst ? area.bottom - 23 : area.top + 3;
const x = span.right - 20;
surface.rect(x, y, 20, 20, "ink");
surface.text(x + 10, y + 14.5, String.fromCharCode(65 + (area.group % 26)), {
size: 12,
weight: 700,
ink: "bg",
align: "center",
});
surface.reserve(x, y, x + 20, y + 20);
});
}
}
function openArrows(surface, span, y, isDown) {
const size = isDown ? 6 : -6;
surface.context.beginPath();
for (let x = span.left + 40; x < span.right - 30; x += 90) {
surface.context.moveTo(x - 4, y);
surface.context.lineTo(x, y + size);
surface.context.lineTo(x + 4, y);
surface.context.closePath();
}
surface.context.fillStyle = surface.theme.ink("ink");
surface.context.fill();
}
function drawCursor(surface, { layout, view, cursor }) {
if (cursor < view.from || cursor > view.to)
return;
const x = xAt(view, cursor);
vertical(surface, x, layout.writers + WRITE_HEIGHT, layout.height - 22, "ink", { width: 1.5 });
}
function drawFlag(surface, { layout, view, cursor }) {
if (cursor < view.from || cursor > view.to)
return;
const x = xAt(view, cursor);
const y = layout.height - 22;
const left = Math.min(Math.max(x - 30, 0), view.width - 60);
const { context, theme } = surface;
context.beginPath();
context.moveTo(x, y - 1);
context.lineTo(x + 5, y + 5);
context.lineTo(x - 5, y + 5);
context.closePath();
context.fillStyle = theme.ink("ink");
context.fill();
surface.rect(left, y + 4, 60, 16, "ink");
surface.text(left + 30, y + 16, formatSeconds(Math.round(cursor)), { weight: 650, ink: "bg", align: "center" });
}
function vertical(surface, x, top, bottom, ink, options = {}) {
surface.line([
[x, top],
[x, bottom],
], ink, options);
}
const OUTCOME_WORDS = [
"ok",
"refused: it certainly did not happen",
"no answer: it may or may not have happened",
"never returned",
];
const REACH = 4;
function wordsAt(scene, drawn, x, y) {
const disc = discAt(scene, x, y);
if (disc !== undefined)
return \`\${formatSeconds(disc.time)}  \${disc.text}\`;
return bandWords(scene, x, y) || operationAt(scene, x, y) || messageAt(scene, drawn, x, y);
}
function discAt(scene, x, y) {
if (Math.abs(y - scene.layout.discs) > 11)
return undefined;
return discPlaces(scene).find((place) => Math.abs(place.x - x) <= 10)?.item;
}
function bandWords({ model, layout, view }, x, y) {
const at = timeAt(view, x);
for (const [index, { top, bottom }] of layout.lanes.entries()) {
const lane = model.nodes[index];
if (lane === undefined || y < top || y > bottom)
continue;
const keys = y < top + ROLE_HEIGHT ? [lane.mainKey] : (lane.rows[Math.floor((y - top - ROLE_HEIGHT) / 16)] ?? []);
for (const key of keys) {
const band = bandAt(lane.states.find((track) => track.key === key)?.bands ?? [], at);
if (band?.isShown === true)
return \`\${lane.id}  \${key}: \${band.words}, \${formatSeconds(band.from)} to \${formatSeconds(band.to)} (\${formatSeconds(band.to - band.from)})\`;
}
}
return "";
}
function operationAt({ model, layout, view }, x, y) {
const at = timeAt(view, x);
const reach = timeAt(view, x + 3) - at;
for (const [index, top] of layout.clients.entries()) {
const lane = model.clients[index];
if (lane === undefined || y < top || y > top + 14)
continue;
const { call, end, outcome, words } = lane.operations;
const found = call.findIndex((from, place) => from - reach <= at && at <= end[place] + reach);
if (found < 0)
return "";
const from = call[found];
return \`\${lane.id}  \${model.operationWords[words[found]] ?? ""}, \${formatSeconds(from)}, \${OUTCOME_WORDS[outcome[found]] ?? ""} after \${formatSeconds(end[found] - from)}\`;
}
return "";
}
function messageAt({ model }, drawn, x, y) {
let best;
let nearest = REACH;
for (const line of drawn) {
const distance = distanceTo(line, x, y);
if (distance < nearest) {
nearest = distance;
best = line;
}
}
if (best === undefined)
return "";
const { messages, names, messageTypes, dropCauses } = model;
const { index } = best;
const fate = messages.fate[index];
const took = formatSeconds(messages.took[index]);
const end = fate === -1
? \`delivered after \${took}\`
: fate === -2
? "still on its way at the end"
: \`\${dropCauses[fate]?.words ?? "lost"} after \${took}\`;
const copy = (messages.flags[index] & 2) !== 0 ? ", second copy" : "";
return \`\${names[messages.from[index]] ?? ""} → \${names[messages.to[index]] ?? ""}  \${messageTypes[messages.type[index]]?.name ?? ""}, sent \${formatSeconds(messages.sent[index])}, \${end}\${copy}\`;
}
function distanceTo({ x1, y1, x2, y2 }, x, y) {
const dx = x2 - x1;
const dy = y2 - y1;
const part = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
const KNOWN = ["writable", "lease", "failover", "view"];
const FIRST = ["fence", "coordinator"];
const STATES_MAX = 6;
function stateRows(model, at) {
const keys = [];
for (const lane of model.nodes)
for (const { key } of lane.states)
if (key !== lane.mainKey && !KNOWN.includes(key) && !keys.includes(key))
keys.push(key);
const rank = (key) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
const shown = keys.sort((a, b) => rank(a) - rank(b)).slice(0, STATES_MAX);
const hasGroups = model.partitions.length > 0;
const hasWriters = model.writers !== undefined;
const hasCommit = model.nodes.some((lane) => lane.commit.at.length > 0);
const hasClock = model.nodes.some((lane) => lane.clock.at.length > 0);
const column = (name, isNumber = false) => ({ name, isNumber });
const mainNames = [...new Set(model.nodes.map((lane) => lane.mainKey))];
const columns = [
column("node"),
...(hasGroups ? [column("group")] : []),
column(mainNames.length === 1 && mainNames[0] !== "" ? mainNames[0] : "state"),
...(hasWriters ? [column("may write")] : []),
...shown.map((key) => column(key)),
...(hasCommit ? [column("commit index", true)] : []),
...(hasClock ? [column("clock offset, ms", true)] : []),
];
const moments = stateAt(model, at);
const writers = moments.filter((moment) => moment.mayWrite === "yes").length;
const rows = moments.map((moment) => [
{ text: moment.node },
...(hasGroups ? [{ text: moment.group || "–" }] : []),
mainCell(moment),
...(hasWriters ? [{ text: moment.mayWrite || "–", isBad: moment.mayWrite === "yes" && writers > 1 }] : []),
...shown.map((key) => ({ text: stateText(moment, key) })),
...(hasCommit ? [{ text: moment.commit < 0 ? "–" : String(moment.commit) }] : []),
...(hasClock ? [{ text: signedMillis(moment.offset) }] : []),
]);
return { columns, rows };
}
function mainCell(moment) {
if (moment.process === "down")
return { text: "down" };
const suffix = moment.process === "paused" ? ", paused" : "";
if (moment.main === undefined)
return { text: moment.process === "up" ? "–" : moment.process };
const { letter, tone, words } = moment.main;
return { text: words + suffix, tag: { letter, tone } };
}
function stateText(moment, key) {
const state = moment.states.find((candidate) => candidate.key === key);
if (state === undefined)
return "–";
const value = state.value.replaceAll("_", " ");
return value === "fenced" ? \`\${value} at \${formatSeconds(state.since)}\` : value;
}
function signedMillis(micros) {
const millis = Math.round(micros / 1_000);
return millis === 0 ? "0" : \`\${millis < 0 ? "−" : "+"}\${String(Math.abs(millis))}\`;
}
function showState(model, at) {
const body = document.getElementById("state-rows");
if (body === null)
return;
const { columns, rows } = stateRows(model, at);
body.replaceChildren(...rows.map((cells) => {
const row = document.createElement("tr");
cells.forEach((cell, index) => {
const td = document.createElement("td");
td.className = cell.isBad === true ? "bad" : columns[index]?.isNumber === true ? "num" : "";
if (cell.tag !== undefined) {
const tag = document.createElement("span");
tag.className = \`tag \${cell.tag.tone}\`;
tag.textContent = cell.tag.letter;
td.append(tag);
}
const text = document.createElement(index === 0 ? "b" : "span");
text.textContent = cell.text;
td.append(text);
row.append(td);
});
return row;
}));
write("state-title", \`All nodes at \${formatSeconds(Math.round(at))}\`);
write("state-words", writersWords(model, at));
}
function write(id, text) {
const element = document.getElementById(id);
if (element !== null)
element.textContent = text;
}
const OK = 0;
const FAIL = 1;
const GAPS_MAX = 1;
function drawClients(surface, { model, layout, view }) {
if (layout.clients.length === 0)
return;
surface.line([
[0, (layout.clients[0] ?? 0) - 12],
[view.width, (layout.clients[0] ?? 0) - 12],
], "rule");
model.clients.forEach((lane, index) => {
const y = layout.clients[index] ?? 0;
surface.line([
[GUTTER, y + 7],
[view.width - RIGHT, y + 7],
], "rule2", { dash: [1, 3] });
const { call, end, outcome, words } = lane.operations;
let filledTo = -Infinity;
for (let at = 0; at < call.length; at++) {
const place = spanAt(view, call[at], end[at]);
if (place === undefined)
continue;
const result = outcome[at];
if (result === OK && place.right < filledTo + 0.5)
continue;
if (result === OK)
filledTo = place.right;
drawBar(surface, place, y, result, model.operationWords[words[at]] ?? "");
}
});
}
function drawBar(surface, { left, right }, y, outcome, words) {
const width = right - left;
if (outcome === OK) {
surface.rect(left, y, Math.max(1, width > 4 ? width - 1 : width), 14, "ok");
return;
}
if (outcome === FAIL) {
const shown = Math.max(7, width);
surface.rect(left, y, shown, 14, "bg");
surface.box(left, y, shown, 14, "ink2", { width: 1.2 });
const x = width < 30 ? left + shown / 2 : right - 7;
const { context } = surface;
context.beginPath();
context.moveTo(x - 2.5, y + 4);
context.lineTo(x + 2.5, y + 10);
context.moveTo(x + 2.5, y + 4);
context.lineTo(x - 2.5, y + 10);
surface.stroke("ink", { width: 1.1 });
const text = \`\${words} refused\`;
if (width > surface.width(text, { size: 10.5 }) + 20)
surface.text(left + 6, y + 10.8, text, { size: 10.5, ink: "ink" });
return;
}
surface.rect(left, y, Math.max(2, width), 14, "bg");
surface.line([
[right, y + 0.5],
[left + 0.5, y + 0.5],
[left + 0.5, y + 13.5],
[right, y + 13.5],
], "ink2", { width: 1.2 });
surface.line([
[right, y],
[right, y + 14],
], "ink2", { width: 1.4, dash: [1.5, 2] });
const text = \`\${words} no answer\`;
if (width > surface.width(text, { size: 10.5 }) + 10)
surface.text(left + 6, y + 10.8, text, { size: 10.5, ink: "ink" });
}
function drawAcknowledged(surface, { model, layout, view }) {
if (layout.clients.length === 0)
return;
const y = layout.acknowledged;
surface.text(GUTTER - 14, y + 4, "acknowledged", { align: "right" });
const times = model.acknowledged;
const gaps = [];
surface.context.beginPath();
let last = -Infinity;
for (let index = 0; index < times.length; index++) {
const at = times[index];
const before = times[index - 1];
if (before !== undefined && at > view.from && before < view.to)
gaps.push({ from: before, to: at });
if (at < view.from || at > view.to)
continue;
const x = xAt(view, at);
if (x < last + 1)
continue;
last = x;
surface.context.moveTo(x, y - 5);
surface.context.lineTo(x, y + 5);
}
surface.stroke("ok", { width: 1.75 });
const length = (gap) => gap.to - gap.from;
const typical = [...gaps].map(length).sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
const long = gaps
.filter((gap) => length(gap) > 6 * typical && length(gap) > (view.to - view.from) / 20)
.sort((a, b) => length(b) - length(a));
for (const gap of long.slice(0, GAPS_MAX)) {
const place = spanAt(view, gap.from, gap.to);
if (place !== undefined)
surface.dimension(place.left, place.right, y, \`no write acknowledged for \${formatSeconds(length(gap))}\`);
}
}
function readTheme(context) {
const style = getComputedStyle(document.documentElement);
const cache = new Map();
const ink = (name) => {
let value = cache.get(name);
if (value === undefined)
cache.set(name, (value = style.getPropertyValue(\`--\${name}\`).trim()));
return value;
};
const hatches = new Map();
return {
ink,
tint: (side) => Number(style.getPropertyValue(\`--\${side}-op\`)) || 0.1,
sans: getComputedStyle(document.body).fontFamily,
hatch(kind) {
let pattern = hatches.get(kind);
if (pattern === undefined)
hatches.set(kind, (pattern = makeHatch(context, kind, ink)));
return pattern;
},
};
}
const HATCH_INKS = {
fence: ["fence", "fenceline"],
bad: ["badtint", "bad"],
down: ["bg", "ink3"],
paused: ["bg", "ink3"],
};
function makeHatch(context, kind, ink) {
const size = kind === "paused" ? 5 : 8;
const scale = 2;
const tile = document.createElement("canvas");
tile.width = tile.height = size * scale;
const pen = tile.getContext("2d");
const [back, line] = HATCH_INKS[kind];
if (pen === null)
return ink(back);
pen.scale(scale, scale);
pen.fillStyle = ink(back);
pen.fillRect(0, 0, size, size);
pen.strokeStyle = ink(line);
pen.lineWidth = kind === "fence" || kind === "bad" ? 2 : 1;
pen.beginPath();
if (kind === "paused") {
pen.moveTo(0, 2.5);
pen.lineTo(size, 2.5);
}
else {
for (const shift of [-size, 0, size]) {
if (kind !== "bad") {
pen.moveTo(shift - 1, size + 1);
pen.lineTo(shift + size + 1, -1);
}
if (kind !== "fence") {
pen.moveTo(shift - 1, -1);
pen.lineTo(shift + size + 1, size + 1);
}
}
}
pen.stroke();
const pattern = context.createPattern(tile, "repeat");
pattern?.setTransform(new DOMMatrix().scale(1 / scale));
return pattern ?? ink(back);
}
const TONE_INKS = {
leader: { fill: "lead", text: "onlead", isStrong: true },
candidate: { fill: "cand", text: "oncand", edge: "candtext" },
"pre-candidate": { fill: "bg", text: "candtext", edge: "cand", dash: true },
follower: { fill: "fol", text: "onfol" },
access: { fill: "leadtint", text: "leadtext" },
fence: { fill: "fence", text: "fencetext", isStrong: true },
plain: { fill: "bg", text: "ink2", edge: "rule2" },
};
function drawNames(surface, { model, layout }) {
const name = (text, y, note) => {
const bold = { size: 14, weight: 650, ink: "ink", align: "right" };
surface.text(GUTTER - 14, y, text, bold);
if (note !== "")
surface.text(GUTTER - 20 - surface.width(text, bold), y, note, { align: "right" });
};
model.nodes.forEach((lane, index) => {
name(lane.id, (layout.lanes[index]?.top ?? 0) + 15, lane.note);
});
model.clients.forEach((lane, index) => {
name(lane.id, (layout.clients[index] ?? 0) + 11.5, lane.note);
});
}
function drawBands(surface, scene) {
eachBand(scene, (band, y, height, isMain) => {
const place = spanAt(scene.view, band.from, band.to);
if (place === undefined)
return;
const { left } = place;
const width = Math.max(0.75, place.right - left);
const look = TONE_INKS[band.tone];
if (band.tone === "fence")
surface.hatch(left, y, width, height, "fence");
else {
surface.rect(left, y, width, height, "bg");
surface.rect(left, y, width, height, look.fill);
}
if (look.edge !== undefined && width > 2)
surface.box(left, y, width, height, look.edge, look.dash === true ? { width: 1.25, dash: [4, 2.5] } : {});
if (band.from > scene.view.from && isMain) {
if (width >= 14)
surface.rect(left, y, 2, height, "bg");
else if (width > 2)
surface.rect(left, y, 1.5, height, "ink");
}
});
scene.model.nodes.forEach((lane, index) => {
drawAbsences(surface, scene, lane, scene.layout.lanes[index]?.top ?? 0);
});
}
function eachBand({ model, layout, view }, draw) {
model.nodes.forEach((lane, index) => {
const top = layout.lanes[index]?.top ?? 0;
const show = (key, y, height) => {
for (const band of lane.states.find((track) => track.key === key)?.bands ?? []) {
if (band.isShown && band.to > view.from && band.from < view.to)
draw(band, y, height, key === lane.mainKey);
}
};
show(lane.mainKey, top, ROLE_HEIGHT);
lane.rows.forEach((keys, row) => {
for (const key of keys)
show(key, top + ROLE_HEIGHT + 1.5 + row * (SUB_HEIGHT + 1.5), SUB_HEIGHT);
});
});
}
function drawAbsences(surface, { view }, lane, y) {
for (const span of lane.process) {
const place = spanAt(view, span.from, span.to);
if (place === undefined)
continue;
const width = Math.max(2, place.right - place.left);
if (span.kind === "down") {
surface.hatch(place.left, y, width, ROLE_HEIGHT, "down");
if (span.from >= view.from)
surface.rect(place.left - 1, y - 3, 2.5, ROLE_HEIGHT + 6, "ink");
if (span.after !== "" && span.to <= view.to)
vertical(surface, place.right, y - 3, y + ROLE_HEIGHT + 3, "ink");
}
else {
for (const part of [5, 10, 15]) {
surface.line([
[place.left, y + part],
[place.right, y + part],
], "ink2");
}
}
onPlate(surface, place.left, width, y + 14, span.words, "ink");
}
}
function drawBandText(surface, scene) {
eachBand(scene, (band, y, height, isMain) => {
const place = spanAt(scene.view, band.from, band.to);
if (place === undefined)
return;
const { left } = place;
const width = place.right - left;
const { text: ink, isStrong } = TONE_INKS[band.tone];
if (!isMain) {
if (band.tone === "fence")
onPlate(surface, left, width, y + 10.7, band.words, "fencetext");
else if (width > surface.width(band.words) + 28)
surface.text(left + 24, y + 10.7, band.words, { ink });
else if (width > surface.width(band.words) + 8)
surface.text(left + 4, y + 10.7, band.words, { ink });
else if (band.tone === "plain" && band.from >= scene.view.from)
surface.label(place.right + 5, y + 10.9, band.words, { size: 11, limit: scene.view.width - RIGHT });
return;
}
if (width < 14)
return;
surface.text(width < 26 ? left + width / 2 : left + 8, y + 14.3, band.letter, {
ink,
size: 12,
weight: 750,
align: width < 26 ? "center" : "left",
});
const words = { ink, size: 12, weight: isStrong === true ? 600 : 450 };
if (width >= 90 && width > surface.width(band.words, words) + 28)
surface.text(left + 24, y + height - 5.7, band.words, words);
});
}
function onPlate(surface, left, width, y, text, ink) {
const options = { ink, weight: 600 };
const room = surface.width(text, options) + 8;
if (width < room + 8)
return;
const x = left + Math.min(24, (width - room) / 2);
surface.rect(x, y - 9.7, room, 12.5, "bg");
surface.text(x + 4, y, text, options);
}
function drawClocks(surface, { model, layout, view }) {
const most = Math.max(1_000, ...layout.clocks.flatMap(({ lane }) => model.nodes[lane]?.clock.value.map(Math.abs) ?? []));
for (const { lane, top } of layout.clocks) {
const node = model.nodes[lane];
if (node === undefined)
continue;
const middle = top + 22;
const y = (offset) => middle - (offset / most) * 16;
surface.text(GUTTER - 14, top + 19, \`\${node.id} clock\`, { align: "right" });
surface.text(GUTTER - 14, top + 32, "offset, ms", { align: "right", ink: "ink3", size: 10 });
surface.line([
[GUTTER, middle],
[view.width - RIGHT, middle],
], "rule2", { dash: [2, 3] });
const points = [];
let value = 0;
const labels = [];
node.clock.at.forEach((at, index) => {
const next = node.clock.value[index] ?? 0;
if (at <= view.from)
value = next;
});
points.push([GUTTER, y(value)]);
if (value !== 0)
labels.push({ x: GUTTER + 6, y: y(value), text: signed(value) });
node.clock.at.forEach((at, index) => {
if (at <= view.from || at > view.to)
return;
const next = node.clock.value[index] ?? 0;
points.push([xAt(view, at), y(value)], [xAt(view, at), y(next)]);
labels.push({ x: xAt(view, at) + 6, y: y(next), text: signed(next) });
value = next;
});
points.push([view.width - RIGHT, y(value)]);
surface.line(points, "ink", { width: 1.5 });
for (const label of labels)
surface.label(label.x, label.y - 5, label.text, { size: 11 });
}
}
function signed(micros) {
const millis = Math.round(micros / 1_000);
return millis === 0 ? "0" : \`\${millis < 0 ? "−" : "+"}\${String(Math.abs(millis))}\`;
}
function drawContradictions(surface, { model, layout, view }) {
for (const span of model.writers ?? []) {
if (span.writers.length < 2)
continue;
const place = spanAt(view, span.from, span.to);
if (place === undefined)
continue;
const width = Math.max(2, place.right - place.left);
for (const writer of span.writers) {
const lane = model.nodes[writer];
const row = lane?.rows.findIndex((keys) => keys.includes("writable")) ?? -1;
if (lane === undefined || row < 0)
continue;
const y = (layout.lanes[writer]?.top ?? 0) + ROLE_HEIGHT + 1.5 + row * (SUB_HEIGHT + 1.5);
surface.hatch(place.left, y, width, SUB_HEIGHT, "bad");
surface.box(place.left, y, width, SUB_HEIGHT, "bad", { width: 1.25 });
const text = lane.states
.find((track) => track.key === "writable")
?.bands.find((band) => band.from <= span.from && band.to > span.from)?.words ?? "may write";
const options = { size: 10.5, weight: 650, ink: "badtext", align: "center" };
const room = surface.width(text, options) + 8;
if (room > width - 4)
continue;
surface.rect(place.left + (width - room) / 2, y + 1.75, room, 11, "bg");
surface.text(place.left + width / 2, y + 10.7, text, options);
}
}
}
const BACKGROUND_MAX = 240;
const LINES_MAX = 2_200;
const HEADS_MAX = 900;
const DENSITY_STEP = 2;
const STYLES = {
background: { ink: "msg", alpha: 0.4, width: 1 },
routine: { ink: "msg", alpha: 0.62, width: 1 },
append: { ink: "lead", alpha: 0.34, width: 1 },
client: { ink: "msg", alpha: 0.4, width: 1 },
decisive: { ink: "ink", alpha: 0.62, width: 1 },
};
const CAUSE_STYLE = { ink: "ink", alpha: 1, width: 1.3 };
const PAINT_ORDER = ["background", "routine", "append", "decisive", "cause"];
function drawMessages(surface, scene) {
const seen = messagesInView(scene);
const drawn = [];
for (const layer of PAINT_ORDER) {
const batch = seen.filter((index) => layerOf(scene.model, index) === layer);
const lost = batch.filter((index) => isDropped(scene.model, index));
if (layer !== "background" || batch.length <= BACKGROUND_MAX) {
if (layer === "cause" || batch.length <= LINES_MAX)
drawn.push(...drawBatch(surface, scene, batch, layer));
else
drawDensity(surface, scene, batch, layer);
}
crosses(surface, scene, lost, layer === "background");
}
return { drawn, seen };
}
function layerOf(model, index) {
const tone = model.messageTypes[model.messages.type[index] ?? 0]?.tone ?? "routine";
if (((model.messages.flags[index] ?? 0) & 1) !== 0)
return "cause";
return tone === "client" ? "routine" : tone;
}
function drawDensity(surface, { model, layout, view }, batch, layer) {
const columns = Math.ceil((view.width - RIGHT - GUTTER) / DENSITY_STEP);
const gaps = Math.max(1, layout.lanes.length - 1);
const counts = new Float64Array(columns * gaps);
const { sent, from, to } = model.messages;
for (const index of batch) {
const column = Math.floor((xAt(view, sent[index]) - GUTTER) / DENSITY_STEP);
if (column < 0 || column >= columns)
continue;
const a = Math.min(from[index], to[index]);
const b = Math.max(from[index], to[index]);
for (let gap = a; gap < b; gap++) {
const cell = gap * columns + column;
counts[cell] = counts[cell] + 1;
}
}
const most = counts.reduce((high, count) => Math.max(high, count), 1);
for (let gap = 0; gap < gaps; gap++) {
const top = layout.lanes[gap]?.bottom ?? 0;
const height = (layout.lanes[gap + 1]?.top ?? top) - top;
for (let column = 0; column < columns; column++) {
const count = counts[gap * columns + column];
if (count > 0)
surface.rect(GUTTER + column * DENSITY_STEP, top, DENSITY_STEP, height, STYLES[layer].ink, 0.05 + 0.3 * (count / most));
}
}
}
function isDropped(model, index) {
return (model.messages.fate[index] ?? -1) >= 0;
}
function messagesInView({ model, view }) {
const { sent, took, from, to } = model.messages;
const nodes = model.nodes.length;
const seen = [];
for (let index = 0; index < sent.length; index++) {
const at = sent[index];
if (at > view.to)
break;
if (at + took[index] < view.from)
continue;
if (from[index] < nodes && to[index] < nodes)
seen.push(index);
}
return seen;
}
function drawBatch(surface, scene, batch, layer) {
const { context, theme } = surface;
const { model } = scene;
const style = layer === "cause" ? CAUSE_STYLE : STYLES[layer];
const isInk = layer === "cause" || layer === "decisive";
const drawn = [];
const heads = [];
const paths = [new Path2D(), new Path2D(), new Path2D()];
for (const index of batch) {
const line = lineOf(scene, index);
if (line === undefined)
continue;
drawn.push(line);
const fate = model.messages.fate[index] ?? -1;
const isReply = model.messageTypes[model.messages.type[index] ?? 0]?.isReply === true;
const path = paths[fate === -2 ? 2 : isReply ? 1 : 0];
path.moveTo(line.x1, line.y1);
path.lineTo(line.x2, line.y2);
if (fate === -1)
heads.push(line);
}
context.save();
context.beginPath();
context.rect(GUTTER, 0, scene.view.width - RIGHT - GUTTER, scene.layout.height);
context.clip();
context.strokeStyle = context.fillStyle = theme.ink(style.ink);
context.globalAlpha = style.alpha;
context.lineWidth = style.width;
[[], isInk ? [4, 2.5] : [2, 2], [1, 3]].forEach((dash, place) => {
context.setLineDash(dash);
context.stroke(paths[place]);
});
context.setLineDash([]);
if (heads.length <= HEADS_MAX) {
const shape = new Path2D();
for (const line of heads)
head(shape, line, layer === "cause" ? 6 : 4.2);
context.globalAlpha = Math.min(1, style.alpha + 0.2);
context.fill(shape);
}
context.restore();
return drawn;
}
function head(shape, { x1, y1, x2, y2 }, size) {
const length = Math.hypot(x2 - x1, y2 - y1) || 1;
const dx = (x2 - x1) / length;
const dy = (y2 - y1) / length;
shape.moveTo(x2, y2);
shape.lineTo(x2 - size * (dx + 0.4 * dy), y2 - size * (dy - 0.4 * dx));
shape.lineTo(x2 - size * (dx - 0.4 * dy), y2 - size * (dy + 0.4 * dx));
shape.closePath();
}
function lineOf({ model, layout, view }, index) {
const { sent, took, from, to } = model.messages;
const sender = from[index];
const receiver = to[index];
const a = layout.lanes[sender];
const b = layout.lanes[receiver];
if (a === undefined || b === undefined || sender === receiver)
return undefined;
const isDown = receiver > sender;
const start = sent[index];
const x1 = xAt(view, start);
const x2 = xAt(view, start + took[index]);
const y1 = isDown ? a.bottom : a.top;
const y2 = isDown ? b.top : b.bottom;
if (!isDropped(model, index))
return { index, x1, y1, x2, y2 };
const lost = lostAt(model, layout, index, { y1, y2, isDown });
const shift = (receiver - (model.nodes.length - 1) / 2) * Math.min(5, 40 / model.nodes.length);
return { index, x1, y1, x2: lost.isAtBoundary ? Math.max(x1, x2) + shift : x1 + (x2 - x1) * lost.part, y2: lost.y };
}
function lostAt(model, layout, index, line) {
const { from, to, fate, sent, took } = model.messages;
const cause = model.dropCauses[fate[index] ?? 0];
const { y1, y2, isDown } = line;
if (cause?.reason === "partition") {
const at = sent[index] + took[index];
const side = layout.sides.find(({ partition }) => partition.fault === cause.fault && partition.from <= at && at <= partition.to);
const boundaries = side?.boundaries.filter((y) => (y - y1) * (y - y2) < 0) ?? [];
const group = (lane) => side?.partition.groups.findIndex((members) => members.includes(lane)) ?? -1;
const boundary = isDown ? boundaries[0] : boundaries[boundaries.length - 1];
if (boundary !== undefined && group(from[index]) !== group(to[index])) {
return { y: boundary + (isDown ? -5 : 5), part: 1, isAtBoundary: true };
}
}
const isAtReceiver = cause?.reason === "crashed" || cause?.reason === "stale-connection" || cause?.reason === "unknown-node";
return isAtReceiver
? { y: y2 + (isDown ? -3 : 3), part: 1, isAtBoundary: false }
: { y: (y1 + y2) / 2, part: 0.5, isAtBoundary: false };
}
function crosses(surface, scene, batch, isQuiet) {
const { context } = surface;
const taken = new Set();
context.beginPath();
for (const index of batch) {
const line = lineOf(scene, index);
if (line === undefined || line.x2 < GUTTER || line.x2 > scene.view.width - RIGHT)
continue;
const place = \`\${String(Math.round(line.x2 / 4))} \${String(Math.round(line.y2))}\`;
if (taken.has(place))
continue;
taken.add(place);
const size = isQuiet ? 1.8 : 2.6;
context.moveTo(line.x2 - size, line.y2 - size);
context.lineTo(line.x2 + size, line.y2 + size);
context.moveTo(line.x2 + size, line.y2 - size);
context.lineTo(line.x2 - size, line.y2 + size);
}
surface.stroke(isQuiet ? "ink3" : "ink", { width: isQuiet ? 1 : 1.35 });
}
function formatCount(count) {
return String(count).replace(/\\B(?=(\\d{3})+(?!\\d))/g, ",");
}
function plural(count, one, many = \`\${one}s\`) {
return \`\${formatCount(count)} \${count === 1 ? one : many}\`;
}
function listWords(names) {
if (names.length < 2)
return names.join("");
return \`\${names.slice(0, -1).join(", ")} and \${names[names.length - 1] ?? ""}\`;
}
const TONES = {
leader: "leader",
primary: "leader",
candidate: "candidate",
"pre-candidate": "pre-candidate",
follower: "follower",
replica: "follower",
};
const QUIET = {
writable: ["no"],
fence: ["open", "none"],
coordinator: ["healthy", "resolved"],
health: ["healthy"],
breaker: ["closed"],
lock: ["free", "none"],
};
function mainLook(key, value, fields) {
const tone = TONES[value] ?? "plain";
const letter = (value.charAt(0) || "–").toUpperCase();
return { tone, letter, words: key === "role" ? roleWords(value, fields) : value.replaceAll("_", " "), isShown: true };
}
function roleWords(value, fields) {
const term = fields["term"] === undefined ? "" : \`, term \${String(fields["term"])}\`;
if (value !== "follower")
return value + (value === "pre-candidate" ? "" : term);
const leader = fields["leader"];
if (leader === undefined)
return value + term;
return leader === "" ? "follower, no leader" : \`follower of \${String(leader)}\${term}\`;
}
function subLook(key, value, fields) {
const isShown = !(QUIET[key] ?? []).includes(value);
const words = subWords(key, value, fields);
const tone = key === "writable" ? "access" : key === "fence" && isShown ? "fence" : "plain";
return { tone, letter: "", words, isShown };
}
function subWords(key, value, fields) {
const text = value.replaceAll("_", " ");
const epoch = fields["epoch"] === undefined ? "" : \`, epoch \${String(fields["epoch"])}\`;
if (key === "writable")
return value === "yes" ? \`may write\${epoch}\` : "may not write";
if (key === "fence")
return value === "fenced" ? "fenced: writes refused" : value === "failed" ? "fence failed" : text;
if (key === "coordinator")
return text;
if (key === "lock" || key === "breaker")
return fields["token"] === undefined ? \`\${key} \${text}\` : \`\${key} \${text}, token \${String(fields["token"])}\`;
return \`\${key} \${text}\`;
}
function messageWords(type) {
const dot = type.indexOf(".");
const protocol = dot < 0 ? "" : type.slice(0, dot);
const name = type.slice(dot + 1).replaceAll("-", " ") || type;
const one = protocol === "" || protocol === "raft" ? name.replace(/^(pre) /, "$1-") : \`\${protocol} \${name}\`;
const many = /[^aeiou]y$/.test(one) ? \`\${one.slice(0, -1)}ies\` : \`\${one}s\`;
return { one, many, isReply: /(?:^|[.-])(?:reply|ack|response|answer)$/.test(type) };
}
function messageTone(type) {
if (/vote|timeout-now|transfer|elect/.test(type))
return "decisive";
if (/append|replicat|entries/.test(type))
return "append";
if (/^detector\\.|\\.(?:ping|pong|gossip|probe)\\b/.test(type))
return "background";
return "routine";
}
function dropWords(reason, fault, isOnlyCut) {
const by = fault === "" ? "" : \` (\${fault})\`;
switch (reason) {
case "partition":
return isOnlyCut || fault === "" ? "lost to the cut" : \`lost to \${fault}\`;
case "loss":
return \`lost on the way\${by}\`;
case "crashed":
return "lost, receiver down";
case "stale-connection":
return "lost, old connection";
case "queue-full":
return \`lost, queue full\${by}\`;
case "unknown-node":
return "lost, no such node";
default:
return \`lost: \${reason}\${by}\`;
}
}
function operationWords(name, key, value) {
const inner = value !== null && typeof value === "object" && "value" in value
? value.value
: value;
const subject = key === "" ? name : name === "write" ? key : \`\${name} \${key}\`;
if (inner === null)
return subject;
return shorten(\`\${subject}=\${typeof inner === "string" ? inner : JSON.stringify(inner)}\`, 24);
}
function shorten(text, length) {
return text.length <= length ? text : \`\${text.slice(0, length - 1)}…\`;
}
function shortSeconds(micros) {
return formatSeconds(micros).replace(/\\.?0+ s$/, " s");
}
const BURST_LABELS_MAX = 4;
function labelMessages(surface, scene, seen) {
labelDrops(surface, scene, seen);
labelDecisive(surface, scene, seen);
labelRoutine(surface, scene, seen);
}
function labelDrops(surface, scene, seen) {
const { model, view } = scene;
const isBackground = (index) => model.messageTypes[model.messages.type[index]]?.tone === "background";
const lost = seen.filter((index) => isDropped(model, index));
const write = (burst, whose, ink) => {
const [type] = burst.counts.keys();
const count = total(burst);
const look = burst.counts.size === 1 ? model.messageTypes[type] : undefined;
const what = look === undefined ? (count === 1 ? "message" : "messages") : count === 1 ? look.one : look.many;
const text = \`× \${formatCount(count)} \${what}\${whose} \${model.dropCauses[burst.cause]?.words ?? "lost"}\`;
const isUp = burst.first.y1 > burst.first.y2;
const x = Math.max(burst.first.x2 + 14, GUTTER + 6);
surface.label(x, burst.first.y2 + (isUp ? 18 : -10), text, { ink, slack: 320, limit: view.width - RIGHT - 26 });
};
const bursts = burstsOf(scene, lost.filter((index) => !isBackground(index)), (index) => model.messages.from[index]);
const largest = bursts.length === 0 ? 0 : total(bursts[0]);
for (const burst of bursts.slice(0, BURST_LABELS_MAX).filter((one) => total(one) * 50 >= largest))
write(burst, \` of \${model.names[burst.sender] ?? ""}\`, "ink");
const quiet = burstsOf(scene, lost.filter(isBackground), () => -1);
for (const burst of quiet.slice(0, 1))
write(burst, "", "ink2");
}
function total(burst) {
let sum = 0;
for (const count of burst.counts.values())
sum += count;
return sum;
}
function burstsOf(scene, lost, who) {
const { model, view } = scene;
const open = new Map();
const all = [];
for (const index of lost) {
const line = lineOf(scene, index);
if (line === undefined || line.x2 < GUTTER || line.x2 > view.width - RIGHT)
continue;
const sender = who(index);
const cause = model.messages.fate[index];
const at = model.messages.sent[index];
const name = \`\${String(sender)} \${String(cause)}\`;
let burst = open.get(name);
if (burst === undefined || at - burst.last > (view.to - view.from) / 8) {
burst = { first: line, counts: new Map(), sender, cause, last: at };
open.set(name, burst);
all.push(burst);
}
const type = model.messages.type[index];
burst.counts.set(type, (burst.counts.get(type) ?? 0) + 1);
burst.last = at;
}
return all.sort((a, b) => total(b) - total(a));
}
function labelDecisive(surface, scene, seen) {
const { model, view } = scene;
const done = new Set();
for (const index of seen) {
const type = model.messageTypes[model.messages.type[index]];
if (type?.tone !== "decisive" || type.isReply)
continue;
const sender = model.messages.from[index];
const name = \`\${String(sender)} \${type.name}\`;
if (done.has(name) || done.size >= 6)
continue;
const line = lineOf(scene, index);
if (line === undefined || line.x1 < GUTTER)
continue;
done.add(name);
const isUp = line.y2 < line.y1;
const text = \`\${model.names[sender] ?? ""}: \${type.one}?\`;
const y = isUp ? line.y1 - 12 : line.y1 + 22;
if (!surface.label(line.x1 - 8, y, text, { weight: 600, align: "right", floor: GUTTER }))
surface.label(line.x1 + 12, y, text, { weight: 600, slack: 64, limit: view.width - RIGHT });
}
}
function labelRoutine(surface, scene, seen) {
const { model, view } = scene;
const counts = new Map();
for (const index of seen) {
const type = model.messages.type[index];
const look = model.messageTypes[type];
if (look?.tone !== "routine" || look.isReply || isDropped(model, index))
continue;
const sender = model.messages.from[index];
const receiver = model.messages.to[index];
if (Math.abs(sender - receiver) !== 1)
continue;
const name = \`\${String(sender)} \${String(receiver)} \${String(type)}\`;
let row = counts.get(name);
const lane = scene.layout.lanes[Math.min(sender, receiver)];
if (row === undefined)
counts.set(name, (row = { sender, type, receiver, times: [], y: (lane?.bottom ?? 0) + 16 }));
row.times.push(model.messages.sent[index]);
}
const first = [...counts.values()]
.filter((row) => row.times.length >= 3)
.sort((a, b) => a.times[0] - b.times[0])[0];
if (first === undefined)
return;
const gaps = first.times
.slice(1)
.map((time, index) => time - first.times[index])
.sort((a, b) => a - b);
const rhythm = formatSeconds(gaps[gaps.length >> 1]);
const text = \`\${model.messageTypes[first.type]?.many ?? ""} of \${model.names[first.sender] ?? ""}, every \${rhythm}\`;
surface.label(Math.max(GUTTER + 10, xAt(view, first.times[0]) + 10), first.y, text, {
limit: view.width - RIGHT,
});
}
function silence(model) {
const old = model.nodes.findIndex((lane) => lane.note === "old leader");
const next = model.nodes.findIndex((lane) => lane.note === "new leader");
const fault = Math.min(...model.faults.map((window) => window.from));
const lane = model.nodes[next];
const bands = lane?.states.find((track) => track.key === lane.mainKey)?.bands ?? [];
const asks = bands.find((band) => band.from > fault && (band.tone === "candidate" || band.tone === "pre-candidate"))?.from;
if (old < 0 || asks === undefined)
return undefined;
const { sent, took, from, to, fate } = model.messages;
let heard = -1;
for (let index = 0; index < sent.length && sent[index] <= asks; index++) {
if (from[index] !== old || to[index] !== next || fate[index] !== -1)
continue;
const arrival = sent[index] + took[index];
if (arrival <= asks)
heard = Math.max(heard, arrival);
}
return heard < 0 ? undefined : { lane: next, from: heard, to: asks };
}
class Surface {
context;
theme;
#labels = [];
constructor(context, theme) {
this.context = context;
this.theme = theme;
}
clear(width, height) {
this.#labels = [];
this.context.fillStyle = this.theme.ink("bg");
this.context.fillRect(0, 0, width, height);
}
rect(x, y, width, height, ink, alpha = 1) {
this.context.globalAlpha = alpha;
this.context.fillStyle = this.theme.ink(ink);
this.context.fillRect(x, y, Math.max(0, width), height);
this.context.globalAlpha = 1;
}
hatch(x, y, width, height, kind) {
this.context.fillStyle = this.theme.hatch(kind);
this.context.fillRect(x, y, Math.max(0, width), height);
}
box(x, y, width, height, ink, options = {}) {
const { context } = this;
context.strokeStyle = this.theme.ink(ink);
context.lineWidth = options.width ?? 1;
context.setLineDash([...(options.dash ?? [])]);
context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), height - 1);
context.setLineDash([]);
}
line(points, ink, options = {}) {
const { context } = this;
context.beginPath();
points.forEach(([x, y], index) => {
if (index === 0)
context.moveTo(x, y);
else
context.lineTo(x, y);
});
this.stroke(ink, options);
}
stroke(ink, options = {}) {
const { context } = this;
context.globalAlpha = options.alpha ?? 1;
context.strokeStyle = this.theme.ink(ink);
context.lineWidth = options.width ?? 1;
context.setLineDash([...(options.dash ?? [])]);
context.stroke();
context.setLineDash([]);
context.globalAlpha = 1;
}
text(x, y, text, options = {}) {
const { context } = this;
this.#font(options);
context.textAlign = options.align ?? "left";
if (options.halo === true) {
context.strokeStyle = this.theme.ink("bg");
context.lineWidth = 5;
context.lineJoin = "round";
context.strokeText(text, x, y);
}
context.fillStyle = this.theme.ink(options.ink ?? "ink2");
context.fillText(text, x, y);
}
width(text, options = {}) {
this.#font(options);
return this.context.measureText(text).width;
}
label(x, y, text, options = {}) {
const width = this.width(text, options);
const size = options.size ?? 11.5;
const shift = options.align === "right" ? -width : options.align === "center" ? -width / 2 : 0;
for (let slack = 0; slack <= (options.slack ?? 0); slack += 8) {
const left = x + shift + slack;
const box = { left: left - 4, right: left + width + 4, top: y - size, bottom: y + 4 };
if (box.right > (options.limit ?? Infinity) || left < (options.floor ?? -Infinity))
return false;
if (!this.#isFree(box))
continue;
this.#labels.push(box);
this.text(left, y, text, { halo: true, size, ink: "ink", ...options, align: "left" });
return true;
}
return false;
}
reserve(left, top, right, bottom) {
this.#labels.push({ left, top, right, bottom });
}
dimension(from, to, y, text, ink = "ink") {
const options = { size: 11.5, weight: 600, ink };
const width = this.width(text, options) + 12;
const middle = (from + to) / 2;
const isInside = to - from > width + 12;
const left = isInside ? middle - width / 2 : to + 2;
if (!this.#isFree({ left, top: y - 7, right: left + width, bottom: y + 7 }))
return;
this.reserve(Math.min(from, left), y - 8, Math.max(to, left + width), y + 8);
for (const x of [from, to]) {
this.line([
[x, y - 5],
[x, y + 5],
], ink);
}
const gap = isInside
? [
[from, middle - width / 2],
[middle + width / 2, to],
]
: [[from, to]];
for (const [a, b] of gap) {
this.line([
[a, y],
[b, y],
], ink);
}
if (!isInside)
this.rect(left, y - 8, width, 16, "bg");
this.text(isInside ? middle : to + 7, y + 4, text, {
...options,
align: isInside ? "center" : "left",
halo: isInside,
});
}
#isFree(box) {
return !this.#labels.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
}
#font(options) {
this.context.font = \`\${String(options.weight ?? 400)} \${String(options.size ?? 11)}px \${this.theme.sans}\`;
}
}
class Timeline {
#model;
#canvas;
#context;
#layout;
#silence;
#surface;
#scene;
#drawn = [];
constructor(model, canvas) {
const context = canvas.getContext("2d");
if (context === null)
throw new Error("This browser draws no canvas.");
this.#model = model;
this.#canvas = canvas;
this.#context = context;
this.#layout = layOut(model);
this.#silence = silence(model);
this.#surface = new Surface(context, readTheme(context));
}
retheme() {
this.#surface = new Surface(this.#context, readTheme(this.#context));
}
get scene() {
return this.#scene;
}
get drawn() {
return this.#drawn;
}
draw(window, cursor) {
const width = this.#canvas.clientWidth || 1304;
const { height } = this.#layout;
const ratio = Math.min(3, devicePixelRatio || 1);
if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
this.#canvas.width = Math.round(width * ratio);
this.#canvas.height = Math.round(height * ratio);
this.#canvas.style.height = \`\${String(height)}px\`;
}
this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
const scene = { model: this.#model, layout: this.#layout, view: { ...window, width }, cursor };
this.#scene = scene;
this.#paint(scene, width, height);
}
#paint(scene, width, height) {
const surface = this.#surface;
surface.clear(width, height);
drawTints(surface, scene);
drawGrid(surface, scene);
drawStoryRules(surface, scene);
drawFaults(surface, scene);
drawWriters(surface, scene);
const { drawn, seen } = drawMessages(surface, scene);
this.#drawn = drawn;
drawBoundaries(surface, scene);
drawBands(surface, scene);
drawClocks(surface, scene);
drawClients(surface, scene);
drawCursor(surface, scene);
drawBandText(surface, scene);
drawContradictions(surface, scene);
drawNames(surface, scene);
this.#drawSilence(scene);
drawAcknowledged(surface, scene);
labelMessages(surface, scene, seen);
drawDiscs(surface, scene);
drawFlag(surface, scene);
}
#drawSilence({ view, layout, model }) {
const found = this.#silence;
if (found === undefined)
return;
const place = spanAt(view, found.from, found.to);
const lane = layout.lanes[found.lane];
if (place === undefined || lane === undefined || place.right - place.left < 40)
return;
this.#surface.dimension(place.left, place.right, lane.bottom + 15, \`\${model.names[found.lane] ?? ""} hears nothing for \${formatSeconds(found.to - found.from)}\`);
}
}
const SPAN_MIN = 1_000;
const EASE_MS = 120;
class Viewer {
#model;
#timeline;
#stage;
#frame;
#stops;
#window;
#cursor;
#isAsked = false;
constructor(model, stage, canvas) {
this.#model = model;
this.#stage = stage;
this.#timeline = new Timeline(model, canvas);
this.#window = { ...model.window };
this.#cursor = model.cursor;
this.#stops = stopsOf(model);
const whole = document.querySelector(".whole");
if (whole !== null)
this.#frame = new Frame(model, whole, (from, to) => {
this.#show(from, to);
});
this.#listen();
this.#fromHash();
this.#moveCursor(this.#cursor, false);
}
#listen() {
addEventListener("resize", () => {
this.#ask();
});
addEventListener("hashchange", () => {
this.#fromHash();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
this.#timeline.retheme();
this.#ask();
});
addEventListener("keydown", (event) => {
this.#key(event);
});
for (const link of document.querySelectorAll("[data-time]")) {
link.addEventListener("click", (event) => {
event.preventDefault();
this.#goTo(Number(link.dataset["time"]));
});
}
document.getElementById("copy")?.addEventListener("click", () => {
const clipboard = navigator.clipboard;
void clipboard?.writeText(document.getElementById("replay")?.textContent ?? "").then(() => {
write("copy", "copied");
});
});
this.#pointer();
}
#pointer() {
const stage = this.#stage;
const place = (event) => {
const box = stage.getBoundingClientRect();
return { x: event.clientX - box.left, y: event.clientY - box.top };
};
stage.addEventListener("wheel", (event) => {
if (event.ctrlKey)
return;
event.preventDefault();
const { scene } = this.#timeline;
if (scene === undefined)
return;
if (Math.abs(event.deltaX) > Math.abs(event.deltaY))
this.#pan(event.deltaX / stage.clientWidth);
else
this.#zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, timeAt(scene.view, place(event).x));
}, { passive: false });
stage.addEventListener("pointerdown", (down) => {
const start = place(down);
const { from, to } = this.#window;
const { scene } = this.#timeline;
if (scene === undefined)
return;
let hasMoved = false;
const moved = (event) => {
const shift = place(event).x - start.x;
if (!hasMoved && Math.abs(shift) < 4)
return;
hasMoved = true;
const time = timeAt(scene.view, 0) - timeAt(scene.view, shift);
this.#show(from + time, to + time);
};
const ended = (event) => {
removeEventListener("pointermove", moved);
removeEventListener("pointerup", ended);
if (hasMoved)
return;
const at = place(event);
this.#moveCursor(discAt(scene, at.x, at.y)?.time ?? timeAt(scene.view, at.x), true);
};
addEventListener("pointermove", moved);
addEventListener("pointerup", ended);
});
stage.addEventListener("pointermove", (event) => {
const { scene, drawn } = this.#timeline;
const { x, y } = place(event);
if (scene !== undefined && event.buttons === 0)
write("says", wordsAt(scene, drawn, x, y));
});
stage.addEventListener("pointerleave", () => {
write("says", "");
});
}
#key(event) {
if (event.ctrlKey || event.metaKey || event.altKey)
return;
const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
const acts = {
a: () => {
this.#pan(-0.2);
},
d: () => {
this.#pan(0.2);
},
w: () => {
this.#zoom(1 / 1.5, this.#anchor());
},
s: () => {
this.#zoom(1.5, this.#anchor());
},
"+": () => {
this.#zoom(1 / 1.5, this.#anchor());
},
"-": () => {
this.#zoom(1.5, this.#anchor());
},
f: () => {
this.#ease(0, this.#model.endTime);
},
h: () => {
this.#ease(this.#model.window.from, this.#model.window.to);
},
n: () => {
this.#nextFinding(1);
},
p: () => {
this.#nextFinding(-1);
},
ArrowRight: () => {
this.#step(1);
},
ArrowLeft: () => {
this.#step(-1);
},
"?": () => {
const keys = document.getElementById("keys");
keys?.classList.toggle("asked");
keys?.scrollIntoView({ block: "center" });
},
};
const act = acts[key];
if (act === undefined)
return;
event.preventDefault();
act();
}
#anchor() {
const { from, to } = this.#window;
return this.#cursor >= from && this.#cursor <= to ? this.#cursor : (from + to) / 2;
}
#pan(part) {
const { from, to } = this.#window;
const shift = (to - from) * part;
this.#ease(from + shift, to + shift);
}
#zoom(factor, at) {
const { from, to } = this.#window;
const span = Math.max(SPAN_MIN, Math.min(this.#model.endTime, (to - from) * factor));
const part = (at - from) / (to - from);
this.#ease(at - span * part, at + span * (1 - part));
}
#step(direction) {
const next = direction > 0
? this.#stops.find((stop) => stop > this.#cursor)
: this.#stops.findLast((stop) => stop < this.#cursor);
if (next !== undefined)
this.#goTo(next);
}
#nextFinding(direction) {
const times = this.#model.findings.map((finding) => finding.time).sort((a, b) => a - b);
const next = direction > 0
? (times.find((time) => time > this.#cursor) ?? times[0])
: (times.findLast((time) => time < this.#cursor) ?? times[times.length - 1]);
if (next !== undefined)
this.#goTo(next);
}
#goTo(at) {
const { from, to } = this.#window;
const margin = (to - from) / 10;
if (at < from + margin / 4 || at > to - margin / 4)
this.#ease(at - (to - from) / 2, at + (to - from) / 2);
this.#moveCursor(at, true);
}
#moveCursor(at, isByHand) {
this.#cursor = Math.round(Math.max(0, Math.min(this.#model.endTime, at)));
showState(this.#model, this.#cursor);
if (isByHand) {
history.replaceState(null, "", \`#t=\${String(this.#cursor)}\`);
write("live", \`\${formatSeconds(this.#cursor)}. \${document.getElementById("state-words")?.textContent ?? ""}\`);
}
this.#ask();
}
#fromHash() {
const match = /[#&]t=(\\d{1,16})\\b/.exec(location.hash);
if (match !== null)
this.#goTo(Number(match[1]));
}
#ease(from, to) {
const start = { ...this.#window };
const goal = this.#clip(from, to);
if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden) {
this.#show(goal.from, goal.to);
return;
}
const began = performance.now();
const frame = (now) => {
const part = Math.min(1, Math.max(0, (now - began) / EASE_MS));
const eased = part * (2 - part);
this.#show(start.from + (goal.from - start.from) * eased, start.to + (goal.to - start.to) * eased);
if (part < 1)
requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
}
#clip(from, to) {
const span = Math.max(SPAN_MIN, Math.min(this.#model.endTime, to - from));
const start = Math.max(0, Math.min(this.#model.endTime - span, from));
return { from: start, to: start + span };
}
#show(from, to) {
this.#window = this.#clip(from, to);
this.#ask();
}
#ask() {
if (this.#isAsked)
return;
this.#isAsked = true;
requestAnimationFrame(() => {
this.#isAsked = false;
this.draw();
});
}
draw() {
const { from, to } = this.#window;
this.#timeline.draw(this.#window, this.#cursor);
this.#frame?.show(from, to);
const digits = to - from < 100_000 ? 4 : to - from < 10_000_000 ? 2 : 1;
const short = (micros) => (micros / 1_000_000).toFixed(digits).replace(/\\.?0+$/, "");
write("main-title", \`\${short(from)} to \${short(to)} s\`);
}
}
function stopsOf(model) {
const stops = new Set();
for (const lane of model.nodes) {
for (const { bands } of lane.states)
for (const band of bands)
if (band.isShown)
stops.add(band.from);
for (const span of lane.process)
stops.add(span.from).add(span.to);
}
for (const fault of model.faults)
stops.add(fault.from).add(fault.to);
for (const span of model.writers ?? [])
stops.add(span.from);
return [...stops].sort((a, b) => a - b);
}
async function start() {
const stage = document.getElementById("stage");
const canvas = document.getElementById("canvas");
if (stage === null || !(canvas instanceof HTMLCanvasElement))
return;
try {
new Viewer(await loadModel(), stage, canvas).draw();
document.documentElement.dataset["ready"] = "yes";
}
catch (error) {
write("says", \`The timeline cannot be drawn in this browser: \${error instanceof Error ? error.message : String(error)}\`);
}
}
void start();
})();
`;
