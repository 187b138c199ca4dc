import type { Device } from "../core/machine/connection.ts";
import { anyKernel, kernelById, kernels } from "../core/machine/generation.ts";
import type { Profile } from "../core/machine/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { applied, type Edit } from "./edit.ts";
import { fileWordOf } from "./profile-word.ts";
import type { Trace } from "./trace.ts";

/**
 * What stands behind `under`: a profile, a kernel generation, or both as `connectx@v5.8`. A broken variant is a profile
 * of its own: `connectx` does not speak of `connectx/long-dump`. A profile of a file goes by its path or by its id.
 */
export interface UnderId {
  /** Null: whatever profile it is. */
  profile: string | null;
  kernel: string | null;
}

/** An id in its parts; null if it is none. `isProfile` knows the words that name profiles. */
export function underIdOf(id: string, isProfile: (word: string) => boolean): UnderId | null {
  if (kernelById(id) !== null) return { profile: null, kernel: id };
  const at = id.lastIndexOf("@");
  const kernel = at < 0 ? null : kernelById(id.slice(at + 1));
  const profile = kernel === null ? id : id.slice(0, at);
  return isProfile(profile) ? { profile, kernel: kernel?.id ?? null } : null;
}

/** True if a device of the trace runs as the id says. */
export function runsUnder({ profileFiles }: Trace, device: Device, id: string): boolean {
  const { profile, kernel } = underIdOf(id, () => true)!;
  return (
    (profile === null || profileIdOf(profileFiles, profile) === device.profile.id) &&
    (kernel === null || kernel === device.kernel.id)
  );
}

/** The id of the profile that a word names. */
function profileIdOf(files: Trace["profileFiles"], word: string): string {
  const named = fileWordOf(word);
  const profile = named && files.get(named.path);
  return profile ? `${profile.id}${named.variant}` : word;
}

/** Ids of the generations, for messages. */
export const kernelIds = kernels.map(({ id }) => id);

/** What a run is under: a profile or a kernel instead of what the device lines say. */
export interface Variant {
  /** As behind `under`. */
  id: string;
  profileOf(own: Profile): Profile;
}

/** The variant of an id as behind `under`, whose profile `find` gives; null if it is none. */
export function variantOf(id: string, find: (word: string) => Profile | null): Variant | null {
  const kernel = kernelById(id);
  if (kernel !== null) return { id, profileOf: (own) => ({ ...own, kernel }) };
  const profile = find(id);
  return profile && { id, profileOf: () => profile };
}

/** The same trace on other NICs: every event stays, whatever the variant makes of it. */
export const withVariant = (trace: Trace, variant: Variant): Trace =>
  applied(trace, variantEdits(trace, variant)).trace;

const variantEdits = ({ devices }: Trace, { profileOf }: Variant): Edit[] => {
  const instead = (own: Pick<Device, "profile" | "kernel">) => {
    const profile = profileOf(own.profile);
    // A generation that came with the device's own profile goes with it.
    return { profile, kernel: profile.kernel ?? (own.profile.kernel === null ? own.kernel : anyKernel) };
  };
  return devices.map((own, device) => {
    const later = own.later && { later: own.later.map(instead) };
    return { edit: "set-device", device, to: { ...instead(own), ...later } };
  });
};

/** Ids that a trace speaks of behind `under` and that none of its own devices runs as, each once, in the file's order. */
export function variantsOf(trace: Trace): string[] {
  const ids = new Set(trace.expectations.flatMap(({ under }) => under));
  return [...ids].filter((id) => !trace.devices.some((device) => runsUnder(trace, device, id)));
}

/** All ids that a trace speaks of behind `under`, those that its devices do not run as first. */
export function variantNames(trace: Trace): string[] {
  return [...new Set([...variantsOf(trace), ...trace.expectations.flatMap(({ under }) => under)])];
}

/** The bugs among them, each without a kernel. */
export function bugsOf(trace: Trace): string[] {
  const profiles = variantNames(trace).flatMap((id) => underIdOf(id, () => true)?.profile ?? []);
  return [...new Set(profiles.filter((id) => (profileById(id)?.faults.length ?? 0) > 0))].sort();
}
