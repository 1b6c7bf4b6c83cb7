// Around every page: the document's language, keyboard shortcuts and their list, closing of menus, and telling the
// server whether anybody sees the page.
import { useEffect, useRef } from "react";

const SEARCH = "/search";
const GOING = { u: "/", m: "/meetings", s: SEARCH, t: "/actions", a: "/admin" };
const PATIENCE = 1200;
const PAGE_PATIENCE = 3000;
// Milliseconds after which buttons work even if the server has not answered.
const LATEST_ALIVE = 10000;

// The page's field that searches; null where it has none or does not show it.
const searchField = () => [...document.querySelectorAll("[data-search]")].find((field) => field.offsetParent) || null;

const writing = (target) => target.closest?.("input:not([type=range]):not([type=radio]), textarea, select, [contenteditable]");

// Focuses the field of the page that is being opened; that page has a shell of its own. More than once, because the field
// is replaced when the page has read its address.
let looking = 0;
const focusSearchField = () => {
  const until = Date.now() + PAGE_PATIENCE;
  clearInterval(looking);
  looking = setInterval(() => {
    if (window.location.pathname.startsWith(SEARCH) && !writing(document.activeElement)) searchField()?.focus();
    if (Date.now() > until) clearInterval(looking);
  }, 50);
};

export function Shell({ alive, lang, title, close, groups = [], onVisible }) {
  const dialog = useRef(null);

  useEffect(() => {
    if (lang) document.documentElement.lang = lang;
  }, [lang]);

  useEffect(() => {
    const wait = setTimeout(() => window.cantomeetEarly?.comeAlive(), alive ? 0 : LATEST_ALIVE);
    return () => clearTimeout(wait);
  }, [alive]);

  // Again whenever the page comes alive: after a lost connection the server takes it for visible.
  useEffect(() => {
    if (!alive) return undefined;
    const tell = () => onVisible(document.visibilityState !== "hidden");
    if (document.visibilityState === "hidden") tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [alive]);

  useEffect(() => {
    let going = 0;
    const open = () => dialog.current?.open || dialog.current?.showModal();
    // Clicking a link of the page uses the page's own navigation.
    const goTo = (path) => document.querySelector(`nav a[href="${path}"]`)?.click();
    const onKey = (event) => {
      if (event.key === "Escape") {
        if (dialog.current?.open) return;
        closeMenus(null);
        const form = event.target.closest?.("form")?.querySelector("[data-cancel]");
        (form || document.querySelector("[role=alertdialog] [data-cancel]"))?.click();
      }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest?.("form")?.requestSubmit();
      if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
      const second = Date.now() - going < PATIENCE;
      going = event.key === "g" ? Date.now() : 0;
      if (second && GOING[event.key]) goTo(GOING[event.key]);
      else if (event.key === "?") open();
      else if (event.key === "/") {
        event.preventDefault();
        if (searchField()) return searchField().focus();
        goTo(SEARCH);
        focusSearchField();
      }
    };
    const closeMenus = (inside) =>
      document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(inside) || (menu.open = false));
    const onClick = (event) => {
      if (event.target.closest?.("[data-keys]")) open();
      closeMenus(event.target.closest?.("details.menu summary") || null);
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", onClick);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("click", onClick);
    };
  }, []);

  // A question takes the focus when it appears. When it goes, the focus returns to the element that had it before.
  useEffect(() => {
    let question = null;
    let asker = null;
    const gone = new MutationObserver(() => {
      if (question.isConnected) return;
      gone.disconnect();
      if (document.activeElement === document.body) asker?.focus();
      question = null;
    });
    const onFocus = (event) => {
      const entered = event.target.closest?.("[role=alertdialog]");
      if (!entered || entered === question) return;
      [question, asker] = [entered, event.relatedTarget];
      gone.observe(document.body, { childList: true, subtree: true });
    };
    document.addEventListener("focusin", onFocus);
    return () => {
      document.removeEventListener("focusin", onFocus);
      gone.disconnect();
    };
  }, []);

  return (
    <dialog ref={dialog} className="keys" aria-label={title} onClick={(e) => e.target === dialog.current && dialog.current.close()}>
      <div className="keys-sheet">
        <h2>{title}</h2>
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, meaning]) => (
                <div key={meaning}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <button type="button" className="button" onClick={() => dialog.current.close()}>
          {close}
        </button>
      </div>
    </dialog>
  );
}
