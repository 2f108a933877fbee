// What the chat box uses and does not own: its menu, the way of the keys, and the files of its messages.

/** The menu of the header: the ids of what is shown, and the chats before it. It closes itself when one leaves it. */
function menuOf(words, open, copy) {
  const ids = h("div", { class: "kit-ids" });
  const earlier = h("div", { class: "kit-earlier" });
  const summary = h("summary", { class: "kit-icon", "aria-label": words.menu, title: words.menu }, icon("menu"));
  const node = h("details", { class: "kit-menu" }, summary,
    h("div", { class: "kit-panel" }, ids, h("div", { class: "kit-who" }, words.earlier), earlier));
  const close = () => {
    const hadFocus = node.contains(document.activeElement);
    node.open = false;
    if (hadFocus) summary.focus();
  };
  const leave = ({ target }) => { if (!node.contains(target)) node.open = false; };
  node.addEventListener("toggle", () => {
    for (const way of ["pointerdown", "focusin"]) window[node.open ? "addEventListener" : "removeEventListener"](way, leave, true);
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation(); // here it is not for the run
    close();
  });

  function draw(found, chats, busy) {
    const known = Object.entries(found).filter(([, id]) => id);
    ids.replaceChildren(...known.flatMap(([name, id]) => [h("span", { class: "kit-who" }, words[name]), h("code", {}, id), copy(id)]));
    if (!known.length) ids.append(words.no_thread);
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

/** What a person attaches: the button and the names. `bring` hands files to the kernel, which uploads them. */
function attachments({ words, say, tell }) {
  const LARGEST = 8e6; // bytes; a larger message would cost the notebook its connection
  const arriving = new Map(); // names of the files that are not uploaded yet, by their marks
  const picker = h("input", { type: "file", multiple: "", hidden: "", "aria-label": words.attach, onchange: () => { bring(picker.files); picker.value = ""; } });
  const button = iconButton("attach", words.attach, () => picker.click());
  const names = h("ul", { class: "kit-attached", "aria-label": words.attached });
  let uploaded = [];

  async function bring(files) {
    for (const file of [...files]) {
      if (file.size > LARGEST) {
        say(words.too_large.replace("{name}", file.name));
        continue;
      }
      const mark = `${Date.now()}-${Math.random()}`;
      arriving.set(mark, file.name);
      draw(uploaded);
      say(words.uploading);
      tell({ type: "attach", id: mark, name: file.name }, [await file.arrayBuffer()]);
    }
  }

  /** The files as the kernel has them, and those on their way; whether the last of these has arrived. */
  function draw(now) {
    const before = arriving.size;
    uploaded = now;
    uploaded.forEach(({ id }) => arriving.delete(id));
    const remove = ({ id, name }) => iconButton("remove", words.detach.replace("{name}", name), () => tell({ type: "detach", id }));
    names.replaceChildren(
      ...uploaded.map((one) => h("li", {}, one.name, remove(one))),
      ...[...arriving.values()].map((name) => h("li", { class: "kit-pending" }, name)));
    names.hidden = !names.children.length;
    return before > 0 && !arriving.size;
  }

  function failed({ id, text }) {
    arriving.delete(id);
    draw(uploaded);
    say(text);
  }

  const holds = (data) => [...(data?.types ?? [])].includes("Files");
  const over = (event) => { if (holds(event.dataTransfer)) event.preventDefault(); };
  function dropped(event) {
    if (!holds(event.dataTransfer)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would take it, too
    bring(event.dataTransfer.files);
  }
  function pasted(event) {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    bring(event.clipboardData.files);
  }
  return { button, picker, names, draw, failed, over, dropped, pasted, waiting: () => arriving.size > 0, list: () => uploaded.map(({ name }) => name) };
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
