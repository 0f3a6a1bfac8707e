/**
 * The last log records of the main thread, those of heddle's own logger. There is one of them in a process, whatever runs in it.
 */
import * as recording from "../shared/recorder.ts"

let own: recording.Recorder | undefined

/** The recorder of this process, which is allocated when it is first asked for. */
export const recorder = (): recording.Recorder => own ??= recording.make(recording.allocate())
