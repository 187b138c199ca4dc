import type { Carrier } from "../../adapter/time/going.ts";

/** A stream as a list offers it. */
export interface StreamChoice {
  label: string;
  stream: Carrier;
}

/** What a list offers where several streams carry a byte: the one that is looked at is the first. */
export function choicesOf(streams: readonly Carrier[], lookedAt: number | undefined): StreamChoice[] {
  const isHere = ({ threadId }: Carrier) => threadId === lookedAt;
  const sorted = [...streams.filter(isHere), ...streams.filter((each) => !isHere(each))];
  return sorted.map((stream) => ({ label: stream.name, stream }));
}
