// The zone that recordings are dropped on, and a row for each upload under way.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { add, pause, remove, resume, snapshot, subscribe, takeFinished } from "./tus_queue.js";

const NONE = [];
const LABEL_OF_CODE = {
  too_large: "too_large",
  not_a_recording: "wrong_kind",
  empty_upload: "empty",
  storage_full: "no_room",
  upload_busy: "locked",
};

const size = (bytes) => {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
};

const clock = (seconds) => {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

export function TusInput({ endpoint, accept, lang, labels = {}, metadata = {}, onDone }) {
  const rows = useSyncExternalStore(subscribe, snapshot, () => NONE);
  useFinished(onDone);
  const take = (files) => files.length && add([...files], { endpoint, language: lang, metadata });
  useEarlyFiles(take);
  return (
    <div className="ct-uploads">
      <DropZone accept={accept} labels={labels} take={take} />
      {rows.length > 0 && (
        <ul className="ct-upload-list">
          {rows.map((row) => (
            <UploadRow key={row.id} row={row} labels={labels} />
          ))}
        </ul>
      )}
    </div>
  );
}

// Files that were chosen or dropped before this component was mounted.
function useEarlyFiles(take) {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const onFiles = () => latest.current(window.cantomeetEarly?.takeFiles() || []);
    onFiles();
    window.addEventListener("cantomeet:files", onFiles);
    return () => window.removeEventListener("cantomeet:files", onFiles);
  }, []);
}

// A finished upload is told once, also if it finished while another page was shown.
function useFinished(onDone) {
  const latest = useRef(onDone);
  latest.current = onDone;
  useEffect(() => {
    const tell = () => takeFinished((meeting) => latest.current?.(meeting));
    tell();
    return subscribe(tell);
  }, []);
}

function DropZone({ accept, labels, take }) {
  const input = useRef(null);
  const latest = useRef(take);
  latest.current = take;
  const over = useDropsAnywhere((files) => latest.current(files));
  return (
    <div className={over ? "ct-drop is-over" : "ct-drop"}>
      <p className="ct-drop-text">{labels.drop}</p>
      <button type="button" className="ct-choose" onClick={() => input.current.click()}>
        {labels.choose}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept}
        aria-label={labels.choose}
        onChange={(event) => {
          take(event.target.files);
          // Choosing the same file again fires no event unless the value is cleared.
          event.target.value = "";
        }}
      />
    </div>
  );
}

// A file that misses the zone would otherwise replace the page.
function useDropsAnywhere(take) {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
    const onOver = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(true);
    };
    const onLeave = (event) => event.relatedTarget === null && setOver(false);
    const onDrop = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current(event.dataTransfer.files);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, []);
  return over;
}

function UploadRow({ row, labels }) {
  const percent = row.total ? Math.floor((100 * row.sent) / row.total) : 0;
  const moving = ["uploading", "checking", "waiting", "locked", "queued"].includes(row.state);
  return (
    <li className={`ct-upload-row is-${row.state}`}>
      <div className="ct-upload-head">
        <span className="ct-upload-name" title={row.name}>
          {row.name}
        </span>
        <span className="ct-upload-numbers">
          {row.state !== "queued" && row.state !== "failed" && <span className="ct-percent">{percent}%</span>}
          {row.state === "uploading" && row.rate > 0 && <span className="ct-speed">{size(row.rate)}/s</span>}
          {row.state === "uploading" && row.rate > 0 && (
            <span className="ct-left">
              {labels.left} {clock((row.total - row.sent) / row.rate)}
            </span>
          )}
        </span>
        <span className="ct-upload-actions">
          {moving && row.state !== "checking" && (
            <Act className="ct-pause" label={labels.pause} name={row.name} act={() => pause(row.id)} />
          )}
          {row.state === "paused" && (
            <Act className="ct-resume" label={labels.resume} name={row.name} act={() => resume(row.id)} />
          )}
          {row.state === "failed" && (
            <Act className="ct-retry" label={labels.retry} name={row.name} act={() => resume(row.id)} />
          )}
          {row.state !== "checking" && (
            <Act
              className="ct-cancel"
              label={row.state === "failed" ? labels.remove : labels.cancel}
              name={row.name}
              act={() => remove(row.id)}
            />
          )}
        </span>
      </div>
      {row.state !== "failed" && (
        <div
          className="ct-bar"
          role="progressbar"
          aria-label={row.name}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
        >
          <div className="ct-bar-done" style={{ width: `${percent}%` }} />
        </div>
      )}
      <p className="ct-upload-state" aria-live="polite">
        {said(row, labels)}
      </p>
    </li>
  );
}

// A screen reader needs the file's name beside the action's.
function Act({ className, label, name, act }) {
  return (
    <button type="button" className={`ct-act ${className}`} aria-label={`${label}: ${name}`} onClick={act}>
      {label}
    </button>
  );
}

const said = (row, labels) => {
  if (row.state === "failed") return row.detail || labels[LABEL_OF_CODE[row.code]] || labels.failed;
  return { queued: labels.queued, paused: labels.paused, checking: labels.checking, waiting: labels.waiting, locked: labels.locked }[row.state] || "";
};
