/** Errors of actors, in words for people who gave a command. */
import type { ActorError } from "heddle"
import { clip } from "./words.ts"

/** Says why an actor could not be asked, and what to do. */
export const explainActor = ({ actor, message, reason }: ActorError.ActorError): string => {
  switch (reason._tag) {
    case "Restarting":
    case "Crashed":
      return `${actor} is being restarted. Try again in a few seconds.`
    case "TimedOut":
      return `${actor} did not finish in time. Try again, or ask for less.`
    case "MailboxFull":
      return `${actor} has too much to do. Try again in a minute.`
    case "NotRunning":
      return `${actor} is not running. The operator of this system must start its thread.`
    case "Stopping":
      return "The system is shutting down. Try again when it is back."
    case "Unreachable":
      return "What you asked for could not be written down. Try again in a minute."
    case "NotSendable":
    case "Rejected":
      return `${actor} could not be asked: ${clip(message, 300)}`
  }
}
