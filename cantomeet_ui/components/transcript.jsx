// The transcript. The server sends only new lines, and this component keeps the earlier ones. It highlights the line
// being spoken by moving one attribute, without the server and without rendering.
import { memo, useEffect, useRef, useState } from "react";
import { addressedMeeting, addressedTime, asksForLines } from "./address.js";
import { LineForm } from "./line_form.jsx";

const GAP_PATIENCE = 1000;

const tell = (name, detail) => window.dispatchEvent(new CustomEvent(`cantomeet:${name}`, { detail }));

// The last line that begins at or before a time; -1 before the first.
const lineAt = (lines, at) => {
  let low = 0;
  let high = lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (lines[middle].at <= at + 0.05) low = middle + 1;
    else high = middle - 1;
  }
  return high;
};

// The lines with corrected ones replaced.
const corrected = (lines, changes = []) => {
  if (!changes.length) return lines;
  const byId = new Map(changes.map((line) => [line.id, line]));
  return lines.map((line) => {
    const change = byId.get(line.id);
    return change && change.version !== line.version ? change : line;
  });
};

// The words with what was found in them marked. `found` is the text in parts, as it was when it was looked through.
const marked = (words, found) => {
  if (found?.map((part) => part.text).join("") !== words) return words;
  return found.map((part, index) => (part.found ? <mark key={index}>{part.text}</mark> : part.text));
};

// `rewritten`: the line in written Chinese, empty if it has none, null in the view of what was spoken.
const Line = memo(function Line({ line, speaker, rewritten, outdated, found, labels, editing, onEdit, form }) {
  const playText = labels.play;
  const unsureText = labels.unsure;
  const onClick = (event) => {
    const selected = String(window.getSelection());
    if (!selected && !event.target.closest("button, form")) tell("play", { at: line.at });
  };
  return (
    <li id={`line-${line.id}`} className="line" onClick={onClick} data-speaker={speaker ? "" : undefined}>
      <button
        type="button"
        className="line-time"
        data-play={line.at}
        data-unsure={line.unsure ? "" : undefined}
        title={line.unsure ? unsureText : undefined}
        aria-label={`${playText} ${line.time}${line.unsure ? `, ${unsureText}` : ""}`}
      >
        {line.time}
      </button>
      <div className="line-words">
        {speaker ? <p className="line-speaker">{speaker}</p> : null}
        {editing ? (
          <LineForm line={line} labels={labels} {...form} />
        ) : (
          <p className="line-text" data-unclear={line.unclear ? "" : undefined} data-rewritten={rewritten ? "" : undefined} title={rewritten ? line.text : undefined}>
            {rewritten === "" ? <span className="as-spoken">{outdated ? labels.outdated : labels.as_spoken}</span> : null}
            {marked(rewritten || line.text, found)}
            {line.original ? (
              <span className="edited" title={line.original.trim() ? `${labels.original}${line.original}` : undefined}>
                {labels.edited}
              </span>
            ) : null}
            <button
              type="button"
              className="edit-button"
              title={labels.edit}
              aria-label={`${labels.edit} ${line.time}`}
              onClick={() => onEdit(line.id)}
            >
              <svg viewBox="0 0 24 24" className="icon" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.75">
                <path d="M4 20h4L19 9l-4-4L4 16z" />
                <path d="M13 7l4 4" />
              </svg>
            </button>
          </p>
        )}
      </div>
    </li>
  );
});

// Keeps the same object while its content is equal, so that memoised lines are not rendered again.
const useSame = (words) => {
  const kept = useRef(words);
  if (JSON.stringify(words) !== JSON.stringify(kept.current)) kept.current = words;
  return kept.current;
};

