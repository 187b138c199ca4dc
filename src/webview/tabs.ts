import { type KindName, kindOf } from "../pictures/kinds.ts";
import { element } from "./elements.ts";
import { t, term } from "./words.ts";

/** The kinds of pictures as tabs, of which one is chosen: one stop of the Tab key, arrows go from one to the next. */
export class Tabs {
  readonly element = element("div", { className: "tabs", role: "tablist", ariaLabel: t("Picture") });
  private readonly tabs: readonly HTMLButtonElement[];
  private readonly names: readonly KindName[];
  private readonly choose: (name: KindName) => void;

  constructor(names: readonly KindName[], choose: (name: KindName) => void) {
    this.names = names;
    this.choose = choose;
    this.tabs = names.map((name, i) => {
      const { title, says } = kindOf(name);
      const tab = element("button", {
        ...{ type: "button", role: "tab" },
        ...{ textContent: term(title), title: term(says) },
      });
      tab.addEventListener("click", () => this.select(i));
      tab.addEventListener("keydown", ({ key }) => this.key(key, i));
      return tab;
    });
    this.element.append(...this.tabs);
    this.mark(0);
  }

  private key(key: string, at: number): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step === undefined) return;
    const next = (at + step + this.tabs.length) % this.tabs.length;
    this.tabs[next]!.focus();
    this.select(next);
  }

  private select(at: number): void {
    this.mark(at);
    this.choose(this.names[at]!);
  }

  private mark(at: number): void {
    for (const [i, tab] of this.tabs.entries()) {
      tab.ariaSelected = String(i === at);
      tab.tabIndex = i === at ? 0 : -1;
    }
  }
}
