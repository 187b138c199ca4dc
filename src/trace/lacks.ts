/**
 * Why something of a captured stream could not be compared with its right bytes. The words are a contract with scripts,
 * the sentences stand behind "not compared".
 */
export const lacks = {
  "begins-late": "the capture begins later than the stream",
  "no-handshake": "its handshake is missing or damaged",
  "nothing-sent": "nothing was sent after its handshake",
  version: "its version has no kernel TLS",
  suite: "its cipher suite cannot be decrypted here",
  "no-keys": "no keys are given",
  "other-keys": "the keys given are of other sessions",
  "bad-keys": "the keys given for it open no record",
  "host-tap": "it was taken before the NIC",
  "both-taps": "it was taken before and behind the NIC: look at one interface alone",
  "tap-undecided": "where it was taken is not decided: say --tap wire or --tap host",
  cut: "packets were cut (snapshot length)",
  hole: "the capture lacks bytes",
  incomplete: "its last record is not whole",
  "later-keys": "the keys after a renegotiation are not known",
  "no-number": "the records' numbers are not known",
  "no-record": "bytes that are no record",
} as const;

export type LackWord = keyof typeof lacks;

/** Such a reason with the sentence that tells it of one stream. */
export interface Lack {
  why: LackWord;
  text: string;
}
