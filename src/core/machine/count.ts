import { Effect } from "../words/effect.ts";
import { DropCode, PieceCode } from "../words/effect-words.ts";
import { type CounterName, counterNames, counters, type DeviceCounter, type NameKind } from "./counters.ts";
import type { Profile } from "./profile.ts";
import type { Sink, Socket } from "./socket.ts";
import type { ConnectionState } from "./state.ts";

/** Says an effect and moves the counters that follow from it alone; what needs more is counted where it happens. */
export function emit(socket: Socket, sink: Sink, effect: number, a: number, b: number): void {
  const { state } = socket;
  sink.effect(effect, a, b);
  switch (effect) {
    case Effect["out-of-order"]:
      if (countsMismatch(socket)) state.outOfOrder++;
      return;
    case Effect.resync:
      if (countsRebuilt(socket)) state.outOfOrder++;
      return;
    case Effect.bypass:
      return countSkip(socket);
    case Effect.emulated:
      state.encryptedPackets++;
      state.encryptedBytes += b + socket.countedHeader;
      return;
    case Effect["software-fallback"]:
      state.fallbackPackets++;
      state.fallbackBytes += b;
      return;
    case Effect.piece:
      return countPiece(state, a);
    case Effect.dropped:
      if (a === DropCode["no-sync-data"]) state.dropNoSyncData++;
      else if (a === DropCode["bypass-required"]) state.dropBypassRequired++;
      else if (a === DropCode["no-memory"]) state.dropNoMemory++;
      else if (a === DropCode["no-metadata"]) state.dropNoMetadata++;
      else if (a === DropCode.marked) countSkip(socket);
      return;
  }
}

/** Says that the packet goes to the NIC for encryption, and counts it: apart from `emit`, because most packets do. */
export function encrypted(socket: Socket, sink: Sink): void {
  sink.effect(Effect.encrypted, socket.packet.seq, socket.packet.length);
  countEncrypted(socket);
}

/** Counts the packet as one for the NIC; where a driver counts before it maps, also one that it then cannot post. */
export function countEncrypted({ packet: { length }, state, segmentSize, countedHeader }: Socket): void {
  state.encryptedPackets += packetsOf(length, segmentSize);
  state.encryptedBytes += length + countedHeader;
}

/** A mismatch moves the counter at once, unless the driver only counts packets that it encrypts in software. */
function countsMismatch({ kernel, profile: { countsAsOutOfOrder } }: Socket): boolean {
  if (countsAsOutOfOrder === "lookups") return kernel.countsFailedLookups;
  return countsAsOutOfOrder === "mismatches";
}

/** Older mlx5 counted a mismatch where it rebuilt the NIC's state. */
const countsRebuilt = ({ kernel, profile }: Socket): boolean =>
  profile.countsAsOutOfOrder === "lookups" && !kernel.countsFailedLookups;

/** A packet before the start marker, sent or dropped for its mark. */
function countSkip({ profile, state }: Socket): void {
  if (profile.countsSkips) state.skipNoSyncData++;
}

function countPiece(state: ConnectionState, form: number): void {
  if (form === PieceCode.complete) state.piecesComplete++;
  else if (form === PieceCode.end) state.piecesEnd++;
  else if (form === PieceCode.start) state.piecesStart++;
  else if (form === PieceCode.middle) state.piecesMiddle++;
  else if (form === PieceCode.plain) state.skipNoSyncData++;
}

/** Wire packets that a segment becomes: ceil(length / mss), one where the mss is not known. */
const packetsOf = (length: number, mss: number): number => (mss > 0 ? Math.ceil(length / mss) : 1);

/** What a connection has moved of each of its driver's counters, under the vendor's names; nothing that it does not count. */
export const driverCountersOf = (state: ConnectionState, profile: Profile): Record<string, number> =>
  namedBy(profile.counters, state);

function namedBy(names: Profile["counters"], state: ConnectionState): Record<string, number> {
  const named = Object.entries(names).map(([counter, name]) => [name, state[counter as DeviceCounter]]);
  return Object.fromEntries(named) as Record<string, number>;
}

/** A connection's share of its device's counters under the vendor's names, and what the kernel counts nowhere. */
export const vendorCountersOf = (state: ConnectionState, profile: Profile): Record<string, number> => ({
  ...countedAs("common", state),
  ...driverCountersOf(state, profile),
  ...countedAs("own", state),
});

/** The same, and under the names of the driver's source: all that an expectation or expression may say besides standard names. */
export const namedCountersOf = (state: ConnectionState, profile: Profile): Record<string, number> => ({
  ...namedBy(profile.sourceNames, state),
  ...vendorCountersOf(state, profile),
});

/** Every counter that some profile has under a name of its own, the standard ones left out. */
export function vendorCounterNames(profiles: readonly Profile[]): string[] {
  const ofVendors = profiles.flatMap(({ counters, sourceNames }) => [
    ...Object.values(counters),
    ...Object.values(sourceNames),
  ]);
  const names = new Set([...namesOf("common"), ...ofVendors, ...namesOf("own")]);
  return [...names].filter((name) => !counterNames.some((standard) => standard === name));
}

/** A connection's share of its device's standard counters. */
export const countersOf = (state: ConnectionState): Record<CounterName, number> => ({
  ...noneCounted,
  ...countedAs("standard", state),
});

const noneCounted = Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<CounterName, number>;

/** The counters that have a name of this kind, by it. */
function countedAs(kind: NameKind, state: ConnectionState): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const row of counters) {
    const name = row[kind];
    if (name !== undefined) counted[name] = state[row.counter];
  }
  return counted;
}

const namesOf = (kind: NameKind): string[] => counters.flatMap((row) => row[kind] ?? []);
