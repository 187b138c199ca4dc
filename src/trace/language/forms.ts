import { connectionForms, deviceForms } from "./event-forms.ts";
import { always, type Form, form, operand, option, type Part, word } from "./form.ts";
import { defaults } from "./vocabulary.ts";

const under = word(
  ["under", "PROFILE,…"],
  "variants",
  "The line speaks only of connections whose device runs as one of these profiles, kernels, or both as `connectx@v5.8`.",
  {
    wants:
      "behind under stand the profiles or kernels that the line speaks of, as `under connectx,innova@v4.19`",
  },
);
const fields = option(
  ["field", "value"],
  "field",
  "A value that the effect must have; sequence numbers are relative to the offload start.",
  { repeated: true },
);
const rare = (part: Part): Part => ({ ...part, rare: true });
export const deviceForm = form({
  family: "declaration",
  verb: "device",
  says: "Declares a NIC with its driver and the kernel around it, or a bond of NICs.",
  example: "device eth0 profile=connectx mtu=1500",
  parts: [
    operand("NAME", "name", "What the lines below call it; no connection has the same name."),
    option(
      ["profile", "P|FILE.json"],
      "profile",
      "The NIC's family, with a bug as `connectx/long-dump`, on a kernel as `connectx@v6.18`, or your own NIC's file.",
      { absent: defaults.profile },
    ),
    option(["kernel", "K"], "kernel", "The kernel generation, with what it refuses and the bugs it has.", {
      absent: "the profile's, else the newest one, which offloads whatever it is given",
    }),
    option(["mtu", "N"], "number", "The largest IP packet, 68 to 65535 bytes.", {
      absent: String(defaults.mtu),
    }),
    option(["slaves", "NAME,…"], "devices", "Makes it a bond of these NICs, declared above.", {
      absent: "a NIC",
    }),
  ],
});

export const connectionForm = form({
  family: "declaration",
  verb: "connection",
  says: "Declares a TLS connection whose sending direction is offloaded.",
  example: "connection web device=eth0 version=1.2 seq=0 rec_seq=1",
  abridged: "[key=value …]",
  parts: [
    operand(
      "NAME",
      "name",
      "What the lines below call it; keys and payload come from it, so it has at most 32 bytes.",
    ),
    option(["flow", "SRC:PORT>DST:PORT"], "text", "Its addresses and ports, which globs select it by, too.", {
      absent: "not known",
    }),
    always(option(["device", "NAME"], "device", "The device, declared above, that its route leads through.")),
    option(["version", "V"], "version", "The TLS version, 1.2 or 1.3.", { absent: defaults.version }),
    option(["cipher", "C"], "cipher", "The AEAD; `unknown` for a capture's that is none of them.", {
      absent: defaults.cipher,
    }),
    option(
      ["seq", "N"],
      "number",
      "The TCP sequence number of the first offloaded byte (start_offload_tcp_sn), 0 to 2^32 − 1.",
      { absent: "0" },
    ),
    option(
      ["rec_seq", "N"],
      "record-number",
      "The number of the first offloaded record (rec_seq of crypto_info), 0 to 2^64 − 1.",
      { absent: "0" },
    ),
    option(
      ["mss", "N"],
      "number",
      "Bytes of the stream that a packet carries; 0 = not known, so that a transmit counts as one packet.",
      {
        absent: "the device's mtu less 52",
      },
    ),
    option(
      ["payload_max", "N"],
      "number",
      "The most payload in a record (TLS_TX_MAX_PAYLOAD_LEN), in kernels that have it.",
      { absent: "16384" },
    ),
    option(
      ["reuses", "NAME"],
      "connection",
      "A connection above whose addresses and ports it has again while that one's context is still there.",
      { absent: "no other one's" },
    ),
    option(
      ["from", "capture"],
      "text",
      "Its lines are a capture's: what it sent did leave, whatever the model says of it, and it is offloaded at its `install` line only.",
      { absent: "somebody wrote them" },
    ),
    option(["keys", "unknown"], "text", "Nobody knows its keys, so not its bytes either.", {
      absent: "known",
    }),
    option(["key", "HEX"], "hex", "The key of the first epoch.", { absent: "from the connection's name" }),
    option(["salt", "HEX"], "hex", "The salt, the nonce's fixed part.", {
      absent: "from the connection's name",
    }),
    option(["iv", "HEX"], "hex", "The iv, the nonce's other part.", { absent: "from the connection's name" }),
  ],
});

const no = word(["no"], null, "The opposite is expected.");
const effect = operand("EFFECT", "effect", "An effect as `replay` prints it.");

/** What can be expected of the event above, or unindented below the last one, of the whole file. */
export const expectForms = {
  effect: form({
    family: "expectation",
    verb: "expect",
    says: "The event has this effect, with these fields.",
    example: "expect resync record=1 replayed=4344",
    parts: [effect, fields, under],
  }),
  no: form({
    family: "expectation",
    verb: "expect",
    says: "The event has no such effect with these fields.",
    example: "expect no static-params under connectx",
    parts: [always(no), effect, rare(fields), rare(under)],
  }),
  counter: form({
    family: "expectation",
    verb: "expect",
    says: "The counter has this value behind the event.",
    example: "expect counter eth0 tx_tls_ooo=2",
    parts: [
      always(word(["counter"], null, "A counter's value is expected.")),
      rare({
        ...operand("DEVICE|CONNECTION", "owner", "Whose counter it is; without it, that of all together."),
        required: false,
      }),
      always(
        option(
          ["NAME", "N"],
          "counter",
          "The counter, by its name in the kernel or the driver, and its value.",
        ),
      ),
      rare(under),
    ],
  }),
  wire: form({
    family: "expectation",
    verb: "expect",
    says: "What left the NIC: the right bytes (`match`), or what stands there instead.",
    example: "expect wire=match",
    parts: [
      rare(no),
      always(
        option(
          ["wire", "VERDICT"],
          "verdict",
          "`match`, `plaintext`, `placeholder`, `wrong-tag`, `wrong-ciphertext`, `unknown` or `nothing`.",
        ),
      ),
      rare(under),
    ],
  }),
} as const;

export const commentForm = form({
  family: "comment",
  verb: "#",
  says: "A remark, to the end of the line; `#` begins a word.",
  example: "# three records",
  parts: [operand("comment", "text", "Anything.")],
});

/** Every form of line, in the order in which messages and documents list them. */
export const forms: readonly Form[] = [
  deviceForm,
  connectionForm,
  ...connectionForms,
  ...deviceForms,
  ...Object.values(expectForms),
  commentForm,
];
