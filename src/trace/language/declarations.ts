import {
  type Cipher,
  ciphers,
  ivSizeOf,
  keySizeOf,
  layoutOf,
  payloadSizeMax,
  type RecordKeys,
  saltSizeOf,
  type TlsVersion,
  versions,
} from "../../core/base/record.ts";
import { seq } from "../../core/base/seq.ts";
import { payloadMaxBounds } from "../../core/kernel/filling.ts";
import { type Connection, devicesMax, nicNamed } from "../../core/machine/connection.ts";
import { type Kernel, kernelById } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { integer, integer64, LineFault, list, options, part, type Token } from "../lexer.ts";
import { namesFile } from "../profile-word.ts";
import { profileForms } from "../profiles/finder.ts";
import { offloadNote } from "../tls/suites.ts";
import { kernelIds } from "../variant.ts";
import { derivedKeys, nameBytes, nameSizeMax, payloadOf } from "./keystream.ts";
import type { Reading } from "./reading.ts";
import { StreamProgress } from "./stream-progress.ts";

/** What a device's packet loses to IPv4 and TCP headers with the timestamp option: mss is mtu less this, unless given. */
export const headersSize = 52;
export const defaults = { profile: "connectx", mtu: 1500, version: "1.2", cipher: "aes-128-gcm" } as const;

const mtuMin = 68;
const mtuMax = 65535;
const u32Max = 2 ** 32 - 1;
const deviceOptions = ["profile", "kernel", "mtu", "slaves"] as const;
const connectionOptions = [
  "device",
  "version",
  "cipher",
  "seq",
  "rec_seq",
  "mss",
  "payload_max",
  "reuses",
  "key",
  "salt",
  "iv",
] as const;

/** `device NAME [profile=P] [kernel=K] [mtu=N] [slaves=NAME,…]` */
export function readDevice(reading: Reading, words: Token[]): void {
  const name = newName(reading, words, "device eth0 profile=connectx mtu=1500");
  if (reading.devices.size === devicesMax)
    throw new LineFault(name, `a trace has at most ${devicesMax} devices; leave one out`);
  const given = options(words.slice(2), deviceOptions);
  const mtu = given.get("mtu");
  const kernel = kernelOf(given.get("kernel"));
  const nic = nicNamed(
    name.text,
    profileOf(reading, given.get("profile"), name),
    mtu ? integer(mtu, mtuMin, mtuMax, "an MTU") : defaults.mtu,
  );
  const device = {
    ...nic,
    kernel: nic.profile.kernel ?? kernel ?? nic.kernel,
    slaves: slavesOf(reading, given.get("slaves")),
  };
  reading.devices.set(name.text, reading.trace.devices.push(device) - 1);
  reading.deviceLines.push(reading.line);
  for (const [path, profile] of reading.named) reading.declared.set(path, profile);
}

/** A kernel generation; null if the line names none. */
function kernelOf(given: Token | undefined): Kernel | null {
  if (given === undefined) return null;
  const kernel = kernelById(given.text);
  if (kernel === null)
    throw new LineFault(given, `no kernel generation of this name; there is ${list(kernelIds)}`);
  return kernel;
}

/** The devices below a bond, each declared above and a NIC itself. */
function slavesOf(reading: Reading, given: Token | undefined): number[] {
  if (given === undefined) return [];
  let from = 0;
  return given.text.split(",").map((name) => {
    const token = part(given, from, from + name.length);
    from += name.length + 1;
    const device = reading.devices.get(name);
    if (device === undefined || reading.trace.devices[device]!.slaves.length > 0)
      throw new LineFault(name === "" ? given : token, "the slaves of a bond are NICs declared above");
    return device;
  });
}

/**
 * What the run gives a device that its line gives this profile, or with an error the default one, so that a misspelt
 * profile doesn't cost every line below it.
 */
function profileOf(reading: Reading, given: Token | undefined, name: Token): Profile {
  const profile = given === undefined ? null : declaredProfile(reading, given);
  const instead = profile ?? reading.profiles(defaults.profile);
  if (instead === null) throw new LineFault(given ?? name, `no profile ${defaults.profile} is installed`);
  return reading.asked(instead);
}

/** The profile that the line names; null if there is none, and reported. */
function declaredProfile(reading: Reading, given: Token): Profile | null {
  const profile = reading.profileNamed(given.text, (message) => reading.report("error", given, message));
  if (profile !== null) return profile;
  const why = namesFile(given.text)
    ? `${given.text} is left out until it is right`
    : `no profile of this name; ${profileForms(given.text)}`;
  const severity = namesFile(given.text) ? "note" : "error";
  reading.report(severity, given, `${why}. ${defaults.profile} is used instead`);
  return null;
}

