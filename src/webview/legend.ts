import { type Kind, legendOf, type TextTable } from "../pictures/kind.ts";
import type { Role } from "../pictures/scene.ts";
import { button, element } from "./elements.ts";
import { themeColour } from "./theme.ts";
import { t, term } from "./words.ts";

/** What the colours of a picture mean; of what can be left out each with a box, which tells whenever it is ticked. */
export class Legend {
  readonly element = element("fieldset", { className: "legend" });
  readonly hidden = new Set<Role>();
  private readonly swatches = new Map<Role, HTMLElement>();
  private readonly hasSession: boolean;

  constructor(hasSession: boolean) {
    this.hasSession = hasSession;
  }

  show(kind: Kind, changed: () => void): void {
    const { canHide } = kind;
    this.swatches.clear();
    const entries = legendOf(kind, this.hasSession).map(({ role, says, isLine }) => {
      const swatch = element("span", { className: "swatch" });
      swatch.classList.toggle("line", isLine === true);
      this.swatches.set(role, swatch);
      const entry = element(canHide ? "label" : "span", { className: "entry" });
      if (canHide) entry.append(this.box(role, changed));
      entry.append(swatch, term(says));
      return entry;
    });
    this.element.replaceChildren(element("legend", { textContent: t("Shown") }), ...entries);
    this.dress();
  }

  private box(role: Role, changed: () => void): HTMLInputElement {
    const box = element("input", { type: "checkbox", checked: !this.hidden.has(role) });
    box.addEventListener("change", () => {
      if (box.checked) this.hidden.delete(role);
      else this.hidden.add(role);
      changed();
    });
    return box;
  }

  /** Puts on the theme of the moment. */
  dress(): void {
    for (const [role, swatch] of this.swatches) {
      const colour = themeColour(role);
      if (swatch.style.background !== colour) swatch.style.background = colour;
    }
  }
}

/** A picture's text as the rows of a table, each with its event to go to, if there is where to go. */
export function rowsIn({ head, rows }: TextTable, go: ((event: number) => void) | null): HTMLElement[] {
  const top = element("tr", {});
  top.append(...head.map((text) => element("th", { textContent: term(text), scope: "col" })));
  const body = rows.map(({ cells, event }) => {
    const row = element("tr", {});
    const last = cells.length - 1;
    row.append(
      ...cells.map((textContent, i) => {
        if (i < last || event === null || go === null) return element("td", { textContent });
        const cell = element("td", {});
        const label = textContent === "" ? t("event {0}", event + 1) : textContent;
        cell.append(button(t("Go to event {0}: {1}", event + 1, label), label, () => go(event)));
        return cell;
      }),
    );
    return row;
  });
  return [top, ...body];
}
