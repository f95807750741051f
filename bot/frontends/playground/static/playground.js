// The page of the playground. The server keeps a board of notes for each visitor; this script draws them and
// follows their changes. Everything a person or the bot wrote goes through textContent, never through markup.

import * as attached from "./attached.js";
import { drawButtons, newButtons } from "./buttons.js";
import { element, icon, language, texts } from "./parts.js";
import { get, newId, post } from "./server.js";
import { toast } from "./toasts.js";

const scroller = document.getElementById("scroll");
const log = document.getElementById("log");
const empty = document.getElementById("empty");

const seconds = new Intl.NumberFormat(language, { style: "unit", unit: "second", unitDisplay: "short" });
const megabytes = new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });

// --- the board: turns, in the order in which they were begun -------------------------------------------

const notes = new Map();
const turns = new Map(); // what a visitor said, by its id, with everything that answers it
let newest = 0; // the revision up to which we know the board
let oldest = Infinity; // the position of the first note we have
let clockOffset = 0; // the server's clock minus ours

function turnOf(answers, position) {
  let turn = turns.get(answers);
  if (!turn) {
    turn = { position, root: element("section", { className: "turn" }), jobs: new Map() };
    turns.set(answers, turn);
    placeTurn(turn);
  } else if (position < turn.position) {
    turn.position = position;
    placeTurn(turn);
  }
  return turn;
}

function placeTurn(turn) {
  const later = [...turns.values()]
    .filter((other) => other !== turn && other.root.isConnected && other.position > turn.position)
    .sort((a, b) => a.position - b.position)[0];
  log.insertBefore(turn.root, later ? later.root : null);
  empty.hidden = true;
}

function show(note) {
  const known = notes.get(note.id);
  if (known && known.revision >= note.revision) return;
  notes.set(note.id, note);
  if (note.kind === "cleared") return clearBefore(note.position);
  if (note.kind === "gone") {
    if (known && known.kind !== "gone") takeDown(known);
    return;
  }
  oldest = Math.min(oldest, note.position);
  const turn = turnOf(note.answers, note.position);
  if (note.kind === "said") showSaid(turn, note.answers, note, note.at);
  else if (note.kind === "reply") showReply(turn, note);
  else showJob(turn, note);
}

function takeDown(note) {
  const turn = turns.get(note.answers);
  const focused = turn.root.contains(document.activeElement);
  if (note.kind === "reply") dropReply(turn);
  else if (note.kind !== "said") takeOffJob(turn, note);
  if (!turn.root.childElementCount) {
    turn.root.remove();
    turns.delete(note.answers);
  }
  if (focused && document.activeElement === document.body) input.focus();
}

// Whatever is younger, or not sent yet, stays.
function clearBefore(position) {
  for (const [id, turn] of turns) {
    if (turn.position > position) continue;
    turn.root.remove();
    turns.delete(id);
  }
  for (const [id, note] of notes) if (note.position < position) notes.delete(id);
  said.length = 0;
  attached.forget();
  expectAnswer(false);
  empty.hidden = turns.size > 0;
  if (document.activeElement === document.body) input.focus();
}

function showSaid(turn, id, { text, images = [], replies = null }, at) {
  if (!turn.said) {
    const shown = replies ? [replies, ...images] : images;
    turn.said = element("div", { className: "said" });
    if (shown.length) turn.said.append(imagesOf(shown));
    if (text) turn.said.append(element("p", { className: "bubble", dir: "auto", textContent: text }));
    turn.said.setAttribute("aria-label", texts["page-you"]);
    turn.said.setAttribute("role", "group");
    turn.root.prepend(turn.said);
  }
  if (at) {
    turn.said.title = clockTime.format(at);
    settle(id);
  }
}