/** `connection NAME device=NAME [version= cipher= seq= rec_seq= mss= payload_max= reuses= key= salt= iv=]` */
export function readConnection(reading: Reading, words: Token[]): void {
  const name = newName(reading, words, "connection web device=eth0");
  const given = options(words.slice(2), connectionOptions);
  const device = deviceOf(reading, given.get("device"), name);
  const version = oneOf(given.get("version"), Object.keys(versions), defaults.version);
  const cipher = oneOf<Cipher>(given.get("cipher"), ciphers, defaults.cipher);
  const startSeq = integerOr(given.get("seq"), u32Max, 0, "a sequence number");
  const recSeq = given.get("rec_seq");
  const connection: Connection = {
    name: name.text,
    device,
    version: versions[version]!,
    cipher,
    startSeq: seq(startSeq),
    recSeq0: recSeq ? integer64(recSeq, "rec_seq") : 0n,
    epochs: [keysOf(name.text, cipher, given)],
    mss: integerOr(given.get("mss"), mtuMax, reading.trace.devices[device]!.mtu - headersSize, "an MSS"),
    payloadMax: payloadMaxOf(
      given.get("payload_max"),
      versions[version]!,
      reading.trace.devices[device]!.kernel,
    ),
    reuses: reusedOf(reading, given.get("reuses")),
    installed: true,
    source: null,
    payload: payloadOf(name.text),
  };
  const { kernel, profile } = reading.trace.devices[device]!;
  const note = kernel.strict
    ? refusalNote(kernel, profile, connection.version, cipher)
    : offloadNote(connection.version, cipher);
  const index = reading.trace.connections.push(connection) - 1;
  const progress = new StreamProgress(
    layoutOf(connection.version, cipher),
    connection.payloadMax,
    profile.faults,
    kernel.overfillsFragments,
  );
  reading.connections.set(name.text, { index, startSeq, progress });
  reading.connectionLines.push(reading.line);
  reading.trace.streams.push({
    name: name.text,
    connection: index,
    version: connection.version,
    cipherName: cipher,
    cipher,
    tap: "wire",
    note,
  });
  const told = given.get(cipher === "chacha20-poly1305" ? "cipher" : "version") ?? name;
  if (note !== null) reading.report("note", told, note);
  if (nameBytes(name.text).length > nameSizeMax) {
    reading.report(
      "error",
      name,
      `the name is longer than ${nameSizeMax} bytes: keys and payload come from its first ${nameSizeMax}; shorten it`,
    );
  }
}

/** TLS_TX_MAX_PAYLOAD_LEN, where the kernel has it. */
function payloadMaxOf(given: Token | undefined, version: TlsVersion, kernel: Kernel): number {
  if (given === undefined) return payloadSizeMax;
  if (!kernel.limitsPayload)
    throw new LineFault(
      given,
      `${kernel.id} has no TLS_TX_MAX_PAYLOAD_LEN; leave it out, or write kernel=next`,
    );
  const { min, max } = payloadMaxBounds(version);
  return integer(given, min, max, "the most payload in a record");
}

/** A connection declared above whose addresses and ports this one has again. */
function reusedOf(reading: Reading, given: Token | undefined): number {
  if (given === undefined) return -1;
  const reused = reading.connections.get(given.text);
  if (reused === undefined) throw new LineFault(given, "no connection of this name is declared above");
  return reused.index;
}

/** What a kernel that the trace names would not offload: the replay then has no NIC to show. */
function refusalNote(kernel: Kernel, profile: Profile, version: TlsVersion, cipher: Cipher): string | null {
  const who = !kernel.versions.includes(version) || !kernel.ciphers.includes(cipher) ? kernel : profile;
  if (who.versions.includes(version) && who.ciphers.includes(cipher)) return null;
  return `${who.title} does not offload this: the connection is encrypted in software (TLS_SW)`;
}

/** The declared name, checked: names of devices and connections are distinct, because counters are asked by name. */
function newName(reading: Reading, words: Token[], example: string): Token {
  const name = words[1];
  if (name === undefined) throw new LineFault(words[0]!, `a name is missing; write \`${example}\``);
  if (reading.devices.has(name.text) || reading.connections.has(name.text)) {
    throw new LineFault(name, "this name is already declared; choose another");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name.text))
    throw new LineFault(name, "a name holds no control characters; remove them");
  return name;
}

function deviceOf(reading: Reading, given: Token | undefined, name: Token): number {
  if (given === undefined)
    throw new LineFault(name, "the connection names no device; write device=NAME behind its name");
  const device = reading.devices.get(given.text);
  if (device !== undefined) return device;
  const known = [...reading.devices.keys()];
  throw new LineFault(
    given,
    known.length === 0
      ? "no device is declared above; begin with `device eth0 profile=connectx mtu=1500`"
      : `no device of this name is declared above; there is ${list(known)}`,
  );
}

function oneOf<T extends string>(given: Token | undefined, known: readonly T[], fallback: T): T {
  if (given === undefined) return fallback;
  const value = known.find((name) => name === given.text);
  if (value === undefined) throw new LineFault(given, `not known here; there are ${list(known)}`);
  return value;
}

const integerOr = (given: Token | undefined, max: number, fallback: number, what: string): number =>
  given === undefined ? fallback : integer(given, 0, max, what);

function keysOf(
  name: string,
  cipher: Cipher,
  given: Map<(typeof connectionOptions)[number], Token>,
): RecordKeys {
  const derived = derivedKeys(name, cipher);
  return {
    key: bytesOf(given.get("key"), keySizeOf(cipher), `the key of ${cipher}`) ?? derived.key,
    salt: bytesOf(given.get("salt"), saltSizeOf(cipher), `the salt of ${cipher}`) ?? derived.salt,
    iv: bytesOf(given.get("iv"), ivSizeOf(cipher), `the iv of ${cipher}`) ?? derived.iv,
  };
}

/** Bytes in hex, of exactly `size`. The message never repeats what was given: it may be a secret. */
function bytesOf(given: Token | undefined, size: number, what: string): Uint8Array | null {
  if (given === undefined) return null;
  if (given.text.length !== size * 2 || !/^[0-9a-fA-F]*$/.test(given.text)) {
    throw new LineFault(
      given,
      size === 0
        ? `${what} is empty; leave it out`
        : `${what} is ${size} bytes: write ${size * 2} hex digits`,
    );
  }
  return Uint8Array.from({ length: size }, (_, i) => Number.parseInt(given.text.slice(2 * i, 2 * i + 2), 16));
}
