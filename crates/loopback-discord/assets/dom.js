// Elements of the page. Text becomes text nodes only, never HTML.

function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A line icon in the colour of the surrounding text. */
function icon(path, size) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const properties = { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(properties)) svg.setAttribute(name, value);
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const INTERACTIVE = "button, select, input, audio, details";

/**
 * Makes `old` look like `made` and keeps every node that is the same, so that an edit neither moves the page nor swallows
 * a click. Returns the node that is in the page now. A control that differs is replaced, with its listeners.
 */
function morph(old, made) {
  if (old.isEqualNode(made)) return old;
  if (old.nodeType === Node.TEXT_NODE && made.nodeType === Node.TEXT_NODE) {
    old.data = made.data;
    return old;
  }
  if (old.nodeName !== made.nodeName || old.nodeType !== Node.ELEMENT_NODE || old.matches(INTERACTIVE)) {
    old.replaceWith(made);
    return made;
  }
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...made.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const parts = [...made.childNodes];
  for (const [index, part] of parts.entries()) {
    if (old.childNodes[index]) morph(old.childNodes[index], part);
    else old.append(part);
  }
  while (old.childNodes.length > parts.length) old.lastChild.remove();
  return old;
}