function imagesOf(names) {
  const row = element("div", { className: "images" });
  for (const name of names) {
    const { root, image } = attached.thumbOf(attached.sourceOf(name), texts["page-attached-image"]);
    const open = { href: attached.addressOf(name), target: "_blank", rel: "noopener", title: texts["page-open"] };
    const link = element("a", open, root);
    image.addEventListener("error", () => link.removeAttribute("href"));
    row.append(link);
  }
  return row;
}

function showReply(turn, note) {
  turn.reply ??= newReply(turn);
  const { root, words, buttons } = turn.reply;
  root.classList.toggle("refused", note.refused === true);
  if (words.textContent !== note.text) words.textContent = note.text;
  drawButtons(buttons, [note], press);
}

function newReply(turn) {
  const words = element("p", { className: "words bubble", dir: "auto" });
  const buttons = newButtons();
  const root = element("div", { className: "card reply" }, words, buttons);
  root.setAttribute("aria-label", texts["page-bot"]);
  root.setAttribute("role", "group");
  turn.root.append(root);
  return { root, words, buttons };
}

function dropReply(turn) {
  turn.reply?.root.remove();
  turn.reply = null;
}

// --- a job: one card with its status, and a tile for each picture --------------------------------------

function showJob(turn, note) {
  let job = turn.jobs.get(note.job);
  if (!job) {
    job = newJob();
    turn.jobs.set(note.job, job);
    turn.root.append(job.root);
  }
  if (note.kind === "status") showStatus(job, note);
  else job.pictures.set(note.ordinal, note);
  arrangeTiles(job);
  drawJobButtons(job);
}

function takeOffJob(turn, note) {
  const job = turn.jobs.get(note.job);
  if (note.kind === "status") {
    job.status = null;
    job.head.hidden = true;
  } else {
    job.pictures.delete(note.ordinal);
  }
  arrangeTiles(job);
  drawJobButtons(job);
  if (job.status || job.pictures.size) return;
  job.root.remove();
  turn.jobs.delete(note.job);
}

function drawJobButtons(job) {
  drawButtons(job.buttons, [...(job.status ? [job.status] : []), ...job.pictures.values()], press);
}

function newJob() {
  const job = { status: null, pictures: new Map(), tiles: [] };
  job.sign = element("span", { className: "sign" });
  job.words = element("p", { className: "words bubble", dir: "auto" });
  job.elapsed = element("span", { className: "elapsed" });
  job.elapsed.setAttribute("aria-hidden", "true"); // it would be read out every second
  job.head = element("div", { className: "head", hidden: true }, job.sign, job.words, job.elapsed);
  job.grid = element("div", { className: "tiles", hidden: true });
  job.caption = element("p", { className: "caption bubble", dir: "auto", hidden: true });
  job.buttons = newButtons();
  job.root = element("article", { className: "card job" }, job.head, job.grid, job.caption, job.buttons);
  job.root.setAttribute("aria-label", texts["page-bot"]);
  return job;
}

function showStatus(job, note) {
  job.status = note;
  job.head.hidden = false;
  job.root.dataset.stage = note.stage;
  job.root.classList.toggle("final", note.final);
  job.root.setAttribute("aria-busy", String(!note.final));
  if (job.words.textContent !== note.text) job.words.textContent = note.text;
  job.sign.replaceChildren(...(note.final ? [icon(note.stage)] : []));
  job.elapsed.textContent = "";
  tick(job);
}

