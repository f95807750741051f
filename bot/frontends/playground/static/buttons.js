// The buttons that notes carry. What a button does is the server's matter: it is told which one was pressed.

import { element, texts } from "./parts.js";

const drawn = new WeakMap(); // what a row of buttons was drawn from

export function newButtons() {
  const root = element("div", { className: "buttons", hidden: true });
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", texts["page-buttons"]);
  return root;
}

// Put the buttons of these notes into `root`; `press(note, button)` is awaited when one is pressed.
export function drawButtons(root, notes, press) {
  const rows = notes.flatMap((note) => (note.buttons ?? []).map((buttons) => ({ note, buttons })));
  const present = JSON.stringify(rows.map(({ note, buttons }) => [note.id, buttons]));
  if (drawn.get(root) === present) return;
  drawn.set(root, present);
  const focused = [...root.querySelectorAll("button")].indexOf(document.activeElement);
  root.replaceChildren(...rows.map(({ note, buttons }) => rowOf(note, buttons, press)));
  root.hidden = rows.length === 0;
  if (focused >= 0) refocus(root, focused);
}

function rowOf(note, buttons, press) {
  const row = element("div", { className: "row" });
  row.append(...buttons.map((button) => buttonOf(note, button, press)));
  return row;
}

function buttonOf(note, button, press) {
  const control = element("button", { type: "button", dir: "auto", textContent: button.label });
  control.addEventListener("click", async () => {
    if (control.getAttribute("aria-busy") === "true") return;
    control.setAttribute("aria-busy", "true"); // not disabled: that would take the focus away
    try {
      await press(note, button);
    } finally {
      control.removeAttribute("aria-busy");
    }
  });
  return control;
}

// Whoever uses the keyboard stays where they were.
function refocus(root, index) {
  const controls = root.querySelectorAll("button");
  (controls[Math.min(index, controls.length - 1)] ?? document.getElementById("text")).focus();
}
