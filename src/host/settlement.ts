/**
 * What the end of a handler does: its caller gets the one answer, the actor's counters grow, the next message gets the place, and
 * a defect ends the incarnation.
 *
 * ```text
 *   open --- a defect: pause the mailbox, report it ---> closed
 *     |                                                    ^
 *     +--- the incarnation ends -----------------------------+
 * ```
 *
 * Once it is closed, answers still go out, and no place is given back: the mailbox has forgotten what ran.
 */
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import { named } from "../base/keyName.ts"
import type { Delivery } from "../link/delivery.ts"
import type { Handling, Own } from "./handling.ts"
import { judge } from "./outcome.ts"

/** What the journal says of a message that did not succeed. */
const outcomes = { handled: "error", failed: "failed", neither: "left" } as const

/**
 * The settlement of the messages of one incarnation, or of one build of a key. A dispatcher is one: each key that is awake has an
 * object less, and thousands of them are in the processor's cache longer.
 */
export abstract class Settlement {
  protected readonly handling: Handling
  protected readonly mailbox: Own["mailbox"]
  protected readonly contexts: Own["contexts"]
  protected readonly handlers: Own["handlers"]
  protected readonly key: Own["key"]
  /** Each message is a span. */
  protected readonly isTraced: boolean
  private readonly watcher: Own["watcher"]
  private closed = false

  constructor(handling: Handling, { contexts, handlers, key, mailbox, watcher }: Own) {
    this.handling = handling
    this.mailbox = mailbox
    this.contexts = contexts
    this.handlers = handlers
    this.key = key
    this.watcher = watcher
    this.isTraced = contexts.isTraced
  }

  /** Gives the place of a message to the next one, unless that was done before. */
  protected leavePlace(delivery: Delivery): void {
    if (!delivery.holdsPlace) return
    delivery.holdsPlace = false
    if (!this.closed) this.mailbox.release()
  }

  /** Answers a message with what its handler has ended with. */
  protected settle(delivery: Delivery, exit: Exit.Exit<unknown, unknown>): void {
    const { block, index, journal, name } = this.handling
    const { mailbox, watcher } = this
    watcher.onSettled?.()
    if (exit._tag === "Success") {
      block.addHandled(index, 1)
      journal.handled(delivery)
      return delivery.end({ _tag: "Success", value: exit.value })
    }
    const { withheld, request: [kind] } = delivery
    const actor = named(name, this.key)
    const { answer, counts, defect } = judge({ actor, withheld, isTell: kind === "tell" }, exit.cause)
    if (counts === "handled") block.addHandled(index, 1)
    else if (counts === "failed") block.addFailed(index, 1)
    journal.failed(delivery, outcomes[counts], Cause.squash(exit.cause))
    delivery.end(answer)
    if (defect === undefined || this.closed) return
    // At once: the next message must not run in an actor that can't be trusted any more.
    this.closed = true
    mailbox.pause()
    journal.died()
    watcher.onDefect(defect)
  }

  /** The incarnation ends: from now on a defect is no news, and places are not given back. */
  protected seal(): void {
    this.closed = true
  }
}
