import type { Profile } from "../machine/profile.ts";
import type { Rules } from "../machine/socket.ts";

// Whose code a bug was in, by what families do (kernel.md section 5.0): a new one is among them by its own data.

export const anyone = () => true;
export const encrypts = ({ recovery }: Profile) => recovery !== "none";
export const rebuilds = ({ recovery }: Profile) => recovery === "rebuild";
export const dumps = (profile: Profile) => rebuilds(profile) && profile.prefixVia === "dump";
export const asksForNextRecord = ({ recovery }: Profile) => recovery === "next-record";
export const postsPieces = ({ recovery }: Profile) => recovery === "pieces";
export const hasRecordMap = ({ recovery }: Profile) => recovery !== "chain";

/** What also the bytes of these engines may be wrong of, once a bug is there. */
export const spoiling =
  (before: Rules, ...engines: readonly number[]): Rules["spoils"] =>
  (socket) =>
    engines.reduce((mask, engine) => mask | (1 << engine), before.spoils(socket));
