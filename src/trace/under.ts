import type { Device } from "../core/connection.ts";
import { anyKernel, type Kernel, kernelById, kernels } from "../core/kernel.ts";
import type { Profile } from "../core/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import type { Trace } from "./trace.ts";

/**
 * What stands behind `under`: a profile, a kernel generation, or both as `connectx@v5.8`. A broken variant is a profile
 * of its own: `connectx` does not speak of `connectx/long-dump`.
 */
export interface UnderId {
  /** Null: whatever profile it is. */
  profile: string | null;
  kernel: string | null;
}

/** An id in its parts; null if it is none. `isProfile` knows the ids of profiles besides those of the model. */
export function underIdOf(id: string, isProfile: (id: string) => boolean): UnderId | null {
  if (kernelById(id) !== null) return { profile: null, kernel: id };
  const at = id.lastIndexOf("@");
  const kernel = at < 0 ? null : id.slice(at + 1);
  const profile = at < 0 ? id : id.slice(0, at);
  if (kernel !== null && kernelById(kernel) === null) return null;
  return profileById(profile) !== null || isProfile(profile) ? { profile, kernel } : null;
}

/** True if a device runs as the id says. */
export function runsUnder(device: Device, id: string): boolean {
  const known = underIdOf(id, () => true)!;
  return (
    (known.profile === null || known.profile === device.profile.id) &&
    (known.kernel === null || known.kernel === device.kernel.id)
  );
}

/** Ids of the generations, for messages. */
export const kernelIds = kernels.map(({ id }) => id);

/**
 * The profiles of a run: what a device that its line gives `declared` has under `variant` (an id as behind `under`), or
 * what the trace says where the variant is null. Null for ids that are not known.
 */
export function profileUnder(variant: string | null, declared: string): Profile | null {
  if (variant === null) return profileById(declared);
  if (kernelById(variant) === null) return profileById(variant);
  const own = profileById(declared);
  return own && { ...own, kernel: kernelById(variant) };
}

/** What a trace is to run under instead of its own devices: a profile, a kernel generation, or both. */
export interface Variant {
  /** As the user named it. */
  id: string;
  /** Null: each device keeps its own. */
  profile: Profile | null;
  kernel: Kernel | null;
}

/** The variant of an id as behind `under`; null if there is none. */
export function variantOf(id: string): Variant | null {
  const kernel = kernelById(id);
  if (kernel !== null) return { id, profile: null, kernel };
  const profile = profileById(id);
  return profile && { id, profile, kernel: profile.kernel };
}

/**
 * The same trace on other NICs. All but the devices is shared, for a replay only reads it: events, connections with the
 * sources of their bytes, verdicts; states and logs are each machine's own.
 */
export const withVariant = (trace: Trace, { profile, kernel }: Variant): Trace => ({
  ...trace,
  devices: trace.devices.map((device) => {
    // A generation that came with the device's own profile goes with it.
    const own = profile !== null && device.profile.kernel !== null ? anyKernel : device.kernel;
    return { ...device, profile: profile ?? device.profile, kernel: kernel ?? own };
  }),
});

/** Variants that a trace speaks of behind `under` and that none of its own devices is, each once, in the file's order. */
export function variantsOf({ expectations, devices }: Trace): string[] {
  const ids = new Set(expectations.flatMap(({ under }) => under));
  return [...ids].filter((id) => !devices.some((device) => runsUnder(device, id)));
}
