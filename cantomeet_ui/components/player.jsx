// The recording's player. It plays from the time that a line or a summary item names, and sends its time to the
// transcript. All of this happens in the browser, without events to the server.
import { useEffect, useRef, useState } from "react";
import { addressedMeeting, addressedTime } from "./address.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const SPEED_KEY = "cantomeet-speed";
const STEP = 5;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

const tell = (name, detail) => window.dispatchEvent(new CustomEvent(`cantomeet:${name}`, { detail }));

// Reading localStorage can throw, in private windows for example; the player then uses normal speed.
const remembered = () => {
  try {
    const speed = Number(localStorage.getItem(SPEED_KEY));
    return SPEEDS.includes(speed) ? speed : 1;
  } catch {
    return 1;
  }
};
const remember = (speed) => {
  try {
    localStorage.setItem(SPEED_KEY, String(speed));
  } catch {
    // The speed is not remembered in such a window.
  }
};

const writing = (target) => target.closest?.("input:not([type=range]):not([type=radio]), textarea, select, [contenteditable], dialog[open]");

export function Player({ src, duration = 0, labels = {} }) {
  const audio = useRef(null);
  const wanted = useRef(null);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(duration);
  const [speed, setSpeed] = useState(1);
  const [follow, setFollow] = useState(true);

  const report = () => {
    const time = audio.current.currentTime;
    setAt(time);
    tell("time", { at: time, playing: !audio.current.paused });
  };

  const seek = (seconds) => {
    const media = audio.current;
    const end = Number.isFinite(media.duration) ? media.duration : Infinity;
    const to = Math.min(Math.max(0, seconds), Math.max(0, end - 0.05));
    setAt(to);
    if (media.readyState === 0) {
      wanted.current = to;
      media.load();
    } else {
      media.currentTime = to;
    }
    tell("time", { at: to, playing: !media.paused });
  };

  // A page may only play once somebody has clicked in it.
  const harmless = ["AbortError", "NotAllowedError"];
  const play = () => audio.current.play().catch((error) => harmless.includes(error.name) || setFailed(true));
  const toggle = () => (audio.current.paused ? play() : audio.current.pause());

  const change = (value) => {
    audio.current.playbackRate = value;
    setSpeed(value);
    remember(value);
  };
  const faster = (by) => {
    const next = SPEEDS.indexOf(audio.current.playbackRate) + by;
    change(SPEEDS[Math.min(Math.max(0, next), SPEEDS.length - 1)]);
  };
  const setFollowing = (on) => {
    setFollow(on);
    tell("follow", { on });
  };

  useEffect(() => {
    const speedBefore = remembered();
    audio.current.defaultPlaybackRate = speedBefore;
    audio.current.playbackRate = speedBefore;
    setSpeed(speedBefore);
    setFailed(false);
    setPlaying(false);
    const start = addressedTime();
    setAt(start ?? 0);
    wanted.current = start;
    if (start === null) return;
    tell("time", { at: start, playing: false });
    // Whoever has just clicked on a time wants to hear it.
    if (navigator.userActivation?.isActive && src.includes(addressedMeeting())) play();
  }, [src]);

  useEffect(() => setLength((known) => known || duration), [duration]);

  useEffect(() => {
    const onPlay = (event) => {
      seek(event.detail.at);
      play();
    };
    const onClick = (event) => {
      const source = event.target.closest?.("[data-play]");
      if (source) onPlay({ detail: { at: Number(source.dataset.play) } });
    };
    const onFollow = (event) => setFollow(event.detail.on);
    const keys = {
      " ": toggle,
      ArrowLeft: () => seek(audio.current.currentTime - STEP),
      ArrowRight: () => seek(audio.current.currentTime + STEP),
      "<": () => faster(-1),
      ">": () => faster(1),
      f: () => setFollow((on) => (tell("follow", { on: !on }), !on)),
    };
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
      if (event.key === " " && event.target.closest?.("button, a, summary, label")) return;
      if (event.key.startsWith("Arrow") && event.target.type === "range") return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("cantomeet:play", onPlay);
    window.addEventListener("cantomeet:follow", onFollow);
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("cantomeet:play", onPlay);
      window.removeEventListener("cantomeet:follow", onFollow);
      document.removeEventListener("click", onClick);
      document.removeEventListener("keydown", onKey);
    };
  }, []);

  const loaded = () => {
    if (Number.isFinite(audio.current.duration)) setLength(audio.current.duration);
    if (wanted.current !== null) {
      audio.current.currentTime = wanted.current;
      wanted.current = null;
    }
  };

  const whole = Math.max(length || 0, at, 0.1);
  return (
    <section className="player" aria-label={labels.label}>
      <audio
        id="recording"
        ref={audio}
        src={src}
        preload="metadata"
        onLoadedMetadata={loaded}
        onTimeUpdate={report}
        onSeeked={report}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => setFailed(true)}
      />
      <button
        type="button"
        className="player-play"
        onClick={toggle}
        disabled={failed}
        aria-label={playing ? labels.pause : labels.play}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          {playing ? <path d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z" /> : <path d="M8 5.2v13.6L19 12z" />}
        </svg>
      </button>
      {failed ? (
        <p className="player-failed" role="status">
          {labels.failed}
        </p>
      ) : (
        <>
          <span className="player-at">{clock(at)}</span>
          <input
            type="range"
            className="player-track"
            min="0"
            max={whole}
            step="0.1"
            value={at}
            style={{ "--done": `${(at / whole) * 100}%` }}
            aria-label={labels.seek}
            aria-valuetext={`${clock(at)} / ${clock(length)}`}
            onChange={(event) => seek(Number(event.target.value))}
          />
          <span className="player-length">{clock(length)}</span>
        </>
      )}
      <button
        type="button"
        className="player-speed"
        aria-label={`${labels.speed} ${speed}×`}
        onClick={() => change(SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length])}
      >
        {speed}×
      </button>
      <button type="button" className="player-follow" aria-pressed={follow} onClick={() => setFollowing(!follow)}>
        {labels.follow}
      </button>
    </section>
  );
}
