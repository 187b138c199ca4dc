// core/profiles: one file a NIC family.

import { bugNamed } from "../bugs/catalogue.ts";
import { kernelById } from "../machine/generation.ts";
import type { Profile } from "../machine/profile.ts";
import { bnxt } from "./bnxt.ts";
import { chelsioT6 } from "./chelsio-t6.ts";
import { connectx } from "./connectx.ts";
import { freebsdConnectx } from "./freebsd-connectx.ts";
import { fungible } from "./fungible.ts";
import { innova } from "./innova.ts";
import { netdevsim } from "./netdevsim.ts";
import { netronome } from "./netronome.ts";

/** Every NIC family of the model. */
export const profiles: readonly Profile[] = [
  connectx,
  innova,
  chelsioT6,
  netronome,
  fungible,
  bnxt,
  freebsdConnectx,
  netdevsim,
];

/**
 * The profile of an id `FAMILY[/BUG+BUG…][@KERNEL]`: a family, with bugs of the catalogue, on a kernel generation:
 * `connectx`, `connectx/long-dump`, `innova@v4.19`. Null if any of them is not known.
 */
export const profileById = (id: string): Profile | null => profileAmong(profiles, id);

/** As profileById, with other families than those of the model. */
export function profileAmong(families: readonly Profile[], id: string): Profile | null {
  const match = /^([^/@]+)(?:\/([^/@]+))?(?:@([^/@]+))?$/.exec(id);
  const profile = match && families.find((one) => one.id === match[1]);
  if (!profile) return null;
  const broken = match[2] === undefined ? profile : withBugs(profile, match[2]);
  if (match[3] === undefined || broken === null) return broken;
  const kernel = kernelById(match[3]);
  return kernel && { ...broken, kernel };
}

/** The profile with the bugs of a list `NAME+NAME…`; null if one is not known. */
function withBugs(profile: Profile, names: string): Profile | null {
  const faults = names.split("+");
  if (!faults.every((name) => bugNamed(name) !== null)) return null;
  const word = profile.word === undefined ? {} : { word: `${profile.word}/${names}` };
  return { ...profile, ...word, id: `${profile.id}/${names}`, faults: [...profile.faults, ...faults] };
}
