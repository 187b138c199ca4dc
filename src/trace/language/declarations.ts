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
import { type Connection, devicesMax } from "../../core/machine/connection.ts";
import { type Kernel, kernelById } from "../../core/machine/generation.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { offloadNote } from "../keys/suites.ts";
import { integer, integer64, LineFault, list, part, type Token } from "../lexer.ts";
import { namesFile } from "../profile-word.ts";
import { profileForms } from "../profiles/finder.ts";
import { nicNamed } from "../trace.ts";
import { kernelIds } from "../variant.ts";
import { counted, isSteering } from "../visible.ts";
import { connectionForm, deviceForm } from "./forms.ts";
import { derivedKeys, nameBytes, nameSizeMax, payloadOf } from "./keystream.ts";
import { type DeclaredConnection, leftOut, type Reading } from "./reading.ts";
import { StreamProgress } from "./stream-progress.ts";
import { type Given, take } from "./take.ts";
import { defaults, headersSize } from "./vocabulary.ts";

const mtuMin = 68;
const mtuMax = 65535;
const u32Max = 2 ** 32 - 1;
/** Connections of a trace file, each of which takes some 8 KB of a replay. */
const connectionsMax = 2 ** 16;

/** Reads an attribute of a declaration: `instead` where the line has none, or one that is wrong, which is told. */
type ReadAttribute = <T>(name: string, instead: T, read: (value: Token) => T, telling?: boolean) => T;

function attributesOf(reading: Reading, { options }: Given): ReadAttribute {
  return (name, instead, read, telling) => {
    const value = options?.get(name);
    return value === undefined ? instead : reading.attempt(instead, () => read(value), telling);
  };
}

/** `device NAME [profile=P] [kernel=K] [mtu=N] [slaves=NAME,…]` */
export function readDevice(reading: Reading, words: Token[]): void {
  const given = take(deviceForm, words, 1, null);
  const attribute = attributesOf(reading, given);
  const name = newName(reading, words[0]!, given);
  if (name === null) return reading.tell(given);
  if (reading.devices.size === devicesMax) {
    reading.lost.add(name.text);
    throw new LineFault(name, `a trace has at most ${devicesMax} devices; leave one out`);
  }
  const profile = profileOf(reading, given.options?.get("profile"), name);
  const kernel = attribute<Kernel | null>("kernel", null, kernelOf);
  const isVague = reading.spoilt || given.faults !== null;
  const mtu = attribute<number>("mtu", defaults.mtu, (value) => integer(value, mtuMin, mtuMax, "an MTU"));
  const slaves = attribute<number[]>("slaves", [], (value) => slavesOf(reading, value));
  const nic = nicNamed(name.text, profile, mtu);
  const device = { ...nic, kernel: profile.kernel ?? kernel ?? nic.kernel, slaves };
  const index = reading.trace.devices.push(device) - 1;
  reading.tell(given);
  if (isVague) reading.lost.vague.add(index);
  reading.devices.set(name.text, index);
  reading.deviceLines.push(reading.line);
  for (const [path, profile] of reading.named) reading.declared.set(path, profile);
}

function kernelOf(given: Token): Kernel {
  const kernel = kernelById(given.text);
  if (kernel === null)
    throw new LineFault(given, `no kernel generation of this name; there is ${list(kernelIds)}`);
  return kernel;
}

