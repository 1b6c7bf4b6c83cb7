// Brings the form that it stands in into view once that is drawn; the browser itself brings only the focused field,
// and the player would hide the buttons.
import { useEffect, useRef } from "react";

export function IntoView() {
  const here = useRef(null);
  useEffect(() => {
    here.current.closest("form").scrollIntoView({ block: "nearest" });
  }, []);
  return <span ref={here} hidden />;
}
