import type { Texts } from "./manifest.ts";

/** Texts that are the same in German. */
const names: ReadonlySet<string> = new Set([
  ...["Bugs", "Bytes", "Checkpoint", "Filter: {0}", "Records", "Stream", "Traces"],
]);

/**
 * What a text holds besides words: placeholders, commands that it leads to, code, bounds of tab stops, icons, paths and
 * words that are typed. A translation has all of it, in whatever order.
 */
const fixed = [
  /\{\d+\}/g,
  /\(command:[^)]+\)/g,
  /`[^`]+`/g,
  /\$\(\S+?\)/g,
  /\$\{\d+/g,
  /\*[\w-]+\*/g,
  /[\w*:./-]*\.(?:json|tlstrace|pcapng|pcap|pkt|md)\b/g,
  /\b[a-z]+[A-Z]\w+/g,
  /\n/g,
];
const fixedIn = (text: string): string[] => fixed.flatMap((each) => text.match(each) ?? []).sort();

/** What is wrong with a translation, a line a text: nothing said, said in English, or something that must stay is gone. */
export function differences(english: Texts, translated: Texts): string[] {
  return Object.entries(english).flatMap(([key, text]) => {
    const other = translated[key];
    if (other === undefined || other.trim() === "") return [`${key}: not translated`];
    if (other === text && !names.has(text)) return [`${key}: as in English`];
    const [must, has] = [fixedIn(text), fixedIn(other)];
    return must.join() === has.join() ? [] : [`${key}: has ${has.join(" ")}, must have ${must.join(" ")}`];
  });
}
