import { element } from "./elements.ts";

/** A pointer rests so long before a byte's story is asked for: it takes a look at every packet that carried it. */
const restMs = 120;

/** What is told beside the pointer: at once what lies there, then the story of the byte. */
export class Tip {
  readonly element = element("div", { className: "tip", ariaHidden: "true" });
  private readonly ask: (id: number, byte: number) => void;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `ask` asks for the story of a byte; whoever answers adds it by the same id. */
  constructor(ask: (id: number, byte: number) => void) {
    this.ask = ask;
  }

  show(text: string, byte: number | null, { clientX, clientY }: { clientX: number; clientY: number }): void {
    const { style } = this.element;
    this.element.textContent = text;
    const isRight = clientX > window.innerWidth / 2;
    style.left = isRight ? "auto" : `${clientX + 12}px`;
    style.right = isRight ? `${window.innerWidth - clientX + 12}px` : "auto";
    style.top = `${clientY + 12}px`;
    const id = ++this.asked;
    clearTimeout(this.timer);
    if (byte !== null) this.timer = setTimeout(() => this.ask(id, byte), restMs);
  }

  /** The story that was asked for, unless the pointer has moved on. */
  add(id: number, text: string): void {
    if (id !== this.asked) return;
    this.element.append(element("div", { textContent: text }));
  }
}
