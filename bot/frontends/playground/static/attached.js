// Images for the next message: picked, dropped, pasted, or taken from the board. They are uploaded at once; the
// message then only names them.

import { element, icon, iconButton, texts } from "./parts.js";

const composer = document.getElementById("composer");
const strip = document.getElementById("attached");
const notice = document.getElementById("notice");
const mostImages = Number(composer.dataset.mostImages);
const mostBytes = Number(composer.dataset.mostBytes);

const previews = new Map(); // addresses of the files that this page uploaded itself, by the name of the image
let attached = []; // { name, alt, state, root, file }: the name is there once the server has the image
let changed = () => {};

// --- images by their names -----------------------------------------------------------------------------

export function addressOf(name) {
  const [kind] = name.split("-", 1);
  return `/${kind}s/${encodeURIComponent(name.slice(kind.length + 1))}`;
}

export function sourceOf(name) {
  return previews.get(name) ?? addressOf(name);
}

export function thumbOf(source, alt) {
  const image = element("img", { src: source, alt, decoding: "async" });
  const root = element("span", { className: "thumb" }, image);
  image.addEventListener("error", () => { // nothing that a browser shows: still, the gateway may see it
    root.replaceChildren(icon("image"));
    root.setAttribute("role", "img");
    root.setAttribute("aria-label", alt);
  });
  return { root, image };
}

// --- for the composer ----------------------------------------------------------------------------------

export function count() {
  return attached.length;
}

// "ready", "uploading" or "failed": the state of the one that is furthest from ready.
export function progress() {
  return ["failed", "uploading"].find((state) => attached.some((one) => one.state === state)) ?? "ready";
}

// What the next message carries: the picture it replies to, if it is the first, and images to go with that.
export function take() {
  const names = attached.map(({ name }) => name);
  const replies = isReply(0) ? names.shift() : null;
  attached.splice(0).forEach(({ root }) => root.remove());
  notice.textContent = "";
  arrange();
  return { replies, images: names };
}

export function attachPicture(name, alt) {
  notice.textContent = "";
  if (attached.some((one) => one.name === name) || !hasRoom()) return;
  setState(add({ name, alt }, addressOf(name)), "ready");
}

// The server has none of them any more, and what was seen of earlier ones is to be gone as well.
export function forget() {
  for (const { root, uploading, preview } of attached.splice(0)) {
    root.remove();
    uploading?.abort();
    if (preview) URL.revokeObjectURL(preview);
  }
  previews.forEach((preview) => URL.revokeObjectURL(preview));
  previews.clear();
  arrange();
}

// `listener` is called whenever the images or their states change, and once now, with those of before a reload.
export function begin(listener) {
  const before = JSON.parse(sessionStorage.getItem("attached") ?? "[]");
  for (const [name, alt] of before) attachPicture(name, alt);
  changed = listener;
  changed();
}

// --- the strip -----------------------------------------------------------------------------------------

function attachFiles(files) {
  notice.textContent = "";
  for (const file of files) {
    if (file.size > mostBytes) notice.textContent = texts["page-image-too-large"];
    else if (hasRoom()) upload(addFile(file));
  }
}

function hasRoom() {
  if (attached.length < mostImages) return true;
  notice.textContent = texts["page-images-too-many"];
  return false;
}

function addFile(file) {
  const preview = URL.createObjectURL(file);
  return add({ name: null, alt: file.name, file, preview }, preview);
}

function add(one, source) {
  one.root = element("li", {}, thumbOf(source, one.alt).root);
  one.root.append(iconButton("remove", texts["page-remove-image"], { className: "remove" }, () => remove(one)));
  attached.push(one);
  strip.append(one.root);
  return one;
}

function remove(one) {
  attached = attached.filter((other) => other !== one);
  one.root.remove();
  one.uploading?.abort();
  if (one.preview) URL.revokeObjectURL(one.preview);
  notice.textContent = "";
  arrange();
  document.getElementById("text").focus();
}

async function upload(one) {
  one.uploading = new AbortController();
  setState(one, "uploading");
  try {
    one.name = await send(one.file, one.uploading.signal);
    previews.set(one.name, one.preview);
    setState(one, "ready");
  } catch (error) {
    if (!attached.includes(one)) return; // removed meanwhile
    notice.textContent = texts[error.status === 413 ? "page-image-too-large" : "page-upload-failed"];
    setState(one, "failed");
  }
}

async function send(body, signal) {
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await fetch("/api/images", { method: "POST", headers, body, signal });
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
  return (await answer.json()).name;
}

function setState(one, state) {
  one.state = state;
  one.root.dataset.state = state;
  one.root.setAttribute("aria-busy", String(state === "uploading"));
  one.root.querySelector(".again")?.remove();
  if (state === "failed") {
    const again = () => {
      notice.textContent = "";
      upload(one);
    };
    one.root.append(iconButton("retry", texts["page-retry"], { className: "again" }, again));
  }
  arrange();
}

function isReply(index) {
  return index === 0 && Boolean(attached[0]?.name?.startsWith("picture-"));
}

function arrange() {
  strip.hidden = attached.length === 0;
  attached.forEach(({ root }, index) => root.classList.toggle("reply", isReply(index)));
  const ready = attached.filter(({ state }) => state === "ready").map(({ name, alt }) => [name, alt]);
  sessionStorage.setItem("attached", JSON.stringify(ready));
  changed();
}

// --- picking, pasting, dropping ------------------------------------------------------------------------

const picker = document.getElementById("files");
document.getElementById("attach").addEventListener("click", () => picker.click());
picker.addEventListener("change", () => {
  attachFiles(picker.files);
  picker.value = ""; // so that the same file can be picked again
});

document.addEventListener("paste", (event) => {
  const { items, files } = event.clipboardData;
  if (!files.length || [...items].some(({ type }) => type === "text/plain")) return; // words come first
  event.preventDefault();
  attachFiles(files);
});

let depth = 0; // how many elements deep a file hovers over the page

function hover(event, step) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  depth = Math.max(0, depth + step);
  document.body.classList.toggle("dropping", depth > 0);
}

document.addEventListener("dragenter", (event) => hover(event, 1));
document.addEventListener("dragover", (event) => hover(event, 0));
document.addEventListener("dragleave", (event) => hover(event, -1));
document.addEventListener("drop", (event) => {
  hover(event, -depth);
  attachFiles(event.dataTransfer?.files ?? []);
});
