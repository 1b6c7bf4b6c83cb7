// Scrolls the enclosing form into view once it is drawn. The browser scrolls only to the focused field, and the player
// would hide the form's buttons.
import { useEffect, useRef } from "react";

export function IntoView() {
  const here = useRef(null);
  useEffect(() => {
    here.current.closest("form").scrollIntoView({ block: "nearest" });
  }, []);
  return <span ref={here} hidden />;
}
