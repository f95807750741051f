// What the scripts of the page share: its texts, and small builders.

export const texts = JSON.parse(document.getElementById("texts").textContent);
export const language = document.documentElement.lang;

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function iconButton(name, label, properties, onClick) {
  const button = element("button", { type: "button", title: label, ...properties }, icon(name));
  button.setAttribute("aria-label", label);
  button.addEventListener("click", onClick);
  return button;
}
