// Short words about what was pressed: they go by themselves, except for alerts, which stay until dismissed.

import { element, iconButton, texts } from "./parts.js";

const briefly = document.getElementById("briefly");
const alerts = document.getElementById("alerts");
let going = 0;

export function toast(words, stays = false) {
  clear();
  const bubble = element("p", { className: "toast" }, element("span", { dir: "auto", textContent: words }));
  if (stays) bubble.append(iconButton("remove", texts["page-dismiss"], {}, clear));
  (stays ? alerts : briefly).append(bubble);
  if (!stays) stay(bubble, 3500 + 60 * words.length); // as long as reading takes
}

function stay(bubble, milliseconds) {
  const leave = () => {
    going = setTimeout(clear, milliseconds);
  };
  bubble.addEventListener("pointerenter", () => clearTimeout(going));
  bubble.addEventListener("pointerleave", leave);
  leave();
}

function clear() {
  clearTimeout(going);
  const dismissed = alerts.contains(document.activeElement);
  briefly.replaceChildren();
  alerts.replaceChildren();
  if (dismissed) document.getElementById("text").focus();
}

document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") clear();
});
