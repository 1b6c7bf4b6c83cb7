// What the address of a meeting's page asks for. Just after a navigation the page still shows the meeting before.
const parameter = (name) => new URLSearchParams(window.location.search).get(name) || "";

export const addressedMeeting = () => window.location.pathname.split("/")[2] || "-";

// Seconds; null without a time.
export const addressedTime = () => {
  const seconds = Number(parameter("t") || NaN);
  return seconds >= 0 && seconds < 1e6 ? seconds : null;
};

export const asksForLines = () => addressedTime() !== null || parameter("find") !== "";
