// What the chat box is made of: elements, icons, and what each kind of turn looks like. No state.

const ICONS = {
  send: "M12 19V6M6 11l6-6 6 6",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.3 17a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  remove: "M7 7l10 10M17 7L7 17",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  copied: "M5 12l5 5 9-10",
  retry: "M19 8a8 8 0 1 0 1 6M19 3v5h-5",
  clear: "M12 5v14M5 12h14",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 20h7",
  menu: "M4 6h16M4 12h16M4 18h10",
};

/** An element with attributes, listeners (`onclick`) and children; a string child is text, never markup. */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  path.setAttribute("d", ICONS[name]);
  return svg;
}

function iconButton(name, label, onclick) {
  return h("button", { type: "button", class: `kit-icon kit-${name}`, "aria-label": label, title: label, onclick }, icon(name));
}

/** The block at the end of a text, in which it goes on. */
function innermost(node) {
  const last = node.lastElementChild;
  return last?.matches("div, p, ul, ol, li, pre, pre > code, blockquote, h1, h2, h3, h4, h5, h6") ? innermost(last) : node;
}

function choice(label, onclick) {
  return h("button", { type: "button", class: "kit-choice", onclick }, label);
}

/** Put a text on the clipboard; false where the page may not, as when it is not served securely. */
const copied = (text) => navigator.clipboard.writeText(text).then(() => true).catch(() => false);

function indented(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** What each kind of turn looks like inside. `act` does what the buttons in it ask for. */
const INSIDE = {
  question: (turn, act) => [
    h("div", { class: "kit-text" }, turn.text),
    list("kit-files", act.words.attached, turn.attached ?? [], (name) => name),
    h("div", { class: "kit-tools" }, act.copy(turn.text), act.edit(turn.text)),
  ],
  answer: (turn, act) => {
    const text = h("div", { class: "kit-text kit-markdown" });
    text.innerHTML = turn.html; // made and escaped in the kernel
    for (const pre of text.querySelectorAll("pre")) {
      pre.replaceWith(h("div", { class: "kit-code" }, pre.cloneNode(true), act.copy(pre.textContent)));
    }
    for (const link of text.querySelectorAll("[data-path]")) {
      const file = turn.files.find((file) => file.served && file.path === link.dataset.path);
      if (file) act.load(file, link);
    }
    const pictures = turn.files.filter((file) => file.picture && file.served);
    const files = turn.files.filter((file) => !(file.picture && file.served));
    return [
      h("div", { class: "kit-who" }, turn.who),
      text,
      ...pictures.map((file) => act.load(file, h("img", { alt: file.name }))),
      list("kit-files", act.words.files, files, (file) => (file.served ? act.load(file, h("a", {}, file.name)) : file.name)),
      list("kit-notes", act.words.sources, turn.notes, source),
      h("div", { class: "kit-tools" }, act.copy(turn.text), act.again()),
    ];
  },
  call: ({ call }, { words }) => {
    const state = call.output === null ? "running" : call.failed ? "failed_call" : undefined;
    const name = h("code", {}, call.name);
    const [before, after] = words.call.split("{function}");
    const part = (label, text) => [h("div", { class: "kit-who" }, label), h("pre", {}, text)];
    return [
      h("details", { class: state ?? "done" },
        h("summary", {}, before, name, after, state && h("span", { class: "kit-state" }, words[state])),
        ...part(words.arguments, indented(call.arguments)),
        ...(call.output === null ? [] : part(words.result, indented(call.output)))),
    ];
  },
  problem: (turn, act) => [
    h("strong", {}, turn.what),
    h("div", {}, turn.fix),
    turn.tries > 1 ? h("div", { class: "kit-who" }, act.words.tries.replace("{count}", turn.tries)) : "",
    h("div", { class: "kit-choices" }, turn.locked ? act.wait() : "", act.retry()),
  ],
  stopped: (turn, act) => [h("span", {}, turn.text), act.retry()],
  note: (turn) => [turn.text],
};

/** A footnote; where the passage is known it opens below, with the sentence that was taken from it marked. */
function source(note) {
  const name = `${note.mark} ${note.text}`;
  if (!note.passage) return name;
  const [before, after] = note.sentence ? note.passage.split(note.sentence, 2) : [note.passage];
  const quoted = after === undefined ? [before] : [before, h("mark", {}, note.sentence), after];
  return h("details", {}, h("summary", {}, name), h("blockquote", {}, ...quoted));
}

function list(name, label, items, inside) {
  return items.length ? h("ul", { class: name, "aria-label": label }, ...items.map((item) => h("li", {}, inside(item)))) : "";
}