function arrangeTiles(job) {
  const pictures = [...job.pictures.entries()].sort(([a], [b]) => a - b).map(([, picture]) => picture);
  const waiting = job.status && !job.status.final ? Math.max(0, job.status.count - pictures.length) : 0;
  const wanted = [...pictures, ...Array(waiting).fill(null)];
  const alone = wanted.length === 1;
  wanted.forEach((picture, index) => {
    const present = job.tiles[index];
    if (present && present.picture?.id === picture?.id && present.alone === alone) return;
    const tile = { picture, alone, root: picture ? pictureTile(picture, alone) : waitingTile() };
    if (present) present.root.replaceWith(tile.root);
    else job.grid.append(tile.root);
    job.tiles[index] = tile;
  });
  job.tiles.splice(wanted.length).forEach((tile) => tile.root.remove());
  const shape = pictures[0] ?? job.status;
  job.grid.hidden = wanted.length === 0;
  job.grid.dataset.count = wanted.length;
  job.grid.style.setProperty("--shape", shape ? shape.width / shape.height : 1);
  job.grid.classList.toggle("wide", Boolean(shape) && shape.width / shape.height > 1.4);
  job.root.classList.toggle("with-pictures", wanted.length > 0);
  job.caption.textContent = pictures.at(-1)?.caption ?? "";
  job.caption.hidden = alone || pictures.length === 0; // one alone carries it itself
}

function waitingTile() {
  const tile = element("div", { className: "tile waiting" }, element("div", { className: "frame" }));
  tile.append(element("div", { className: "facts" })); // the room that the picture's own will take
  tile.setAttribute("aria-hidden", "true");
  return tile;
}

function pictureTile(picture, alone) {
  const address = attached.addressOf(picture.id);
  const image = element("img", { src: address, alt: picture.prompt, decoding: "async" });
  const open = { href: address, target: "_blank", rel: "noopener" };
  const link = element("a", { className: "frame", ...open }, image);
  link.style.aspectRatio = `${picture.width} / ${picture.height}`; // its place is kept until it has come
  const words = alone ? picture.caption : `${picture.width} × ${picture.height}`;
  const size = picture.file ? megabytes.format(picture.bytes / 2 ** 20) : ""; // who wants a file sees it is one
  const facts = element(
    "figcaption",
    { className: alone ? "facts whole" : "facts" },
    element("span", { className: "words", dir: "auto", textContent: words }),
    actionLink("open", texts["page-open"], open),
    actionLink("download", texts["page-download"], { href: `${address}?download`, download: "" }, size),
  );
  const tile = element("figure", { className: "tile" }, link, facts);
  image.addEventListener("error", () => tile.classList.add("broken"));
  return tile;
}

function actionLink(name, label, properties, words = "") {
  const link = element("a", { title: label, ...properties }, icon(name));
  link.setAttribute("aria-label", words ? `${label} (${words})` : label);
  if (words) link.append(words);
  link.classList.toggle("worded", words !== "");
  return link;
}

function tick(job) {
  if (!job.status || job.status.final) return;
  const passed = Math.floor((Date.now() + clockOffset - job.status.started) / 1000);
  job.elapsed.textContent = passed > 0 ? seconds.format(passed) : "";
}

setInterval(() => {
  for (const turn of turns.values()) for (const job of turn.jobs.values()) tick(job);
}, 1000);

// --- staying at the end, unless the reader is elsewhere ------------------------------------------------

function following(change) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  change();
  if (atEnd) toEnd();
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

new ResizeObserver(() => {
  if (scroller.dataset.height && scroller.scrollHeight - scroller.scrollTop - scroller.dataset.height < 120) toEnd();
  scroller.dataset.height = scroller.clientHeight;
}).observe(scroller);

// --- what was said earlier -------------------------------------------------------------------------------

async function showEarlier() {
  const { notes: found, more } = await get(`/api/messages?before=${oldest}`);
  const before = scroller.scrollHeight;
  found.forEach(show);
  scroller.scrollTop += scroller.scrollHeight - before;
  watchForEarlier(more);
}

function watchForEarlier(more) {
  if (!more) return;
  const first = log.firstElementChild;
  const observer = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    showEarlier().catch(() => setTimeout(watchForEarlier, 3000, true));
  }, { root: scroller, rootMargin: "400px" });
  observer.observe(first);
}

// --- the live stream. Only visible pages hold one: a browser gives a site few connections ---------------

let stream = null;
let silentSince = 0;
let reconnecting = 0;

