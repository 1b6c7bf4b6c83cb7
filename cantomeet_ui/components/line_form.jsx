// The form that corrects a line of the transcript. Enter saves it, since a line has no line breaks; Escape closes it.
import { useEffect, useRef, useState } from "react";

export function LineForm({ line, speakers = [], refused, labels, onSave, onClose }) {
  const [text, setText] = useState(line.text);
  const before = speakers.find((speaker) => speaker.name === line.speaker)?.id || "";
  const [speaker, setSpeaker] = useState(before);
  const area = useRef(null);
  // The version that the person saw: the one when the form opened, or the one that a refusal showed.
  const seen = useRef(line.version);

  useEffect(() => {
    area.current.focus();
    area.current.form.scrollIntoView({ block: "nearest" });
    // In an unclear line the placeholder is selected, so that the first key replaces it.
    area.current.setSelectionRange(line.unclear ? 0 : text.length, text.length);
  }, []);

  // A new version with this text means that the line was saved. After a refusal the new version is somebody else's.
  useEffect(() => {
    if (refused) seen.current = refused.version;
    else if (line.version !== seen.current && line.text === text.trim().replace(/\s+/g, " ")) onClose();
  }, [line, refused]);

  const save = () => {
    if (text.trim() === line.text && speaker === before && !refused) onClose();
    else onSave(line.id, seen.current, text, speaker === before ? "" : speaker);
  };
  const onKey = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    // Key code 229 is the Enter that ends a composition of an input method.
    if (event.key === "Enter" && !event.nativeEvent.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      save();
    }
  };

  return (
    <form
      className="line-form"
      onKeyDown={onKey}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={area}
        rows="2"
        value={text}
        maxLength="20000"
        aria-label={labels.text}
        onChange={(event) => setText(event.target.value)}
      />
      {refused ? (
        <p className="refused" role="alert">
          {refused.text}
        </p>
      ) : null}
      <div className="form-acts">
        {speakers.length ? (
          <select value={speaker} aria-label={labels.speaker} onChange={(event) => setSpeaker(event.target.value)}>
            {before ? null : <option value="">{labels.nobody}</option>}
            {speakers.map((known) => (
              <option key={known.id} value={known.id}>
                {known.name}
              </option>
            ))}
          </select>
        ) : null}
        <button type="submit" className="button primary">
          {labels.save}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {labels.leave}
        </button>
        {line.original.trim() ? <span className="hint line-original">{`${labels.original}${line.original}`}</span> : null}
      </div>
    </form>
  );
}
