// The uploads of this tab: resumable, and sent one after the other. The queue lives outside the components, so an
// upload goes on while another page is shown. A finished upload waits until a component asks for it.
import { Upload } from "tus-js-client";

// Retries go on for minutes, 20 s apart at most, so that a server can be restarted during an upload.
const RETRY_DELAYS = [500, 1000, 2000, 4000, 8000, 15000, ...Array(27).fill(20000)];
const SPEED_WINDOW = 5000;
const MEETING_ID = "CantoMeet-Meeting-Id";
const UPLOAD_BUSY = 423;
const STORAGE_FULL = 507;

const listeners = new Set();
let finished = [];
let rows = [];
let next = 1;

// A listener is called whenever rows or finished uploads change.
export const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const snapshot = () => rows;

// `tell` gets the meeting's id of each upload that finished since the last call.
export const takeFinished = (tell) => {
  const meetings = finished;
  finished = [];
  for (const meeting of meetings) tell(meeting);
};

const changed = () => {
  for (const listener of listeners) listener();
};

const row = (id) => rows.find((known) => known.id === id);

const set = (id, values) => {
  rows = rows.map((known) => (known.id === id ? { ...known, ...values } : known));
  if (row(id)) changed();
};

const waiting = (known) => known.state === "queued";
const busy = (known) => ["uploading", "checking", "waiting", "locked"].includes(known.state);

// The file and its tus upload, by row id; rows hold only what is shown.
const works = new Map();

export const add = (files, options) => {
  // A title belongs to one recording, so several files get none.
  const { title, ...shared } = options.metadata || {};
  const metadata = files.length === 1 && title ? { ...shared, title } : shared;
  for (const file of files) {
    const same = ({ file: other }) =>
      other.name === file.name && other.size === file.size && other.lastModified === file.lastModified;
    if ([...works.values()].some(same)) continue;
    const id = next++;
    works.set(id, { file, options: { ...options, metadata }, upload: null, samples: [] });
    rows = [...rows, { id, name: file.name, sent: 0, total: file.size, rate: 0, state: "queued", code: "", detail: "" }];
    changed();
  }
  startNext();
};

export const pause = (id) => {
  works.get(id)?.upload?.abort();
  set(id, { state: "paused", rate: 0 });
  startNext();
};

export const resume = (id) => {
  set(id, { state: "queued", code: "", detail: "" });
  startNext();
};

export const remove = (id) => {
  const upload = works.get(id)?.upload;
  // Ending it at the server may fail, and need not succeed: the server drops unfinished uploads by itself.
  upload?.abort(row(id)?.state !== "failed").catch(() => {});
  forget(id);
  startNext();
};

const forget = (id) => {
  works.delete(id);
  rows = rows.filter((known) => known.id !== id);
  changed();
};

const startNext = () => {
  if (rows.some(busy)) return;
  const first = rows.find(waiting);
  if (first) start(first.id);
};

const start = async (id) => {
  const work = works.get(id);
  work.samples = [];
  set(id, { state: "uploading", rate: 0 });
  // For a folder or a moved file the browser would only report a network failure.
  if (!(await readable(work.file))) return fail(id, "unreadable", "");
  if (work.upload === null) await prepare(id, work);
  if (row(id)?.state === "uploading") work.upload.start();
};

const readable = async (file) => {
  if (file.size === 0) return true;
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
};

const prepare = async (id, work) => {
  const { endpoint, language, metadata } = work.options;
  const upload = new Upload(work.file, {
    endpoint,
    metadata: { ...metadata, filename: work.file.name },
    headers: { "Accept-Language": language },
    retryDelays: RETRY_DELAYS,
    removeFingerprintOnSuccess: true,
    onShouldRetry: (error) => retry(id, work, error),
    onProgress: (sent, total) => progress(id, work, sent, total),
    onSuccess: ({ lastResponse }) => done(id, lastResponse),
    onError: (error) => fail(id, ...reasonOf(error)),
  });
  const known = await upload.findPreviousUploads();
  if (known.length) {
    known.sort((a, b) => new Date(b.creationTime) - new Date(a.creationTime));
    upload.resumeFromPreviousUpload(known[0]);
  }
  work.upload = upload;
};

const statusOf = (error) => error.originalResponse?.getStatus() ?? 0;

const retry = (id, work, error) => {
  const status = statusOf(error);
  const again = [0, 408, 409, UPLOAD_BUSY].includes(status) || (status >= 500 && status !== STORAGE_FULL);
  // tus asks this for a removed upload too, while it ends it.
  if (again && busy(row(id) ?? {})) {
    work.samples = [];
    set(id, { state: status === UPLOAD_BUSY ? "locked" : "waiting", rate: 0 });
    readable(work.file).then((still) => {
      if (still || !busy(row(id) ?? {})) return;
      work.upload.abort();
      fail(id, "unreadable", "");
    });
  }
  return again;
};

const progress = (id, work, sent, total) => {
  const now = performance.now();
  work.samples = [...work.samples.filter(([at]) => now - at < SPEED_WINDOW), [now, sent]];
  const [at, before] = work.samples[0];
  const rate = now - at > 500 ? Math.max(0, ((sent - before) * 1000) / (now - at)) : (row(id)?.rate ?? 0);
  set(id, { sent, total, rate, state: sent < total ? "uploading" : "checking" });
};

const done = (id, response) => {
  const meeting = response?.getHeader(MEETING_ID);
  if (!meeting) return fail(id, "internal", "");
  finished.push(meeting);
  forget(id);
  startNext();
};

const reasonOf = (error) => {
  try {
    const { code, detail } = JSON.parse(error.originalResponse.getBody());
    return [code, detail];
  } catch {
    return [statusOf(error) ? "internal" : "unreachable", ""];
  }
};

const fail = (id, code, detail) => {
  const work = works.get(id);
  // A refused upload starts from its first byte when it is retried; an interrupted one continues.
  if (work && code !== "unreachable" && code !== "upload_busy") work.upload = null;
  set(id, { state: "failed", rate: 0, code, detail });
  startNext();
};
