// What the chat box uses and does not own: its menu, the way of the keys, and the files of its messages.

/** The menu of the header: the ids of what is shown, and the chats before it. It closes itself when one leaves it. */
function menuOf(words, open, copy) {
  const ids = h("dl", { class: "kit-ids" });
  const earlier = h("div", { class: "kit-earlier" });
  const summary = h("summary", { class: "kit-icon", "aria-label": words.menu, title: words.menu }, icon("menu"));
  const node = h("details", { class: "kit-menu" }, summary,
    h("div", { class: "kit-panel" }, ids, h("div", { class: "kit-who" }, words.earlier), earlier));
  const close = () => {
    const hadFocus = node.contains(document.activeElement);
    node.open = false;
    if (hadFocus) summary.focus();
  };
  node.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget && !node.contains(relatedTarget)) node.open = false; });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation(); // here it is not for the run
    close();
  });

  function draw(found, chats, busy) {
    const known = Object.entries(found).filter(([, id]) => id);
    ids.replaceChildren(...known.flatMap(([name, id]) => [h("dt", {}, words[name]), h("dd", {}, h("code", {}, id), copy(id))]));
    if (!known.length) ids.append(h("dd", {}, words.no_thread));
    earlier.replaceChildren(...chats.map(({ id, words: first, at }) => {
      const button = h("button", { type: "button", onclick: () => { close(); open(id); } }, h("span", {}, first), h("time", {}, at));
      button.disabled = busy;
      return button;
    }).reverse());
    if (!chats.length) earlier.append(h("div", {}, words.no_earlier));
  }
  return { node, draw };
}

/** One stop for Tab: inside, the arrow keys go from message to message, and sideways through the parts of one. */
function roving(log) {
  const PARTS = "button, a, summary, pre, table";
  const visible = (part) => part.getClientRects().length > 0;
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

  function go(event, items, here) {
    const next = here < 0 ? (step[event.key] > 0 ? 0 : items.length - 1) : here + step[event.key];
    if (!items[next]) return;
    event.preventDefault();
    items[next].focus();
  }

  log.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const message = event.target.closest("article");
    const messages = [...log.children].filter(visible);
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      messages.at(event.key === "End" ? -1 : 0)?.focus();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      go(event, messages, messages.indexOf(message ?? event.target));
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && message) {
      const part = event.target;
      const left = part.scrollLeft;
      if (part.matches("pre, table") && part.scrollWidth > part.clientWidth) {
        part.scrollLeft += 40 * step[event.key];
        if (part.scrollLeft !== left) return event.preventDefault();
      }
      const parts = [message, ...[...message.querySelectorAll(PARTS)].filter(visible)];
      go(event, parts, parts.indexOf(part));
    }
  });

  return (node) => {
    node.tabIndex = -1;
    for (const part of node.querySelectorAll(PARTS)) part.tabIndex = -1;
    return node;
  };
}

// Enter and Esc also confirm and cancel a word that an input method is composing; then they are not for the box.
const composing = (event) => event.isComposing || event.keyCode === 229;

// Save and the like are handed on as if they were pressed beside the box, where they are no cell's and no field's.
function isShortcut(event) {
  const editing = event.shiftKey ? /^[vz]$/i : /^[acvxyz]$/i;
  const command = event.ctrlKey !== event.metaKey && !event.altKey && event.key.length === 1;
  return command && !editing.test(event.key) && !composing(event);
}

/** Files: the kernel sends each once, when `tell` asks for it; the page keeps it under an address of its own. */
function filesOf(log, tell) {
  const addresses = new Map(); // by the files' ids; empty until they are here

  function load(file, node) {
    node.dataset.file = file.id;
    if (node.tagName === "A") node.download = file.name;
    if (!addresses.has(file.id)) {
      addresses.set(file.id, "");
      tell({ type: "file", id: file.id });
    }
    return point(node);
  }

  function point(node) {
    const address = addresses.get(node.dataset.file);
    if (address) node[node.tagName === "IMG" ? "src" : "href"] = address;
    return node;
  }

  function arrived({ id, mime }, [content]) {
    if (addresses.get(id) !== "") return; // another view has asked for it
    addresses.set(id, URL.createObjectURL(new Blob([content], { type: mime })));
    for (const node of log.querySelectorAll("[data-file]")) if (node.dataset.file === id) point(node);
  }

  return { load, arrived, release: () => addresses.forEach((address) => URL.revokeObjectURL(address)) };
}
