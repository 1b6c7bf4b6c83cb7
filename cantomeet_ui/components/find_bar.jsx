// The field that finds words in the transcript. The server says which lines have them, so that it folds and marks as the
// search does; going from one to the next stays in the browser.
import { useEffect, useRef, useState } from "react";

const PATIENCE = 300;

const tell = (name, detail) => window.dispatchEvent(new CustomEvent(`cantomeet:${name}`, { detail }));
const lineOf = (id) => document.getElementById(`line-${id}`);

export function FindBar({ q = "", edition = 0, found, labels = {}, onFind }) {
  const field = useRef(null);
  const waiting = useRef(0);
  const typed = useRef(null);
  const [at, setAt] = useState("");
  const { ids } = found;

  const show = (id) => {
    lineOf(at)?.removeAttribute("data-found");
    setAt(id);
    lineOf(id)?.setAttribute("data-found", "");
    lineOf(id)?.scrollIntoView({ block: "center" });
    if (document.querySelector(".line[data-now]")) tell("follow", { on: false });
  };

  const ask = (patience) => {
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => onFind(field.current.value), patience);
  };
  const search = (patience = PATIENCE) => {
    typed.current = field.current.value.trim();
    ask(patience);
  };

  // From the one that is shown, or else from the line that is being spoken.
  const step = (by) => {
    if (found.q !== field.current.value.trim()) return search(0);
    if (!ids.length) return undefined;
    const spoken = document.querySelector(".line[data-now]")?.id.replace("line-", "");
    const from = ids.indexOf(ids.includes(at) ? at : spoken);
    return show(ids[from < 0 && by < 0 ? ids.length - 1 : (from + by + ids.length) % ids.length]);
  };

  useEffect(() => {
    if (!ids.includes(at)) lineOf(at)?.removeAttribute("data-found");
    if (typed.current !== found.q) return;
    typed.current = null;
    if (ids.length) show(ids[0]);
  }, [found]);

  useEffect(() => {
    const onLines = () => field.current.value.trim() && ask(PATIENCE);
    window.addEventListener("cantomeet:lines", onLines);
    return () => {
      clearTimeout(waiting.current);
      window.removeEventListener("cantomeet:lines", onLines);
    };
  }, []);

  const onKey = (event) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    }
    if (event.key === "Escape") {
      field.current.value = "";
      search(0);
      field.current.blur();
    }
  };

  const number = ids.indexOf(at) + 1;
  const count = `${ids.length}${found.more ? "+" : ""}`;
  const words = number ? `${number} / ${count}` : count;
  const arrow = (by, path, label) => (
    <button type="button" className="find-step" onClick={() => step(by)} disabled={!ids.length} title={label} aria-label={label}>
      <svg viewBox="0 0 24 24" className="icon" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.75">
        <path d={path} />
      </svg>
    </button>
  );
  return (
    <div className="find-bar" role="search">
      <label className="search">
        <svg viewBox="0 0 24 24" className="icon" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.75">
          <path d="M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z" />
          <path d="M15.5 15.5L20 20" />
        </svg>
        <input
          key={edition}
          ref={field}
          type="search"
          defaultValue={q}
          maxLength={200}
          autoComplete="off"
          placeholder={labels.field}
          aria-label={labels.field}
          data-search=""
          onInput={(event) => event.nativeEvent.isComposing || search()}
          onCompositionEnd={() => search()}
          onKeyDown={onKey}
        />
      </label>
      {found.q ? (
        <>
          <span className="find-count" role="status">
            {ids.length ? words : labels.none}
          </span>
          {arrow(-1, "M6 15l6-6 6 6", labels.previous)}
          {arrow(1, "M6 9l6 6 6-6", labels.next)}
        </>
      ) : null}
    </div>
  );
}