function connect() {
  clearTimeout(reconnecting);
  if (stream || document.hidden) return;
  stream = new EventSource(`/api/events?after=${newest}`);
  stream.onopen = () => sayConnection(true);
  stream.onmessage = ({ data }) => {
    const note = JSON.parse(data);
    newest = note.revision;
    following(() => show(note));
  };
  stream.onerror = () => {
    disconnect();
    sayConnection(false);
    reconnecting = setTimeout(connect, 1500);
  };
}

function disconnect() {
  stream?.close();
  stream = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("online", connect);
addEventListener("pagehide", disconnect);
addEventListener("pageshow", ({ persisted }) => persisted && connect());

function sayConnection(works) {
  const line = document.getElementById("connection");
  silentSince = works ? 0 : silentSince || Date.now();
  const silent = works ? 0 : Date.now() - silentSince;
  line.classList.toggle("shown", silent > 1000); // a moment is nobody's worry
  if (silent > 1000) line.textContent = texts[silent > 30_000 ? "page-offline" : "page-reconnecting"];
}

// --- saying something. What was not received yet survives a reload, and is never done twice --------------

const outbox = new Map(JSON.parse(sessionStorage.getItem("unsent") ?? "[]"));

function keepOutbox() {
  sessionStorage.setItem("unsent", JSON.stringify([...outbox]));
}

function say(text, carried = {}) {
  const id = newId();
  outbox.set(id, { text, ...carried });
  keepOutbox();
  remember(text);
  expectAnswer(false);
  showUnsent(id);
  toEnd();
  send(id);
}

function showUnsent(id) {
  showSaid(turnOf(id, Infinity), id, outbox.get(id), null);
}

async function send(id) {
  const { said } = turns.get(id);
  said.querySelector(".failure")?.remove();
  said.classList.add("sending");
  // When the stream brings it, it was received, and only the answer was lost.
  const told = await post("/api/messages", { id, ...outbox.get(id), language }, () => outbox.has(id));
  if (told?.ok) hear(told.notes);
  else if (told || outbox.has(id)) showFailure(id, told?.error);
}

// What comes of something that was said or pressed on this page.
function hear(found) {
  following(() => found.forEach(show));
  if (found.some(({ asks }) => asks)) {
    expectAnswer(true);
    input.focus();
  }
}

function settle(id) {
  const { said } = turns.get(id);
  said.classList.remove("sending");
  said.querySelector(".failure")?.remove();
  if (outbox.delete(id)) keepOutbox();
}

function showFailure(id, why) {
  const { said } = turns.get(id);
  const again = element("button", { type: "button", textContent: texts["page-retry"] });
  again.addEventListener("click", () => send(id));
  const words = element("span", { dir: "auto", textContent: why ?? texts["page-failed-to-send"] });
  said.classList.remove("sending");
  following(() => said.append(element("div", { className: "failure" }, words, again)));
}

// --- pressing buttons ----------------------------------------------------------------------------------

async function press(note, button) {
  if (button.start) return say(`/start ${button.start}`);
  if (button.picture && standing(button.picture)) return goOnFrom(button.picture);
  const told = await post("/api/presses", { id: newId(), note: note.id, press: button.press, language });
  if (!told?.ok) return toast(told?.error ?? texts["page-failed-to-press"], true);
  if (told.note) toast(told.note, told.alert);
  hear(told.notes);
}

function standing(id) {
  return notes.get(id)?.kind === "picture";
}

function goOnFrom(id) {
  attached.attachPicture(id, notes.get(id).prompt);
  input.focus();
}

// --- the composer --------------------------------------------------------------------------------------

const composer = document.getElementById("composer");
const input = document.getElementById("text");
const verb = document.getElementById("verb");
const said = []; // for arrow up
let recalled = 0; // how far back we are in it
let draft = "";
let wanted = false; // to be sent as soon as the images are there
let asked = false; // what is said next answers a question

function remember(text) {
  if (text && said.at(-1) !== text) said.push(text);
}

function fill(text) {
  input.value = text;
  grow();
}

function grow() {
  sessionStorage.setItem("draft", input.value);
  verb.hidden = !isPlainEdit();
  if (CSS.supports("field-sizing", "content")) return;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

function recall(steps) {
  if (recalled === 0) draft = input.value;
  recalled = Math.min(Math.max(recalled + steps, 0), said.length);
  fill(recalled ? said[said.length - recalled] : draft);
  input.setSelectionRange(input.value.length, input.value.length);
}

function isPlainEdit() {
  return attached.count() > 0 && !/^\s*[/／]/.test(input.value); // images with words that name no command
}

function want(yes) {
  wanted = yes;
  composer.setAttribute("aria-busy", String(yes));
  if (yes) sendIfReady();
}

function sendIfReady() {
  const text = input.value.trim();
  const progress = attached.progress();
  if (progress === "failed") want(false);
  if (!wanted || !hasContent() || progress !== "ready") return;
  const words = text && isPlainEdit() ? `/edit ${text}` : text;
  want(false);
  recalled = 0;
  fill("");
  say(words, attached.take());
}

function hasContent() {
  return Boolean(input.value.trim()) || attached.count() > 0;
}

function expectAnswer(yes) {
  asked = yes;
  sayWhatToSay();
}

function sayWhatToSay() {
  const usual = asked ? "page-placeholder-answer" : "page-placeholder";
  const words = texts[attached.count() ? "page-placeholder-edit" : usual];
  input.placeholder = words;
  input.setAttribute("aria-label", words);
}

function showAttached() {
  sayWhatToSay();
  composer.classList.toggle("carrying", attached.count() > 0);
  grow();
  sendIfReady();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (hasContent()) want(true);
  else input.focus();
});

input.addEventListener("input", () => {
  recalled = 0;
  want(false);
  grow();
});

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // Enter and arrows belong to the input method
  const { selectionStart, selectionEnd, value } = input;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    composer.requestSubmit();
  } else if (event.key === "ArrowUp" && (recalled || !value || (!selectionStart && !selectionEnd)) && said.length) {
    event.preventDefault();
    recall(1);
  } else if (event.key === "ArrowDown" && recalled) {
    event.preventDefault();
    recall(-1);
  }
});

