/**
 * The level at which the log has an event. Pure.
 */
import type { SystemEvent } from "../SystemEvent.ts"

/** The level of an event: errors need somebody, warnings may. */
export const levelOf = (event: SystemEvent): "Info" | "Warn" | "Error" => {
  switch (event._tag) {
    case "ThreadExited":
      return event.asked ? "Info" : "Error"
    case "ActorFailed":
    case "GaveUp":
      return "Error"
    case "ThreadStalled":
    case "ThreadTerminated":
    case "ThreadUnkillable":
    case "ThreadRestarting":
    case "StandbyFailed":
    case "DeadLetter":
      return "Warn"
    default:
      return "Info"
  }
}
