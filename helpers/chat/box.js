// The page's half of the chat box; parts.js and tools.js come before it, in the same module. The traits `turns`, `busy` and `status` are the state; a growing text comes as messages.

const NEAR = 24; // pixels from the end of the log at which a reader still counts as being there
const PATIENCE = 5000; // milliseconds until a question that the kernel has not taken is remarked on
const DRAFT = 300; // milliseconds after the last key at which the draft is kept
const BUSY = 600; // milliseconds after which a kernel that has not confirmed Stop is busy with a cell

function render({ model, el }) {
  const words = model.get("words");
  const name = model.get("name");
  const fill = (text) => text.replace("{name}", name);
  const sent = new Map(); // questions that the kernel has not taken yet, by their marks
  let shown = []; // the turns as drawn: their JSON and their elements
  let live = ""; // the text that is growing
  let following = true;
  let draftTimer;
  let stopTimer;
  let tail; // what was written since the growing text was last drawn
  let draft; // what stood in the field before a question came there to be edited
  let fromEnd; // where the reader was before older messages came
  let place = 0; // where the reader is, for pages that take the box out and put it back

  // --- the parts ---
  const log = h("div", { class: "kit-log", role: "log", "aria-label": fill(words.title), tabindex: 0 });
  const inLog = roving(log);
  const files = filesOf(log, tell);
  const starters = h("div", { class: "kit-starters", role: "group", "aria-label": words.starters },
    ...model.get("starters").map((text) => h("button", { type: "button", class: "kit-starter", onclick: () => put("send", text) }, text)));
  const welcome = h("div", { class: "kit-welcome" }, h("p", {}, fill(words.welcome)), starters);
  const older = inLog(h("button", { type: "button", class: "kit-older", hidden: "", onclick: readOlder }, words.older));
  const growing = h("div", { class: "kit-text kit-markdown" });
  const answering = h("article", { class: "kit-turn kit-live", "data-kind": "live", "aria-live": "off", tabindex: -1 },
    h("div", { class: "kit-who" }, name), growing, h("div", { class: "kit-dots" }, h("i"), h("i"), h("i")));
  const marker = h("button", { type: "button", class: "kit-new", hidden: "", onclick: jump }, `\u2193 ${words.new}`);
  const attach = attachments({ words, say: (text) => say(text), tell });
  const field = h("textarea", { rows: 1, placeholder: words.placeholder, "aria-label": words.placeholder, oninput: onInput, onkeydown: onKey, onblur: keepDraft, onpaste: attach.pasted });
  const send = iconButton("send", words.send, ask);
  const stop = iconButton("stop", words.stop, halt);
  const clear = iconButton("clear", words.clear, () => tell({ type: "clear" }));
  const menu = menuOf(words, (id) => tell({ type: "open", id }), (text) => act.copy(text));
  const status = h("div", { class: "kit-status", role: "status" });
  const root = h("section",
    // Otherwise the notebook would take keys for its own commands.
    { class: "kit-chat", lang: model.get("language"), "aria-label": fill(words.title), "data-lm-suppress-shortcuts": "", onkeydown: onBoxKey, ondragover: attach.over, ondrop: attach.dropped },
    h("header", {}, h("strong", {}, name), menu.node, clear),
    h("div", { class: "kit-window" }, log, marker),
    welcome,
    attach.names,
    h("div", { class: "kit-composer" }, attach.button, attach.picker, field, stop, send),
    status);
  const twin = `.${model.get("twin")}`;
  log.append(older);
  el.append(root, h("style", {}, `.jp-OutputArea-child:has(${twin}), ${twin} { display: none; }`));

  const act = {
    words,
    copy: (text) => iconButton("copy", words.copy, async ({ currentTarget: button }) => {
      const done = navigator.clipboard ? await copied(text) : false;
      say(done ? words.copied : words.not_copied);
      if (!done) return;
      button.replaceChildren(icon("copied"));
      setTimeout(() => button.replaceChildren(icon("copy")), 1500);
    }),
    retry: () => choice(words.retry, () => tell({ type: "retry" })),
    wait: () => choice(words.wait_for_run, () => tell({ type: "wait" })),
    edit: (text) => iconButton("edit", words.edit, () => edit(text)),
    load: files.load,
    again: () => iconButton("retry", words.again, () => tell({ type: "retry" })),
  };

  function tell(message, buffers) {
    try {
      model.send(message, undefined, buffers);
    } catch {
      say(words.waiting); // the kernel is gone
    }
  }

  const say = (text) => { status.textContent = text; };

  // --- the log ---
  function draw() {
    const turns = model.get("turns");
    live = ""; // whatever was growing is a turn now, or begins anew
    turns.forEach((turn, number) => {
      const json = JSON.stringify(turn);
      if (shown[number]?.json === json) return;
      const node = article(turn);
      if (shown[number]) shown[number].node.replaceWith(node);
      else if (number) shown[number - 1].node.after(node);
      else older.after(node);
      shown[number] = { json, node };
      take(turn.sent);
    });
    shown.splice(turns.length).forEach(({ node }) => node.remove());
    const last = turns.findLastIndex((turn) => turn.kind === "question");
    shown.forEach(({ node }, number) => node.classList.toggle("kit-last", number === shown.length - 1 || number === last));
    older.hidden = !model.get("older");
    drawLive();
  }

  function article(turn) {
    const node = h("article", { class: "kit-turn", "data-kind": turn.kind, "aria-label": turn.who }, ...INSIDE[turn.kind](turn, act));
    const old = shown[turn.id]?.node.querySelector("details");
    if (old?.open && node.querySelector("details")) node.querySelector("details").open = true;
    return inLog(node);
  }

  function drawLive() {
    const waiting = model.get("busy") || sent.size > 0;
    if (!live) growing.replaceChildren();
    answering.classList.toggle("kit-empty", live === "");
    if (waiting) log.append(answering);
    else answering.remove();
    for (const { node } of sent.values()) log.insertBefore(node, answering);
    welcome.hidden = shown.length > 0 || waiting;
    log.tabIndex = welcome.hidden ? 0 : -1;
    if (fromEnd !== undefined && !waiting) log.scrollTop = log.scrollHeight - fromEnd;
    else followOrMark();
  }

  function readOlder() {
    fromEnd = log.scrollHeight - log.scrollTop;
    following = false;
    tell({ type: "older" });
    log.focus(); // the button may go
  }

  // The kernel draws a block when it is worth it; what is written in between stands behind it as it is.
  function grow({ at, text, from, blocks }) {
    if (at > live.length) return tell({ type: "hello" }); // this view missed a piece
    const piece = text.slice(live.length - at);
    if (!piece) return;
    live += piece;
    if (blocks) {
      while (growing.children.length > from) growing.lastChild.remove();
      growing.append(...blocks.map((html) => inLog(Object.assign(h("div"), { innerHTML: html })))); // made and escaped in the kernel
      tail = undefined;
    } else {
      tail ??= innermost(growing).appendChild(h("span", { class: "kit-tail" }));
      tail.append(piece);
    }
    answering.classList.remove("kit-empty");
    followOrMark();
  }

  // --- scrolling: follow only a reader who is at the end ---
  function jump() {
    following = true;
    followOrMark();
    log.focus(); // the marker is gone
  }

  function followOrMark() {
    if (following) log.scrollTop = log.scrollHeight;
    marker.hidden = following;
  }

  log.addEventListener("scroll", () => {
    if (!log.isConnected || !log.clientHeight) return;
    place = log.scrollTop;
    following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    if (following) marker.hidden = true;
  });
  // A notebook takes cells out of the page while they are out of sight; put back, a log would stand at its beginning.
  const resized = new ResizeObserver(() => {
    if (log.clientHeight) log.scrollTop = following ? log.scrollHeight : place;
    fit();
    if (document.activeElement === field) status.scrollIntoView({ block: "nearest" }); // a growing log pushes it down
  });
  resized.observe(log);

  // --- the composer ---
  function ask() {
    const text = field.value.trim();
    if (model.get("busy") || sent.size) return say(`${model.get("status")} ${words.wait}`);
    if (!text) return say(words.empty);
    if (attach.waiting()) return say(words.uploading);
    const kind = draft === undefined ? "send" : "edit";
    leaveEditing();
    put(kind, text);
  }

  // The page shows the question before it asks the kernel.
  function put(kind, text) {
    const mark = `${Date.now()}-${Math.random()}`;
    const node = article({ kind: "question", who: words.you, text, attached: kind === "send" ? attach.list() : [] });
    node.classList.add("kit-pending");
    const timer = setTimeout(() => say(words.waiting), PATIENCE);
    sent.set(mark, { node, text, timer });
    following = true;
    fromEnd = undefined;
    drawState();
    tell({ type: kind, text, id: mark });
    field.focus();
  }

  // --- the last question in other words ---
  function edit(text) {
    if (model.get("busy") || sent.size) return say(words.wait);
    draft ??= field.value;
    write(text);
    root.classList.add("kit-editing");
    field.focus();
    say(words.editing);
  }

  function leaveEditing() {
    write(draft ?? "");
    draft = undefined;
    root.classList.remove("kit-editing");
  }

  function halt() {
    const question = model.get("turns").findLast((turn) => turn.kind === "question");
    if (!model.get("busy") || !question) return;
    if (model.get("status") !== words.stopping) {
      say(words.stopping);
      clearTimeout(stopTimer);
      stopTimer = setTimeout(() => say(words.stopping_later), BUSY);
    }
    tell({ type: "stop", question: question.id }); // a late one must not stop another question
  }

  function take(mark) {
    const one = sent.get(mark);
    if (!one) return undefined;
    clearTimeout(one.timer);
    one.node.remove();
    sent.delete(mark);
    return one;
  }

  function refused({ id }) {
    const one = take(id);
    if (one) write([one.text, field.value].filter(Boolean).join("\n"));
    drawState();
    say(words.refused);
  }

  const write = (text) => { field.value = text; onInput(); };
  function fit() {
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${field.scrollHeight}px`; // 0: not laid out yet
  }
  function onInput() {
    fit();
    clearTimeout(draftTimer);
    draftTimer = setTimeout(keepDraft, DRAFT);
  }

  function keepDraft() {
    clearTimeout(draftTimer);
    if (!root.isConnected || model.get("draft") === field.value) return;
    model.set("draft", field.value);
    model.save_changes();
  }

  function onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
    event.preventDefault();
    ask();
  }

  function onBoxKey(event) {
    event.stopPropagation();
    if (event.key === "Escape" && !composing(event)) {
      if (draft === undefined) halt();
      else {
        leaveEditing();
        say(model.get("status"));
      }
    }
    if (isShortcut(event) && !document.body.dispatchEvent(new KeyboardEvent(event.type, event))) event.preventDefault();
  }

  // --- the state ---
  function drawState() {
    const busy = model.get("busy") || sent.size > 0;
    stop.hidden = !model.get("busy");
    send.setAttribute("aria-disabled", String(busy));
    send.title = busy ? words.wait : words.send;
    clear.disabled = busy || !shown.length;
    root.classList.toggle("kit-busy", busy);
    menu.draw(model.get("ids"), model.get("chats"), busy);
    drawLive();
  }

  // A part that had the cursor may go or be switched off; then the field takes it.
  function onState() {
    const before = document.activeElement;
    const hadFocus = root.contains(before);
    draw();
    drawState();
    fromEnd = undefined;
    if (hadFocus && (!root.contains(before) || before.hidden || before.disabled)) field.focus();
  }

  const onMessage = (message, buffers) => ({ delta: grow, refused, file: files.arrived, unattached: attach.failed })[message.type]?.(message, buffers);
  const onStatus = () => {
    clearTimeout(stopTimer);
    say(model.get("status"));
  };
  const onAttached = () => { if (attach.draw(model.get("attached"))) say(model.get("status")); };
  const listeners = { "change:attached": onAttached, "change:turns": onState, "change:busy": onState, "change:ids": drawState, "change:status": onStatus, "msg:custom": onMessage };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  field.value = model.get("draft");
  onState();
  onStatus();
  onAttached();
  onInput();
  if (model.get("busy")) tell({ type: "hello" });

  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    resized.disconnect();
    files.release();
    clearTimeout(draftTimer);
    clearTimeout(stopTimer);
  };
}

export default { render };
