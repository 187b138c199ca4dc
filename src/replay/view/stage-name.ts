import { Stage, stages } from "../../core/words/stage.ts";
import { type RecordedView, recordName } from "./view.ts";

/** The stage with what it is about: `driver.resync record 1`, `nic PROGRESS`. */
export function stageName(view: RecordedView, index: number): string {
  const { stage, detail, descriptors } = view.recording.stages[index]!;
  const { name } = stages[stage]!;
  if (detail < 0) return name;
  if (stage === Stage.nic) {
    const { descriptorNames } = view.socket.profile;
    return `${name} ${descriptorNames[descriptors[detail]!.kind]}`;
  }
  const isAboutRecord =
    stage === Stage["tls.getRecord"] || stage === Stage["driver.resync"] || stage === Stage["tls.pushRecord"];
  return isAboutRecord ? `${name} ${recordName(view.log, detail)}` : name;
}
