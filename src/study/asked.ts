import type { Overlay } from "../judge/evidence/evidence.ts";
import type { Asked } from "../judge/verdict.ts";
import type { KeysGiven } from "./subject.ts";

/** What a verdict depends on besides the trace itself, for every screen that gives one; each adds what it asks for. */
export function askedOf({ keys, overlay }: { keys: readonly KeysGiven[]; overlay: Overlay | null }): Asked {
  return {
    requireAll: false,
    evidence: overlay && {
      agreeing: overlay.matched + overlay.agreeing,
      differing: overlay.findings.length,
    },
    keys: keys.filter(({ isNamed }) => isNamed),
    wrongByModel: 0,
    expected: null,
  };
}
