/** Stops that one wants together, by one name. */
export interface Preset {
  name: string;
  label: string;
  says: string;
  /** Each as behind `watch` in the console. */
  stops: readonly string[];
}

export const presets: readonly Preset[] = [
  {
    name: "resync-kit",
    label: "Resync kit",
    says: "A resync from its cause to its end: out of order, record looked up and not found, resync posted, asked for or answered, NIC out of step, software instead, dropped.",
    stops: [
      "out-of-order",
      "tls_get_record",
      "lookup-failed",
      "resync",
      "next-record-resync",
      "out-of-step",
      "software-fallback",
      "dropped",
    ],
  },
  {
    name: "leak-watch",
    label: "Leak watch",
    says: "All by which plaintext can leave: a leak itself, packets that pass without a record, segments that lose their mark, pages that change, routes and devices that change under the offload.",
    stops: ["leak", "bypass", "segment", "page-changed", "device", "offload"],
  },
];
