import type { Profile } from "../profile.ts";
import { connectx } from "./connectx.ts";
import { innova } from "./innova.ts";

/** Every NIC family of the model. */
export const profiles: readonly Profile[] = [connectx, innova];

export const profileById = (id: string): Profile | null =>
  profiles.find((profile) => profile.id === id) ?? null;
