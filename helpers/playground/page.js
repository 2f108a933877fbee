// The page's half of the playground: Ctrl+Enter runs, and Stop says at once that it was heard.

const BUSY = 600; // milliseconds after which a kernel that has not confirmed Stop is busy with a cell

function render({ model, el }) {
  const part = (name) => el.closest(".kit-playground")?.querySelector(`.kit-${name}`);
  let timer;

  // The notebook would run the cell, so its own listener on the document must not hear of the key.
  function onKey(event) {
    const wanted = event.key === "Enter" && event.ctrlKey !== event.metaKey && !event.shiftKey && !event.altKey;
    if (!wanted || event.isComposing || !el.closest(".kit-playground")?.contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.blur(); // some fields tell their value only when they are left
    event.target.focus();
    part("run").click();
  }

  function onClick(event) {
    if (!part("stop")?.contains(event.target)) return;
    const note = document.createElement("span");
    note.textContent = model.get("stopping");
    part("status").querySelector("[role=status]")?.replaceChildren(note);
    clearTimeout(timer);
    // What the kernel says takes its place.
    timer = setTimeout(() => { if (note.isConnected) note.textContent = model.get("later"); }, BUSY);
  }

  window.addEventListener("keydown", onKey, true);
  window.addEventListener("click", onClick, true);
  return () => {
    window.removeEventListener("keydown", onKey, true);
    window.removeEventListener("click", onClick, true);
    clearTimeout(timer);
  };
}

export default { render };
