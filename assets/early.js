// Pages come prerendered: for a moment what is seen is not alive, and a click in it would be lost. This stands in the
// head and keeps what a person does by then; components/shell.jsx has it done once the page is alive.
(() => {
  const kept = [];
  let alive = false;

  // ---- light and dark: at once, alive or not

  const root = document.documentElement;
  let chosen = "";
  const keep = () => {
    if (root.classList.contains(chosen)) return;
    root.classList.remove("light", "dark");
    root.classList.add(chosen);
    root.style.colorScheme = chosen;
    try {
      localStorage.setItem("theme", chosen);
    } catch {
      // A browser that keeps nothing (private windows) still shows it.
    }
  };
  const switchTheme = () => {
    chosen = root.classList.contains("dark") ? "light" : "dark";
    keep();
  };
  // Reflex sets what it read before the choice, when it comes alive and when the system changes.
  new MutationObserver(() => chosen && keep()).observe(root, { attributeFilter: ["class"] });

  // ---- clicked, written, pressed

  const onClick = (event) => {
    if (event.target.closest?.("[data-theme-switch]")) return switchTheme();
    const control = alive ? null : event.target.closest?.("button, [type=checkbox]");
    // What lives in the browser alone is alive as soon as it is seen.
    if (!control || control.closest(".ct-uploads, .player, .lines, dialog")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    control.dataset.kept = "";
    kept.push(() => {
      delete control.dataset.kept;
      control.click();
    });
  };
  const onInput = (event) => {
    const field = event.target;
    if (alive || field.type === "file" || field.type === "checkbox") return;
    if (kept.some((act) => act.field === field)) return;
    const act = () => {
      // React takes what a field holds when it comes alive for what it already knows.
      field._valueTracker?.setValue("");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    act.field = field;
    kept.push(act);
  };
  // The keys of components/shell.jsx: `/` at once, so that what follows is written where it belongs, the others later.
  const FIELDS = "input:not([type=range]):not([type=radio]), textarea, select, [contenteditable]";
  let going = false;
  const onKey = (event) => {
    if (alive || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(FIELDS)) return;
    const { key } = event;
    const known = ["/", "?", "g"].includes(key) || (going && key.length === 1);
    going = key === "g";
    if (!known) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const search = key === "/" && document.querySelector("[data-search]");
    if (search) return search.focus();
    kept.push(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
  };
  document.addEventListener("click", onClick, true);
  document.addEventListener("input", onInput, true);
  document.addEventListener("keydown", onKey, true);

  // ---- recordings chosen or dropped; the dialogue may have been opened before and closed after

  const files = [];
  const take = (given) => {
    files.push(...given);
    window.dispatchEvent(new Event("cantomeet:files"));
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.(".ct-early input")) return;
    take(event.target.files);
    event.target.value = "";
  });
  const onDrag = (event) => {
    const waiting = document.querySelector(".ct-early") && !document.querySelector(".ct-uploads");
    if (!waiting || ![...(event.dataTransfer?.types || [])].includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop") take(event.dataTransfer.files);
  };
  window.addEventListener("dragover", onDrag);
  window.addEventListener("drop", onDrag);

  window.cantomeetEarly = {
    takeFiles: () => files.splice(0),
    comeAlive: () => {
      alive = true;
      for (const act of kept.splice(0)) act();
    },
  };
})();
