import { ciphers } from "../../core/base/record.ts";
import type { Connection, Device } from "../../core/machine/connection.ts";
import { type Kernel, kernels } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { applied } from "../../trace/edit.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import type { Trace } from "../../trace/trace.ts";
import { Dice } from "./dice.ts";
import { eventsFor, type Happenings, happeningGroups, openingFor } from "./generate-events.ts";
import { Sender } from "./generate-sender.ts";

/** A random trace file: declarations, then one event a line. */
export interface Story {
  declarations: string[];
  events: string[];
}

/** What a story runs on: a kernel generation, or none named. */
export interface Setting {
  profile: Profile;
  kernel: Kernel | null;
}

/** Every kernel that a device line can name, and that it names none. */
export const kernelChoices: readonly (Kernel | null)[] = [null, ...kernels];

/** How long a story is: so many turns, each of an event or two. */
const usualTurns = [5, 50] as const;

/** The story of a seed for a setting: the same one always; `plain` ones hold writes, segments and acknowledgements alone. */
export function generate(
  seed: number,
  setting: Setting,
  plain = false,
  turns: readonly [number, number] = usualTurns,
): Story {
  const dice = new Dice(seed);
  const declarations = declarationsOf(dice, setting);
  const { connections, devices } = readStory({ declarations, events: [] }, setting.profile);
  const senders = connections.map((connection) => senderOf(connection, devices));
  const names = devices.map(({ name }) => name);
  const events = senders.flatMap((sender) => openingFor(dice, sender));
  const happenings = plain ? new Set<never>() : happeningsOf(dice);
  const count = dice.from(...turns);
  for (let i = 0; i < count; i++) events.push(...eventsFor(dice, dice.one(...senders), names, happenings));
  return { declarations, events };
}

const senderOf = (connection: Connection, devices: readonly Device[]): Sender =>
  new Sender(connection, devices[connection.device]!);

/** The story as a trace, played under a profile that need not be the one of its text. */
export const readStory = (story: Story, profile: Profile): Trace =>
  playedUnder(traceOf(story, profile), profile);

/** The story as a trace, read as if nothing were broken. */
export const traceOf = (story: Story, profile: Profile): Trace =>
  parseTrace("simulation", textOf(story), () => ({ ...profile, faults: [] }));

/** The same events on devices of another profile, whatever it makes of them. */
export const playedUnder = (trace: Trace, profile: Profile): Trace =>
  applied(
    trace,
    trace.devices.map((_, device) => ({ edit: "set-device", device, to: { profile } })),
  ).trace;

export const textOf = ({ declarations, events }: Story): string =>
  `${[...declarations, ...events].join("\n")}\n`;

/** Each story has some kinds of unusual events and not others, so that plain ones are plain. */
const happeningsOf = (dice: Dice): Happenings => new Set(happeningGroups.filter(() => dice.chance(0.3)));

function declarationsOf(dice: Dice, { profile, kernel }: Setting): string[] {
  const on = kernel === null ? "" : ` kernel=${kernel.id}`;
  const device = (name: string) =>
    `device ${name} profile=${profile.id}${on} mtu=${dice.one(1500, 1500, 576, 9000)}`;
  const hasBond = dice.chance(0.15);
  const hasSecond = hasBond || dice.chance(0.3);
  const lines = [device("nic")];
  if (hasSecond) lines.push(device("second"));
  if (hasBond) lines.push(`${device("bond")} slaves=nic,second`);
  const names = ["a", "b", "c"].slice(0, dice.one(1, 1, 1, 2, 3));
  for (const [i, name] of names.entries()) {
    const on = hasBond && dice.chance(0.7) ? "bond" : "nic";
    const reuses = i > 0 && dice.chance(0.3) ? ` reuses=${names[i - 1]}` : "";
    lines.push(`${declaration(dice, name, on, kernel)}${reuses}`);
  }
  return lines;
}

function declaration(dice: Dice, name: string, device: string, kernel: Kernel | null): string {
  const seq = dice.one(
    ...[0, 1000, 2 ** 32 - dice.from(1, 400), 2 ** 32 - dice.from(1, 40_000), 2 ** 31 - dice.from(0, 400)],
  );
  const recSeq = dice.one(
    ...["0", "1", "5", "4294967295", "9223372036854775807", "18446744073709551614", "18446744073709551615"],
  );
  const version = dice.one("1.2", "1.2", "1.3");
  const cipher = dice.one("aes-128-gcm", "aes-128-gcm", ...ciphers);
  const mss = dice.one("", "", " mss=100", " mss=1");
  const limits = kernel === null || kernel.limitsPayload;
  const payloadMax = limits && dice.chance(0.15) ? ` payload_max=${dice.one(64, 100, 1000, 16384)}` : "";
  return `connection ${name} device=${device} version=${version} cipher=${cipher} seq=${seq} rec_seq=${recSeq}${mss}${payloadMax}`;
}