export function Transcript({ batch, written, found, onGap, onMore, onCorrect, refused, labels: given = {} }) {
  const labels = useSame(given);
  const list = useRef(null);
  const have = useRef({ revision: "", lines: [] });
  const follow = useRef(true);
  // The time in the address, until its line was shown.
  const sought = useRef(addressedTime());
  const at = useRef(sought.current ?? -1);
  const lit = useRef(null);
  const [lines, setLines] = useState([]);
  const [editing, setEditing] = useState("");
  const edit = useRef((id) => setEditing(id)).current;

  const light = (moving) => {
    const index = at.current < 0 ? -1 : lineAt(have.current.lines, at.current);
    const line = index < 0 ? null : have.current.lines[index];
    const now = line && at.current <= Math.max(line.end, line.at + 0.5) + 1.5 ? list.current?.children[index] : null;
    if (now === lit.current) return;
    lit.current?.removeAttribute("data-now");
    now?.setAttribute("data-now", "");
    lit.current = now;
    if (now && follow.current && moving) now.scrollIntoView({ block: "center" });
  };

  useEffect(() => {
    const { revision, lines: known } = have.current;
    if (batch.first > 0 && (batch.revision !== revision || batch.first > known.length)) {
      const asked = setTimeout(onGap, GAP_PATIENCE);
      return () => clearTimeout(asked);
    }
    const before = batch.first > 0 ? known.slice(0, batch.first) : [];
    have.current = { revision: batch.revision, lines: corrected(before, batch.corrected).concat(batch.lines) };
    setLines(have.current.lines);
    if (!batch.more) return undefined;
    // Asks only after these lines are drawn, so that clicks do not wait for the end of a long transcript.
    const asked = setTimeout(onMore, 0);
    return () => clearTimeout(asked);
  }, [batch]);

  useEffect(() => {
    light(false);
    if (sought.current === null || !lit.current || !have.current.revision.startsWith(addressedMeeting())) return;
    sought.current = null;
    lit.current.scrollIntoView({ block: "center" });
  }, [lines]);

  useEffect(() => {
    if (!batch.more) tell("lines");
  }, [batch, written?.on, written?.lines]);

  useEffect(() => {
    const tab = document.getElementById("tab-transcript");
    if (tab && asksForLines()) tab.checked = true;
  }, []);

  useEffect(() => {
    const onTime = (event) => {
      at.current = event.detail.at;
      light(true);
    };
    const onFollow = (event) => {
      follow.current = event.detail.on;
      if (event.detail.on) lit.current?.scrollIntoView({ block: "center" });
    };
    // A person who scrolls wants to read elsewhere, so following stops.
    const onScroll = () => {
      sought.current = null;
      if (follow.current && lit.current) tell("follow", { on: false });
    };
    const step = (by) => {
      const known = have.current.lines;
      const next = known[Math.min(Math.max(0, lineAt(known, at.current) + by), known.length - 1)];
      if (next) tell("play", { at: next.at });
    };
    const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, select, dialog[open], details[open]")) return;
      if (event.key === "e" && lit.current) {
        event.preventDefault();
        edit(lit.current.id.replace("line-", ""));
        return;
      }
      if (!(event.key in steps)) return;
      event.preventDefault();
      step(steps[event.key]);
    };
    const pane = list.current;
    window.addEventListener("cantomeet:time", onTime);
    window.addEventListener("cantomeet:follow", onFollow);
    document.addEventListener("keydown", onKey);
    pane?.addEventListener("wheel", onScroll, { passive: true });
    pane?.addEventListener("touchmove", onScroll, { passive: true });
    return () => {
      window.removeEventListener("cantomeet:time", onTime);
      window.removeEventListener("cantomeet:follow", onFollow);
      document.removeEventListener("keydown", onKey);
      pane?.removeEventListener("wheel", onScroll);
      pane?.removeEventListener("touchmove", onScroll);
    };
  }, []);

  return (
    <>
      <ol className="lines" ref={list} data-lines={lines.length}>
        {lines.map((line, index) => (
          <Line
            key={line.id}
            line={line}
            speaker={line.speaker && line.speaker !== lines[index - 1]?.speaker ? line.speaker : ""}
            rewritten={written?.on ? written.lines[line.id] || "" : null}
            outdated={written?.on ? written.outdated.includes(line.id) : false}
            found={found?.lines[line.id]}
            labels={labels}
            editing={editing === line.id}
            onEdit={edit}
            form={
              editing === line.id
                ? {
                    speakers: batch.speakers,
                    refused: refused?.id === line.id ? refused : null,
                    onSave: onCorrect,
                    onClose: () => edit(""),
                  }
                : null
            }
          />
        ))}
      </ol>
      {lines.length ? null : <p className="pane-note">{labels.empty}</p>}
    </>
  );
}
