/** Packets and capture files made by hand, field by field, for tests of the readers. */

type Bytes = Uint8Array | readonly number[];

export function joined(...parts: Bytes[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const u16be = (n: number): number[] => [(n >>> 8) & 255, n & 255];
export const u32be = (n: number): number[] => [...u16be(n >>> 16), ...u16be(n & 0xffff)];
/** An integer in either byte order. */
const ordered = (bytes: number[], little: boolean): number[] => (little ? [...bytes].reverse() : bytes);

export interface Tcp {
  /** Ports. */
  from?: number;
  to?: number;
  seq?: number;
  ack?: number;
  /** RFC 9293 letters: S, A, P, F, R. */
  flags?: string;
  options?: readonly number[];
  payload?: number | Uint8Array;
}

const flagBits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

/** Payload bytes that are not given count up from 1, so that a wrong offset shows. */
export function tcp({
  from = 40000,
  to = 443,
  seq = 1000,
  ack = 0,
  flags = "A",
  options = [],
  payload = 0,
}: Tcp) {
  const bits = [...flags].reduce((sum, letter) => sum | flagBits[letter]!, 0);
  const offset = (20 + options.length) / 4;
  const content =
    typeof payload === "number" ? Uint8Array.from({ length: payload }, (_, i) => i + 1) : payload;
  const header = [...u16be(from), ...u16be(to), ...u32be(seq), ...u32be(ack), offset << 4, bits];
  return joined(header, u16be(65535), [0, 0, 0, 0], options, content);
}

export interface Ipv4 {
  source?: readonly number[];
  destination?: readonly number[];
  options?: readonly number[];
  protocol?: number;
  /** Identification, 0 if absent. */
  id?: number;
  hops?: number;
  /** Flags and fragment offset field. */
  fragment?: number;
  totalLength?: number;
}

export function ipv4(body: Uint8Array, fields: Ipv4 = {}): Uint8Array {
  const {
    source = [10, 0, 0, 1],
    destination = [10, 0, 0, 2],
    options = [],
    protocol = 6,
    fragment = 0,
    id = 0,
    hops = 64,
  } = fields;
  const total = fields.totalLength ?? 20 + options.length + body.length;
  const start = [
    0x40 | (5 + options.length / 4),
    0,
    ...u16be(total),
    ...u16be(id),
    ...u16be(fragment),
    hops,
    protocol,
    0,
    0,
  ];
  return joined(start, source, destination, options, body);
}

export const v6Source = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
export const v6Destination = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/** `extensions`: bytes between IPv6 and TCP header; `next`: type of the first. */
export function ipv6(body: Uint8Array, next = 6, extensions: readonly number[] = [], payloadLength?: number) {
  const length = payloadLength ?? extensions.length + body.length;
  return joined([0x60, 0, 0, 0, ...u16be(length), next, 64], v6Source, v6Destination, extensions, body);
}

/** `tags`: the Ethertype of each VLAN tag, outermost first. */
export function ethernet(body: Uint8Array, etherType = 0x0800, tags: readonly number[] = []): Uint8Array {
  const types = [...tags, etherType];
  const tagged = types.flatMap((type, i) => (i === 0 ? u16be(type) : [0, 7, ...u16be(type)]));
  return joined(new Uint8Array(12).fill(2), tagged, body);
}

export interface FileForm {
  little?: boolean;
  linkType?: number;
}

export interface Frame {
  bytes: Uint8Array;
  /** Seconds and the fraction in the file's unit. */
  time?: readonly [number, number];
  /** Size before it was cut. */
  size?: number;
}

const magics = { us: 0xa1b2c3d4, ns: 0xa1b23c4d, extended: 0xa1b2cd34 } as const;

export function pcap(
  frames: readonly Frame[],
  form: FileForm & { magic?: keyof typeof magics } = {},
): Uint8Array {
  const { little = true, linkType = 1, magic = "us" } = form;
  const u16 = (n: number) => ordered(u16be(n), little);
  const u32 = (n: number) => ordered(u32be(n), little);
  const header = [
    ...u32(magics[magic]),
    ...u16(2),
    ...u16(4),
    ...u32(0),
    ...u32(0),
    ...u32(262144),
    ...u32(linkType),
  ];
  const records = frames.map(({ bytes, time = [1, 0], size = bytes.length }) => {
    const extension = magic === "extended" ? new Uint8Array(8) : [];
    return joined(u32(time[0]), u32(time[1]), u32(bytes.length), u32(size), extension, bytes);
  });
  return joined(header, ...records);
}

/** Blocks of a pcapng file in one byte order. */
export function pcapngBlocks(little = true) {
  const u16 = (n: number) => ordered(u16be(n), little);
  const u32 = (n: number) => ordered(u32be(n), little);
  const padded = (bytes: Bytes) => joined(bytes, new Uint8Array(-bytes.length & 3));
  const block = (type: number, ...parts: Bytes[]) => {
    const body = padded(joined(...parts));
    return joined(u32(type), u32(body.length + 12), body, u32(body.length + 12));
  };
  const option = (code: number, value: Bytes) => joined(u16(code), u16(value.length), padded(value));
  const stamp = (time: bigint) => [...u32(Number(time >> 32n)), ...u32(Number(time & 0xffffffffn))];
  return {
    block,
    section: () => block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    /** An interface; options: if_tsresol as its byte, if_tsoffset in seconds (below 2^31). */
    interface: (
      linkType: number,
      { resolution, offset, snap = 0 }: { resolution?: number; offset?: number; snap?: number } = {},
    ) =>
      block(
        1,
        u16(linkType),
        u16(0),
        u32(snap),
        resolution === undefined ? [] : option(9, [resolution]),
        offset === undefined ? [] : option(14, ordered([...u32be(0), ...u32be(offset)], little)),
        option(0, []),
      ),
    enhanced: (id: number, time: bigint, bytes: Uint8Array, size = bytes.length) =>
      block(
        6,
        u32(id),
        stamp(time),
        u32(bytes.length),
        u32(size),
        padded(bytes),
        option(1, [65, 66]),
        option(0, []),
      ),
    obsolete: (id: number, time: bigint, bytes: Uint8Array) =>
      block(2, u16(id), u16(0), stamp(time), u32(bytes.length), u32(bytes.length), padded(bytes)),
    simple: (bytes: Uint8Array, size = bytes.length) => block(3, u32(size), padded(bytes)),
    secrets: (text: string, type = 0x544c534b) =>
      block(10, u32(type), u32(text.length), padded(new TextEncoder().encode(text))),
  };
}
