import { type NumberStyle, plainNumbers, type Raw, SeqValue } from "../../replay/view/value.ts";

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

  /**
   * What somebody writes over a value that he sees: where sequence numbers are shown as on the wire, one is meant so, the
   * place nearest to the one that was there. Given as bytes from the offload start.
   */
  read(written: string, over: Raw): string {
    const [number] = /^\s*(\d{1,10}|0x[\da-f]{1,8})(?![\w.])/i.exec(written) ?? [];
    if (!this.style.absolute || !(over instanceof SeqValue) || number === undefined) return written;
    return `${over.relative + ((Number(number) - over.absolute) | 0)}`;
  }
}
