/**
 * Senders that wait until their durable messages have run.
 */
import * as Exit from "effect/Exit"
import type { Acceptance, Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"

/** A sender that waits. */
type Resume<A> = (exit: Exit.Exit<A, ActorError.Unreachable>) => void

/** A sender that waits until its message is accepted. */
export interface Accepting {
  readonly acceptance: Acceptance
  readonly resume: Resume<void>
  /** It waits for the answer as well. */
  readonly isAsk: boolean
}

/** The failure of a message that the storage has not accepted, or may not have. */
export const unreachable = (handled: "no" | "maybe", why: string): Exit.Exit<never, ActorError.Unreachable> =>
  Exit.fail(new ActorError.Unreachable({ handled, why }))

/** Those who wait, by the identity of the message: duplicates wait for the same one. */
export class Asks {
  private readonly all = new Map<string, Set<Resume<Answer>>>()

  /** Has a sender wait. Returns what ends that. */
  add(identity: string, resume: Resume<Answer>): () => void {
    const waiting = this.all.get(identity) ?? new Set()
    this.all.set(identity, waiting.add(resume))
    return () => {
      waiting.delete(resume)
      if (waiting.size === 0 && this.all.get(identity) === waiting) this.all.delete(identity)
    }
  }

  has(identity: string): boolean {
    return this.all.has(identity)
  }

  /** Answers all who wait for a message. */
  settle(identity: string, exit: Exit.Exit<Answer, ActorError.Unreachable>): void {
    const waiting = this.all.get(identity)
    if (waiting === undefined) return
    this.all.delete(identity)
    for (const resume of waiting) resume(exit)
  }
}
