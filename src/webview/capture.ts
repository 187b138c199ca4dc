/** What an editor gives a page to speak with it. */
declare function acquireVsCodeApi(): { postMessage(message: "ready"): void };

const main = document.querySelector<HTMLElement>("main")!;
const spoken = document.querySelector<HTMLElement>("[role=status]")!;

/** Puts into the page of a capture what the extension tells: what has the keyboard's focus keeps it. */
window.addEventListener("message", ({ data }: MessageEvent<{ main: string; said: string }>) => {
  const held = (document.activeElement as HTMLElement | null)?.dataset.key;
  main.innerHTML = data.main;
  const buttons = Array.from(main.querySelectorAll<HTMLElement>("[data-key]"));
  if (held !== undefined) (buttons.find(({ dataset }) => dataset.key === held) ?? buttons[0])?.focus();
  if (spoken.textContent !== data.said) spoken.textContent = data.said;
});
acquireVsCodeApi().postMessage("ready");
