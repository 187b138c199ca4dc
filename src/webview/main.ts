import type { Ask, Tell } from "../pictures/messages.ts";
import { SequenceTimePicture } from "./sequence-time.ts";

/** What an editor gives a window to speak with it. */
declare function acquireVsCodeApi(): { postMessage(message: Ask): void };

const editor = acquireVsCodeApi();
const picture = new SequenceTimePicture(document.querySelector("main")!, (ask) => editor.postMessage(ask));
window.addEventListener("message", ({ data }: MessageEvent<Tell>) => picture.hear(data));
editor.postMessage({ ask: "ready" });
