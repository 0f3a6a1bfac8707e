/**
 * Senders that wait until their durable messages have run.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type { Acceptance, Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import { identityOf, type Stored } from "./message.ts"
import type { Known } from "./store.ts"

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
  /** Messages that are asked for a second time, and whose first one has not ended: it may be on another machine. */
  readonly elsewhere = new Map<string, Acceptance>()

  /** Has a sender wait. Returns what ends that. */
  add(identity: string, resume: Resume<Answer>): () => void {
    const waiting = this.all.get(identity) ?? new Set()
    this.all.set(identity, waiting.add(resume))
    return () => {
      waiting.delete(resume)
      if (waiting.size > 0 || this.all.get(identity) !== waiting) return
      this.all.delete(identity)
      this.elsewhere.delete(identity)
    }
  }

  /** Whether somebody waits for the answer of a message. */
  awaits(message: Pick<Stored, "actor" | "message" | "key" | "id">): boolean {
    return this.all.size > 0 && this.all.has(identityOf(message))
  }

  has(identity: string): boolean {
    return this.all.has(identity)
  }

  /** Answers all who wait for a message. */
  settle(identity: string, exit: Exit.Exit<Answer, ActorError.Unreachable>): void {
    const waiting = this.all.get(identity)
    if (waiting === undefined) return
    this.all.delete(identity)
    this.elsewhere.delete(identity)
    for (const resume of waiting) resume(exit)
  }

  /** What is known of a message that is asked for another time. It may run on another machine, and has to be looked for again then. */
  found(
    acceptance: Acceptance,
    known: Exit.Exit<Known | undefined, unknown>,
    explain: (error: unknown) => string
  ): void {
    const identity = identityOf(acceptance)
    if (Exit.isFailure(known)) this.settle(identity, unreachable("maybe", explain(Cause.squash(known.cause))))
    else if (known.value?.answer !== undefined) this.settle(identity, Exit.succeed(known.value.answer))
    else if (this.has(identity)) this.elsewhere.set(identity, acceptance)
  }
}
