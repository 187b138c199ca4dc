/** Numbers in [0, 1) that follow from the seed alone (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

/** A damaged copy: one to eight damages of the kinds that files suffer or attackers choose. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  // Not slice(): node's Buffer shares its memory there, and damage would pile up from run to run.
  let mutated: Uint8Array = Uint8Array.from(bytes);
  const times = 1 + below(random, 8);
  for (let i = 0; i < times; i++) mutated = mutations[below(random, mutations.length)]!(mutated, random);
  return mutated;
}

const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

const byteExtremes = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
/** Values that lengths, counts and numbers break at. */
const fieldExtremes = [
  0, 1, 3, 4, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
];

const flipBit: Mutation = (bytes, random) => {
  if (bytes.length > 0) bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
  return bytes;
};

const setByte: Mutation = (bytes, random) => {
  const extreme = byteExtremes[below(random, byteExtremes.length)]!;
  if (bytes.length > 0) bytes[below(random, bytes.length)] = random() < 0.5 ? extreme : below(random, 256);
  return bytes;
};

const setField: Mutation = (bytes, random) => {
  const size = random() < 0.5 ? 2 : 4;
  if (bytes.length < size) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = below(random, bytes.length - size + 1);
  const value = fieldExtremes[below(random, fieldExtremes.length)]!;
  const little = random() < 0.5;
  if (size === 2) view.setUint16(at, value, little);
  else view.setUint32(at, value, little);
  return bytes;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, below(random, bytes.length + 1));

const fill: Mutation = (bytes, random) => {
  const [start, end] = rangeIn(bytes, random);
  return bytes.fill(random() < 0.5 ? 0 : 0xff, start, end);
};

const remove: Mutation = (bytes, random) => {
  const [start, end] = rangeIn(bytes, random);
  return concat(bytes.subarray(0, start), bytes.subarray(end));
};

const duplicate: Mutation = (bytes, random) => {
  const [start, end] = rangeIn(bytes, random);
  return concat(bytes.subarray(0, end), bytes.subarray(start));
};

/** A piece of the file copied over another place of it. */
const splice: Mutation = (bytes, random) => {
  const [start, end] = rangeIn(bytes, random);
  bytes.copyWithin(below(random, bytes.length + 1), start, end);
  return bytes;
};

const insert: Mutation = (bytes, random) => {
  const at = below(random, bytes.length + 1);
  const noise = Uint8Array.from({ length: 1 + below(random, 64) }, () => below(random, 256));
  return concat(bytes.subarray(0, at), noise, bytes.subarray(at));
};

/** Bit flips and fields come up more often: they get past the first checks. */
const mutations: readonly Mutation[] = [
  ...[flipBit, flipBit, flipBit, setByte, setByte, setField, setField, setField],
  ...[truncate, fill, remove, duplicate, splice, insert],
];

/** A range of at most 4096 bytes, so that repeated duplication cannot make a file grow without bound. */
function rangeIn(bytes: Uint8Array, random: () => number): [start: number, end: number] {
  const start = below(random, bytes.length + 1);
  return [start, Math.min(bytes.length, start + below(random, 4096))];
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An input that takes longer hangs its reader: so far above what any takes that a busy machine makes no difference. */
export const hangMs = 30_000;
