import { type NumberStyle, plainNumbers } from "../../replay/view/value.ts";

/** What a request may say of how it wants numbers. */
export interface Format {
  hex?: boolean | undefined;
}

/** How a session writes numbers, until somebody types otherwise or a request asks for it. */
export class Numbers {
  style: NumberStyle = plainNumbers;

  /** The style of an answer. */
  of(format?: Format): NumberStyle {
    return { ...this.style, hex: format?.hex ?? this.style.hex };
  }
}
