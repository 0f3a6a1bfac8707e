/**
 * A tell that was accepted and not handled, or not to its end.
 */
import type * as ActorError from "../ActorError.ts"
import type { Chain } from "../wire/frame.ts"

/** Takes the dead letters of one link, in the terms of that link. */
export type OnDeadLetter = (letter: {
  readonly actor: number
  readonly tag: string
  /** The key that it was for, of a keyed actor. */
  readonly key: string | undefined
  readonly reason: ActorError.Reason
  /** The actor that sent it, as a list of one name; empty if no actor did. */
  readonly sender: Chain
  /** As it crosses a link; bytes of it may have moved away. */
  readonly payload: unknown
}) => void

/** A dead letter, in the terms of the system. */
export interface DeadLetter {
  readonly actor: string
  readonly request: string
  /** The key that it was for, of a keyed actor. */
  readonly key?: string | undefined
  readonly reason: ActorError.Reason
  /** The actor that sent it, else the thread. */
  readonly sender: string
  /** The thread that sent it. */
  readonly senderThread: string
  /** As it crosses a link; bytes of it may have moved away. */
  readonly payload: unknown
}