for (const button of document.querySelectorAll(".example, .command")) {
  button.addEventListener("click", () => {
    say(button.textContent.trim());
    if (matchMedia("(hover: hover)").matches) input.focus(); // a phone would open its keyboard
  });
}

// --- the top -------------------------------------------------------------------------------------------

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const present = root.dataset.theme === "auto" ? system : root.dataset.theme;
  root.dataset.theme = present === "dark" ? "light" : "dark";
  document.cookie = `drawbridge_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
});

const badge = document.querySelector(".badge");
document.addEventListener("click", ({ target }) => badge.contains(target) || (badge.open = false));
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") badge.open = false;
});

// --- beginning -----------------------------------------------------------------------------------------

async function begin() {
  const { notes: found, revision, now, more } = await get("/api/messages");
  clockOffset = now - Date.now();
  newest = revision;
  found.forEach(show);
  found.filter((note) => note.kind === "said").forEach((note) => remember(note.text));
  for (const id of outbox.keys()) {
    showUnsent(id);
    showFailure(id);
  }
  expectAnswer(found.at(-1)?.asks === true);
  empty.hidden = turns.size > 0;
  toEnd();
  watchForEarlier(more);
  log.setAttribute("aria-live", "polite"); // from here on what comes is news
  sayConnection(true);
  connect();
}

function beginWhenPossible() {
  begin().catch(() => {
    sayConnection(false);
    setTimeout(beginWhenPossible, 1500);
  });
}

fill(sessionStorage.getItem("draft") ?? "");
attached.begin(showAttached);
beginWhenPossible();