/** The devices below a bond, each declared above and a NIC itself; those that are not are left out. */
function slavesOf(reading: Reading, given: Token): number[] {
  let from = 0;
  return given.text.split(",").flatMap((name) => {
    const token = part(given, from, from + name.length);
    from += name.length + 1;
    const device = reading.devices.get(name);
    if (device !== undefined && reading.trace.devices[device]!.slaves.length === 0) return [device];
    if (device !== undefined || !reading.lost.explains(name, "device"))
      reading.wrong(name === "" ? given : token, "the slaves of a bond are NICs declared above");
    return [];
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

/** The profile that the line names; null if there is none, and told. */
function declaredProfile(reading: Reading, given: Token): Profile | null {
  const profile = reading.profileNamed(given.text, (message) => reading.wrong(given, message));
  if (profile !== null) return profile;
  reading.spoilt = true;
  if (namesFile(given.text)) {
    reading.lost.lacksFile = true;
    const why = `${given.text} is left out until it is right`;
    reading.report("note", given, `${why}. ${defaults.profile} is used instead`);
  } else {
    const why = `no profile of this name; ${profileForms(given.text)}`;
    reading.wrong(given, `${why}. ${defaults.profile} is used instead`);
  }
  return null;
}

/** `connection NAME [flow=] device=NAME [version= cipher= seq= rec_seq= mss= payload_max= reuses= key= salt= iv=]` */
export function readConnection(reading: Reading, words: Token[]): void {
  const given = take(connectionForm, words, 1, null);
  const name = newName(reading, words[0]!, given);
  if (name === null) return reading.tell(given);
  if (reading.connections.size === connectionsMax) throw crowded(reading, name);
  const device = deviceOf(reading, given, name);
  if (device === null) {
    reading.lost.add(name.text);
    reading.lost.hadConnections = true;
    return reading.tell(given);
  }
  const suite = suiteOf(reading, given, device);
  const connection = connectionOf(reading, given, name.text, suite);
  reading.tell(given);
  const note = noteOf(reading, connection);
  const index = reading.trace.connections.push(connection) - 1;
  reading.connections.set(name.text, declaredConnection(reading, connection, index, suite));
  reading.connectionLines.push(reading.line);
  reading.trace.streams.push({
    name: connection.flow,
    short: connection.name,
    connection: index,
    version: suite.version,
    cipherName: suite.cipher,
    cipher: suite.cipher,
    tap: "wire",
    note,
  });
  const told = given.options?.get(suite.cipher?.endsWith("-gcm") ? "version" : "cipher") ?? name;
  if (note !== null && suite.isClear) reading.report("note", told, note);
  reading.hasCaptured ||= suite.captured;
  if (nameBytes(name.text).length > nameSizeMax && !suite.captured) {
    reading.wrong(
      name,
      `the name is longer than ${nameSizeMax} bytes: keys and payload come from its first ${nameSizeMax}; shorten it`,
    );
  }
}

/** Told once: any name below may be that of a connection left out. */
function crowded({ lost }: Reading, name: Token): LineFault {
  if (lost.has("", "connection")) return leftOut;
  lost.addNameless("connection");
  return new LineFault(name, `a trace has at most ${connectionsMax} connections; divide it`);
}

/** What decides how the bytes written become records, and where. */
interface Suite {
  device: number;
  version: TlsVersion;
  /** Null: none of the model's. */
  cipher: Cipher | null;
  payloadMax: number;
  /** Its lines are a capture's. */
  captured: boolean;
  /** All of it is what the line means: nothing that hangs on it is told where it is not. */
  isClear: boolean;
}

function suiteOf(reading: Reading, given: Given, device: number): Suite {
  const attribute = attributesOf(reading, given);
  const versionName = attribute<string>("version", defaults.version, oneOf(Object.keys(versions)));
  const version = versions[versionName]!;
  const cipherName = attribute<Cipher | "unknown">("cipher", defaults.cipher, oneOf([...ciphers, "unknown"]));
  const cipher = cipherName === "unknown" ? null : cipherName;
  const isCaptured = attribute<string>("from", "", oneOf(["capture"])) === "capture";
  const isClear = () => !reading.spoilt && given.faults === null && !reading.lost.vague.has(device);
  const { kernel } = reading.trace.devices[device]!;
  const readPayloadMax = (value: Token) => payloadMaxOf(value, version, kernel);
  const payloadMax = attribute<number>("payload_max", payloadSizeMax, readPayloadMax, isClear());
  return { device, version, cipher, payloadMax, captured: isCaptured, isClear: isClear() };
}

/** A connection whose keys are still added to while lines are read. */
type GrowingConnection = Connection & { epochs: (RecordKeys | null)[] };

function connectionOf(reading: Reading, given: Given, name: string, suite: Suite): GrowingConnection {
  const { isClear, ...own } = suite;
  const attribute = attributesOf(reading, given);
  const { mtu } = reading.trace.devices[own.device]!;
  const number = (key: string, max: number, instead: number, what: string) =>
    attribute(key, instead, (value) => integer(value, 0, max, what));
  return {
    name,
    flow: attribute("flow", name, flowOf),
    ...own,
    startSeq: seq(number("seq", u32Max, 0, "a sequence number")),
    recSeq0: attribute("rec_seq", 0n, (value) => integer64(value, "rec_seq")),
    epochs: [keysOf(reading, given, name, suite)],
    mss: number("mss", mtuMax, mtu - headersSize, "an MSS"),
    reuses: attribute("reuses", -1, (value) => reusedOf(reading, value)),
    installed: !own.captured,
    source: payloadOf(name),
  };
}

/** Addresses and ports of a connection, or whatever else it is known by elsewhere. */
function flowOf(given: Token): string {
  if (given.text !== "" && !isSteering(given.text)) return given.text;
  throw new LineFault(given, "a flow reads SRC:PORT>DST:PORT, e.g. 10.0.0.1:443>10.0.0.2:41000");
}

/** Keys of the first epoch: those that the line states, and else those of the name; null if nobody knows them. */
function keysOf(reading: Reading, given: Given, name: string, { cipher, isClear }: Suite): RecordKeys | null {
  const attribute = attributesOf(reading, given);
  const isUnknown = attribute<string>("keys", "", oneOf(["unknown"])) === "unknown";
  if (isUnknown || cipher === null) return null;
  const derived = derivedKeys(name, cipher);
  const bytes = (key: keyof RecordKeys, size: number) =>
    attribute(key, derived[key], (value) => bytesOf(value, size, `the ${key} of ${cipher}`), isClear);
  return {
    key: bytes("key", keySizeOf(cipher)),
    salt: bytes("salt", saltSizeOf(cipher)),
    iv: bytes("iv", ivSizeOf(cipher)),
  };
}

/** A connection as the lines below it know it. */
function declaredConnection(
  { trace }: Reading,
  { startSeq, epochs }: GrowingConnection,
  index: number,
  { device, version, cipher, payloadMax, captured, isClear }: Suite,
): DeclaredConnection {
  const { kernel, profile } = trace.devices[device]!;
  const layout = layoutOf(version, cipher ?? defaults.cipher);
  const progress = new StreamProgress(layout, payloadMax, profile.faults, kernel.overfillsFragments);
  progress.unsure = !isClear;
  return { index, startSeq, epochs, isClear, captured, progress };
}

/** TLS_TX_MAX_PAYLOAD_LEN, where the kernel has it. */
function payloadMaxOf(given: Token, version: TlsVersion, kernel: Kernel): number {
  if (!kernel.limitsPayload)
    throw new LineFault(
      given,
      `${kernel.id} has no TLS_TX_MAX_PAYLOAD_LEN; leave it out, or write kernel=next`,
    );
  const { min, max } = payloadMaxBounds(version);
  return integer(given, min, max, "the most payload in a record");
}

/** A connection declared above whose addresses and ports this one has again. */
function reusedOf(reading: Reading, given: Token): number {
  const reused = reading.connections.get(given.text);
  if (reused !== undefined) return reused.index;
  if (reading.lost.explains(given.text, "connection")) return -1;
  throw new LineFault(given, "no connection of this name is declared above");
}

/** What is to be known of the offload of such a connection; null for nothing. */
function noteOf({ trace }: Reading, { version, cipher, device }: Connection): string | null {
  const { kernel, profile } = trace.devices[device]!;
  if (!kernel.strict) return offloadNote(version, cipher);
  return cipher && refusalNote(kernel, profile, version, cipher);
}

/** What a kernel that the trace names would not offload: the replay then has no NIC to show. */
function refusalNote(kernel: Kernel, profile: Profile, version: TlsVersion, cipher: Cipher): string | null {
  const who = !kernel.versions.includes(version) || !kernel.ciphers.includes(cipher) ? kernel : profile;
  if (who.versions.includes(version) && who.ciphers.includes(cipher)) return null;
  return `${who.title} does not offload this: the connection is encrypted in software (TLS_SW)`;
}

/**
 * The declared name, checked: names of devices and connections are distinct, because counters are asked by name. Null:
 * it is wrong, so that the line declares nothing.
 */
function newName(reading: Reading, verb: Token, { operands }: Given): Token | null {
  const kind = verb.text === "device" ? "device" : "connection";
  const [name] = operands;
  if (name === undefined) {
    reading.lost.addNameless(kind);
    const example =
      kind === "device" ? "device eth0 profile=connectx mtu=1500" : "connection web device=eth0";
    reading.wrong(verb, `a name is missing; write \`${example}\``);
    return null;
  }
  const isPlain = !isSteering(name.text);
  const isNew = !reading.devices.has(name.text) && !reading.connections.has(name.text);
  if (isPlain && isNew) return name;
  reading.lost.add(name.text);
  reading.lost.addNameless(kind);
  if (isNew)
    reading.wrong(name, "a name holds no control characters and no marks of writing direction; remove them");
  else reading.wrong(name, "this name is already declared; choose another");
  return null;
}

/** The device that the line names, or with an error the first one; null if there is none at all. */
function deviceOf(reading: Reading, { options, faults }: Given, name: Token): number | null {
  const { devices, lost } = reading;
  const given = options?.get("device");
  const device = given && devices.get(given.text);
  if (device !== undefined) return device;
  // A word that means nothing may be it.
  if (given === undefined && faults === null)
    reading.wrong(name, "the connection names no device; write device=NAME behind its name");
  else if (given !== undefined && !lost.explains(given.text, "device")) {
    const known =
      devices.size === 0
        ? "no device is declared above; begin with `device eth0 profile=connectx mtu=1500`"
        : `no device of this name is declared above; there is ${list([...devices.keys()])}`;
    reading.wrong(given, known);
  }
  reading.spoilt = true;
  return devices.size === 0 ? null : 0;
}

const oneOf =
  <T extends string>(known: readonly T[]) =>
  (given: Token): T => {
    const value = known.find((name) => name === given.text);
    if (value === undefined) throw new LineFault(given, `not known here; there are ${list(known)}`);
    return value;
  };

/** Bytes in hex, of exactly `size`. The message never repeats what was given: it may be a secret. */
function bytesOf(given: Token, size: number, what: string): Uint8Array {
  if (given.text.length !== size * 2 || !/^[0-9a-fA-F]*$/.test(given.text)) {
    throw new LineFault(
      given,
      size === 0
        ? `${what} is empty; leave it out`
        : `${what} is ${counted(size, "byte")}: write ${size * 2} hex digits`,
    );
  }
  return Uint8Array.from({ length: size }, (_, i) => Number.parseInt(given.text.slice(2 * i, 2 * i + 2), 16));
}

/** Bounds of TLS_TX_MAX_PAYLOAD_LEN: 64 bytes at least, the inner type byte of TLS 1.3 among them. */
const payloadMaxBounds = (version: TlsVersion) => ({
  min: version === 0x0304 ? 63 : 64,
  max: payloadSizeMax,
});
